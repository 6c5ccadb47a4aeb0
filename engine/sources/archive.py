"""A file of photos, by what it is. It may come from anybody: nothing in it is believed."""

import zipfile
from pathlib import Path

from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.said import said
from engine.sources import arrays, kinds, layout, parquet, tars, zips
from engine.sources.base import Collection, Found
from engine.sources.held import Held

ARCHIVES = ("zip file", "tar or gzip file", "NumPy array")
"""Kinds of files, as `kinds.kind_of` calls them, that are unpacked before they are looked at."""


def collect(path: Path | Held, watch: Watch = ignore, encoding: str | None = None) -> Collection:
    """The photos in a zip, a tar (also .gz, .bz2, .xz), arrays (.npz, .npy) or Parquet, by person.

    Everything is read into memory, nothing is unpacked onto the disk; links are not followed.
    `encoding` is that of names in a zip or tar that do not say it themselves; None finds out.

    Raises `LetheError` when the file is nothing of the kind, has paths that lead outside, holds
    over 2 GB or 100,000 files, or a file that expands more than 200-fold.
    """
    found = unpacked(path, watch, encoding)
    return found if isinstance(found, Collection) else layout.collect(found, _stem(path), path.name)


def unpacked(
    path: Path | Held, watch: Watch = ignore, encoding: str | None = None
) -> Found | Collection:
    """The files in an archive, or the people in arrays, which say by themselves who is who.

    Raises as `collect` does.
    """
    try:
        with path.open("rb") as file:
            head = file.read(kinds.HEAD)
        kind = kinds.kind_of(head, path.name)
        if kind == parquet.KIND and head.startswith(parquet.MARK):
            found = Found()
            found.add((path.name,), path if isinstance(path, Path) else path.data)
            return found
        if kind == "NumPy array":
            return arrays.collect_npy(path)
        if kind == "tar or gzip file":
            return tars.read(path, watch, encoding)
        # A zip may have something before it, a program that unpacks it for one.
        with path.open("rb") as file:
            zipped = kind == "zip file" or zipfile.is_zipfile(file)
        if zipped:
            return _zip(path, watch, encoding)
    except OSError as error:
        raise LetheError(
            said(
                "{path} cannot be read ({strerror}); check the file.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error
    raise LetheError(_no_archive(path, kind, kinds.is_image(head)))


def _zip(path: Path | Held, watch: Watch, encoding: str | None) -> Found | Collection:
    try:
        file = path.open("rb")
        archive = zipfile.ZipFile(file)
    except zips.BROKEN as error:
        if "multiple disks" in str(error):
            raise LetheError(
                _no_archive(path, kinds.KINDS["part of a split zip"], False)
            ) from error
        raise LetheError(
            said(
                "{name} is no zip file, or damaged; zip the folder of photos again.", name=path.name
            )
        ) from error
    with file, archive:
        if arrays.are_arrays(archive.namelist()):
            return arrays.collect_npz(path, archive)
        return zips.read(archive, path, watch, encoding)


def _no_archive(path: Path | Held, kind: str, image: bool) -> str:
    if image:
        return said(
            "{name} is a single photo; give a folder with one folder of photos per person.",
            name=path.name,
        )
    if kind == "pickled Python data" and path.suffix.lower() == ".bin":
        return said(
            "{name} is pickled data, probably pairs for verification that name "
            "nobody; give a folder with one folder of photos per person.",
            name=path.name,
        )
    if kind in kinds.REMEDIES:
        return said(
            "{name} cannot be opened ({kind}); {advice}.",
            name=path.name,
            kind=kind,
            advice=kinds.REMEDIES[kind],
        )
    if path.suffix.lower() in (".csv", ".tsv"):
        return said(
            "{name} is a list; give the folder that holds it and the photos.", name=path.name
        )
    return said(
        "{name} is no zip file, or damaged ({kind}); zip the folder of photos "
        "again, or give the folder.",
        name=path.name,
        kind=kind,
    )


def _stem(path: Path | Held) -> str:
    stem = path.stem
    return stem[:-4] if stem.lower().endswith(".tar") else stem
