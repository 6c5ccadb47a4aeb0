"""Compiled kernels: numba is imported when the first is needed, and keeps what it compiled."""

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.store import user_cache_dir


class Kernel:
    """`function`, compiled by numba for one `signature` when it is first called.

    Safe to call from several threads; the machine code is kept on disk for the next process.
    """

    def __init__(self, function: Callable[..., None], signature: str, **options: Any) -> None:
        self._function, self._signature, self._options = function, signature, options
        self._compiled: Callable[..., None] | None = None

    def __call__(self, *values: Any) -> None:
        """Run it on arrays and numbers of the signature's types."""
        if self._compiled is None:
            with _compiling:
                if self._compiled is None:
                    self._compiled = self._compile()
        self._compiled(*values)

    def _compile(self) -> Callable[..., None]:
        keep_compiled()
        import numba

        decorate = numba.njit(self._signature, nogil=True, cache=True, **self._options)
        return decorate(self._function)


def keep_compiled() -> None:
    """Name the folder where numba keeps machine code. To be called before numba is imported."""
    if "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = str(_writable(user_cache_dir() / "numba"))


_compiling = threading.Lock()  # numba compiles one function at a time


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="lethe-numba-"))
