"""A file that somebody handed over: its bytes in memory, which never touch the disk."""

import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from engine.sources.entry_names import legible


@dataclass(frozen=True)
class Held:
    """A file by its path as it was handed over, `Ada/01.jpg`, and its bytes."""

    path: str
    data: bytes

    @property
    def name(self) -> str:
        """The file's name alone."""
        name = PurePosixPath(self.path.replace("\\", "/")).name
        return legible(name) or "file"

    @property
    def stem(self) -> str:
        """The name without its last ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The last ending, with its dot."""
        return PurePosixPath(self.name).suffix

    def open(self, mode: Literal["rb"] = "rb") -> io.BytesIO:
        """The bytes as a file to read."""
        return io.BytesIO(self.data)


def size_of(file: "Path | Held") -> int:
    """A file's length in bytes."""
    return len(file.data) if isinstance(file, Held) else file.stat().st_size
