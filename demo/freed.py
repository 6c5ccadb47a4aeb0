"""What is let go of is overwritten, so that nobody's photo is left in the process's memory."""

import ctypes
import gc
import sys
from contextlib import suppress

M_PERTURB = -6
"""glibc's `mallopt`: every piece of memory is filled with a byte when it is freed."""


def overwritten_from_now_on() -> None:
    """Let the C library overwrite whatever is freed. Linux with glibc alone; elsewhere nothing.

    It overwrites what is allocated too, which takes time: so only once somebody brings something.
    """
    with suppress(OSError, AttributeError):
        _library().mallopt(M_PERTURB, 0x5A)


def give_back() -> None:
    """Drop what only circles of references hold, and give free memory back to the system."""
    gc.collect()
    with suppress(OSError, AttributeError):
        _library().malloc_trim(0)


def _library() -> ctypes.CDLL:
    if not sys.platform.startswith("linux"):
        raise OSError("glibc is Linux's")
    return ctypes.CDLL("libc.so.6")
