"""A folder of photos, with people's folders at whatever depth, or any other layout."""

import errno
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from engine.errors import LetheError
from engine.photo import not_readable
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.sources import entry_names, kinds
from engine.sources.base import MAX_DEPTH, Collection, Found, Left, is_system
from engine.sources.layout import collect as arrange

MAX_FILES = 500_000


def collect(root: Path, watch: Watch = ignore) -> Collection:
    """All photos below `root` by person (`engine.sources.layout` says how). Links are followed.

    Raises `LetheError` when `root` is missing or unreadable, holds no usable photo, or more files
    than anybody's photos are.
    """
    if not root.is_dir():
        raise LetheError(
            said(
                "There is no folder {root}; give one that holds a folder per person with photos.",
                root=root,
            )
        )
    found = Found()
    try:
        files = list(islice(_files(root, (), (), found), MAX_FILES + 1))
    except PermissionError as error:
        raise LetheError(
            said(
                "The folder {folder} may not be read; allow reading it or choose another one.",
                folder=error.filename or root,
            )
        ) from error
    if len(files) > MAX_FILES:
        raise LetheError(
            said(
                "{root} holds more than {most:,} files; give the folder of the photos.",
                root=root,
                most=MAX_FILES,
            )
        )
    for done, (parts, path) in enumerate(files):
        if done % 64 == 0:
            watch(Progress(noted("Looking through the folder"), done, len(files)))
        found.add(parts, path)
    name = entry_names.legible(root.resolve().name) or str(root)
    return arrange(found, name, entry_names.legible(str(root)))


def _files(
    folder: Path, parts: tuple[str, ...], trail: tuple[tuple[int, int], ...], found: Found
) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Files below a folder in sorted order; what is no file goes into `found` with its reason.

    `trail` are the folders on the way, for a link may lead back to one of them.
    """
    try:
        trail = (*trail, _ident(folder))
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not parts:
            raise
        found.left.append(Left((*parts, ""), not_readable(error)))
        return
    own = [entry for entry in entries if not is_system(entry.name)]
    found.ignored += sum(_count(entry) for entry in entries if is_system(entry.name))
    if parts and not own:
        found.left.append(Left((*parts, ""), noted("empty folder")))
    for entry in own:
        below = (*parts, _readable(entry.name))
        try:
            entry.stat()
        except FileNotFoundError:
            found.left.append(Left(below, noted("link to nothing")))
            continue
        except OSError as error:
            circle = error.errno == errno.ELOOP
            found.left.append(
                Left(below, noted("link in a circle") if circle else not_readable(error))
            )
            continue
        if entry.is_dir():
            if entry.is_symlink() and _ident(folder / entry.name) in trail:
                found.left.append(Left((*below, ""), noted("link in a circle")))
            elif len(below) > MAX_DEPTH:
                found.left.append(
                    Left((*below, ""), said("deeper than {most} folders", most=MAX_DEPTH))
                )
            else:
                yield from _files(folder / entry.name, below, trail, found)
        elif entry.is_file():
            yield below, folder / entry.name
        else:
            found.left.append(Left(below, kinds.no_image(noted("special file"))))


def _ident(folder: Path) -> tuple[int, int]:
    state = folder.stat()
    return state.st_dev, state.st_ino


def _readable(name: str) -> str:
    """A file's name to show, also where it was written in an older encoding than the system's."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = entry_names.decode([os.fsencode(name)], None, name)[0][0]
    return entry_names.legible(name)


def _count(entry: os.DirEntry[str]) -> int:
    """The files that a system's file or folder comes to."""
    if not entry.is_dir(follow_symlinks=False):
        return 1
    return sum(len(files) for _, _, files in os.walk(entry.path))
