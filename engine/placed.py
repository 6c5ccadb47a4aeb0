"""A file that appears whole or not at all: nobody ever reads half of one."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def placed(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` make a file beside `path`, and then put it there. Raises `OSError`."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
