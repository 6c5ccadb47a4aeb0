"""One thread for small work: waking a second one costs more than it helps with."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

ALL = torch.get_num_threads()
"""The threads of this process as torch found or was told them."""

SMALL = 2**17
"""Numbers in the largest matrix below which the work counts as small (512 x 256)."""


@contextmanager
def few_threads(numbers: int) -> Iterator[None]:
    """Run torch on one thread inside, for matrices of up to `SMALL` numbers.

    A decomposition or a gradient step on them is hundreds of products of some 20 microseconds
    each, and a sleeping thread takes as long to wake. The setting belongs to the calling thread
    (OpenMP and MKL keep it so): visitors do not slow each other.
    """
    before = torch.get_num_threads()
    if numbers > SMALL or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
