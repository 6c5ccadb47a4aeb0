"""Templates as they were compiled, kept where Python keeps its own: in a `__pycache__`."""

import contextlib
import hashlib
import sys
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket


class BesideThem(jinja2.FileSystemBytecodeCache):
    """Compiled templates in `folder`, by the content of each.

    They are others under another Jinja, or when `maker` changes, the file that says how they are
    compiled. As with Python's own, nothing is written under PYTHONDONTWRITEBYTECODE, and a folder
    that is closed costs time alone.
    """

    def __init__(self, folder: Path, maker: Path) -> None:
        super().__init__(str(folder), "%s.jinja.pyc")
        source = jinja2.__version__.encode() + maker.read_bytes()
        self._made = hashlib.sha256(source).hexdigest()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """What a template is kept as."""
        return super().get_cache_key(f"{self._made} {name}", filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was kept, where there is any."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, where that is wanted and may be."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)
