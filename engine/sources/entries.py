"""What is true of all archives: limits, and places for entries that are harmless."""

from pathlib import PurePosixPath

from engine.errors import LetheError
from engine.photo import why
from engine.said import noted, said
from engine.sources.base import MAX_DEPTH, TOO_DEEP, Found, Left, is_system
from engine.sources.entry_names import LONGEST, TOO_LONG, legible, shown

MAX_BYTES = 2_000_000_000
MAX_RATIO = 200
MAX_FILES = 100_000
SMALL = 10_000_000
"""So much may always be unpacked, for headers and text do shrink 200-fold."""


class Places:
    """Where an archive's entries lie: harmless paths, each once; the system's files are counted."""

    def __init__(self, name: str, found: Found) -> None:
        self._name, self._found = name, found
        self._folders: set[tuple[str, ...]] = set()
        self._taken: set[tuple[str, ...]] = set()
        self._filled: set[tuple[str, ...]] = set()

    def place(
        self, name: str, *, folder: bool = False, link: bool = False
    ) -> tuple[str, ...] | None:
        """An entry's path, None when it is not to be read, which is noted where it is a loss.

        Raises `LetheError` for a path that leads outside the archive.
        """
        name = name.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
            raise LetheError(
                said(
                    "{name} holds a path that leads outside it ({path}); pack the folder "
                    "of photos anew.",
                    name=self._name,
                    path=shown(name),
                )
            )
        if not parts:
            if not folder:
                self._found.left.append(Left(("?",), noted("no name")))
            return None
        if any(is_system(part) for part in parts):
            self._found.ignored += not folder
            return None
        whole, parts = parts, _bounded(parts)
        if folder:
            self._folders.add(parts)
            return None
        self._filled |= {parts[:depth] for depth in range(1, len(parts))}
        if len(parts) < len(whole):
            self._found.left.append(Left(parts, TOO_DEEP))
            return None
        if any(len(part) > LONGEST for part in whole):
            self._found.left.append(Left(parts, TOO_LONG))
            return None
        if link:
            self._found.left.append(Left(parts, why(noted("link"), noted("pack the file itself"))))
            return None
        if parts in self._taken:
            self._found.left.append(
                Left(parts, why(noted("twice in the archive"), noted("the first is used")))
            )
            return None
        self._taken.add(parts)
        return parts

    def note_empty_folders(self) -> None:
        """To be called at the end: folders in which no file was."""
        holding = self._filled | {
            parts[:depth] for parts in self._folders for depth in range(1, len(parts))
        }
        self._found.left += [
            Left((*parts, ""), noted("empty folder")) for parts in self._folders - holding
        ]


def _bounded(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The path as it may be kept and shown: no deeper and no longer than a disk's would be.

    A zip's name may be 30,000 folders, and all the folders on the way are remembered.
    """
    if len(parts) > MAX_DEPTH + 1:
        parts = (*parts[: MAX_DEPTH - 1], "…", parts[-1])
    return tuple(legible(part) if len(part) <= LONGEST else shown(part, LONGEST) for part in parts)


def names_note(name: str, encoding: str) -> str:
    """The sentence that says in which encoding names were read without anybody saying so."""
    return said(
        "The names in {name} do not say their encoding and were read as "
        "{encoding} (--names-encoding says otherwise).",
        name=name,
        encoding=encoding.upper(),
    )


def bound(size: int) -> int:
    """The bytes that something packed into `size` bytes may come to."""
    return min(MAX_BYTES, max(MAX_RATIO * size, SMALL))


def too_many(name: str) -> str:
    """The sentence for an archive of too many files."""
    return said(
        "{name} holds more than {most:,} files; make it smaller.",
        name=name,
        most=MAX_FILES,
    )


def too_much(name: str) -> str:
    """The sentence for an archive of too many bytes."""
    return said(
        "{name} unpacks to more than {gigabytes} GB or {ratio} times its "
        "size; give a smaller archive or the folder.",
        name=name,
        gigabytes=MAX_BYTES // 10**9,
        ratio=MAX_RATIO,
    )
