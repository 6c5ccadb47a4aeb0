"""A zip of a folder of photos. It may come from anybody, so that nothing in it is believed."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from engine.errors import LetheError
from engine.gallery import Skipped
from engine.progress import Progress, Watch, ignore
from engine.sources.base import Collection, inspect, is_photo

MAX_BYTES = 2_000_000_000
MAX_RATIO = 200
MAX_FILES = 100_000


def collect(path: Path, watch: Watch = ignore) -> Collection:
    """The photos of `<identity>/<photo>`, or of such folders inside a single outer one.

    Everything is read into memory, nothing is unpacked onto the disk; links are ignored. Raises
    `LetheError` when the file is no zip, is encrypted, has paths that lead outside, holds over
    2 GB or 100,000 files, or a file that expands more than 200-fold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _photos(archive, path)
            return _read(archive, entries, path, watch)
    except (zipfile.BadZipFile, EOFError) as error:
        raise LetheError(
            f"{path.name} is no zip file, or damaged; zip the folder of photos again."
        ) from error
    except OSError as error:
        raise LetheError(
            f"{path} cannot be read ({error.strerror or error}); check the file."
        ) from error


def _photos(archive: zipfile.ZipFile, path: Path) -> dict[tuple[str, ...], zipfile.ZipInfo]:
    """The photos' entries by their path's parts, once all entries have been found harmless."""
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise LetheError(f"{path.name} holds more than {MAX_FILES:,} files; make it smaller.")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise LetheError(_TOO_MUCH.format(path.name))
    photos: dict[tuple[str, ...], zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
            raise LetheError(
                f"{path.name} holds a path that leads outside it ({entry.filename}); "
                "zip the folder of photos anew."
            )
        if entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16):
            continue
        if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise LetheError(
                f"{parts[-1]} in {path.name} expands more than {MAX_RATIO}-fold, which no photo "
                "does; zip the photos themselves."
            )
        if not is_photo(parts[-1]) or any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if entry.flag_bits & 1:
            raise LetheError(f"{path.name} is encrypted; zip the photos without a password.")
        photos[parts] = entry
    return photos


def _read(
    archive: zipfile.ZipFile,
    entries: dict[tuple[str, ...], zipfile.ZipInfo],
    path: Path,
    watch: Watch,
) -> Collection:
    depth = 1 if _has_outer_folder(entries) else 0
    candidates: list[tuple[str, str, bytes]] = []
    skipped: list[Skipped] = []
    left = MAX_BYTES
    for done, (parts, entry) in enumerate(sorted(entries.items(), key=lambda one: one[0])):
        if done % 16 == 0:
            watch(Progress("Reading the zip", done, len(entries)))
        inner = parts[depth:]
        key = "/".join(inner)
        if len(inner) != 2:
            skipped.append(Skipped(key, "not directly in a person's folder"))
            continue
        try:
            # The sizes in the zip's own table may lie, so that the reading is bounded as well.
            allowed = min(left, MAX_RATIO * max(entry.compress_size, 1))
            with archive.open(entry) as file:
                photo = file.read(allowed + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            skipped.append(Skipped(key, "damaged in the zip"))
            continue
        if len(photo) > allowed:
            raise LetheError(_TOO_MUCH.format(path.name))
        left -= len(photo)
        candidates.append((inner[0], key, photo))
    items, unusable = inspect(candidates)
    skipped += unusable
    if not items:
        hint = f"{skipped[0].key} for one is {skipped[0].reason}" if skipped else _EXPECTED
        raise LetheError(f"There is no usable photo in {path.name}: {hint}.")
    return Collection(path.stem, items, None, tuple(skipped))


def _has_outer_folder(entries: dict[tuple[str, ...], zipfile.ZipInfo]) -> bool:
    return len({parts[0] for parts in entries}) == 1 and any(len(parts) == 3 for parts in entries)


_TOO_MUCH = f"{{}} unpacks to more than {MAX_BYTES // 10**9} GB; give a smaller zip or the folder."
_EXPECTED = "it needs a folder per person with jpg, png, webp or bmp files inside"
