"""What is let go of is overwritten, so that nobody's photo is left in the process's memory."""

import ctypes
import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress

M_PERTURB = -6
"""glibc's `mallopt`: every piece of memory is filled with a byte when it is freed."""

TUNABLES, NO_CACHE = "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=2"
"""glibc keeps small pieces that a thread has freed for it as they are, unless it is started so; and
each thread that ever answered somebody would keep a heap of its own."""


def start_without_cache() -> None:
    """Start this very program anew where glibc would keep small pieces of memory as they are."""
    given = os.environ.get(TUNABLES, "")
    if not sys.platform.startswith("linux") or "tcache_count" in given:
        return
    os.environ[TUNABLES] = f"{given}:{NO_CACHE}".lstrip(":")
    with suppress(OSError):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def overwritten_from_now_on() -> None:
    """Let the C library overwrite whatever is freed. Linux with glibc alone; elsewhere nothing.

    It overwrites what is allocated too, which takes time: so only once somebody brings something.
    """
    with suppress(OSError, AttributeError):
        _library().mallopt(M_PERTURB, 0x5A)


class Lull:
    """Whether work has paused: `done` counts what was done, and is None while some is under way."""

    def __init__(self, done: Callable[[], int | None]) -> None:
        self._done = done
        self._seen = self._told = done()

    def begun(self) -> bool:
        """Whether nothing was done since this was asked last, once for each lull after work."""
        seen, self._seen = self._seen, self._done()
        if self._seen is None or self._seen != seen or self._seen == self._told:
            return False
        self._told = self._seen
        return True


def give_back() -> None:
    """Drop what only circles of references hold, and give free memory back to the system."""
    gc.collect()
    with suppress(OSError, AttributeError):
        _library().malloc_trim(0)


def _library() -> ctypes.CDLL:
    if not sys.platform.startswith("linux"):
        raise OSError("glibc is Linux's")
    return ctypes.CDLL("libc.so.6")
