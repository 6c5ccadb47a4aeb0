"""What this machine offers to work with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SMALL = 1 << 23
"""Numbers below which products are made by one thread: to wake a second one for each of many small
products takes longer than it saves, and on a busy machine each waits for the other."""


def cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 in hardware; elsewhere it is slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return os.uname().machine == "x86_64" and ("avx512_bf16" in flags or "amx_bf16" in flags)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute by `count` threads for a block, in the thread that enters it alone."""
    import torch  # not for who only asks what there is

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def all_threads() -> int:
    """By how many threads to compute what is much: a core each, or what OpenMP was told."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdecimal() and int(told) else cores()


def threads_for(numbers: int) -> int:
    """By how many threads to compute with so many numbers; the same whatever else runs.

    What decides is what is computed, for the last digit of a sum depends on who adds what.
    """
    return 1 if numbers < SMALL else all_threads()
