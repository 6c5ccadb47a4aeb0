"""How many bytes something holds, so that what is kept for others can be bounded by them."""

import sys
from typing import Any

import numpy as np
from torch import Tensor

from engine.workspace import Workspace

SLOT = 64
"""About what an entry of a dictionary or a list, and an object, take beside what they hold."""


def weight(value: Any) -> int:
    """About the bytes that `value` keeps in memory, whatever it is made of.

    Arrays and tensors count with all of the storage that they are views of, what is held twice
    counts once, and a workspace nothing: all share it.
    """
    return _weight(value, set())


def _weight(value: Any, seen: set[int]) -> int:
    if isinstance(value, Workspace):
        return 0
    if isinstance(value, Tensor):
        storage = value.untyped_storage()
        return _once(storage.data_ptr(), storage.nbytes(), seen)
    if isinstance(value, np.ndarray):
        whole = value if value.base is None else value.base
        return _once(id(whole), getattr(whole, "nbytes", value.nbytes), seen)
    if not _once(id(value), 1, seen):
        return 0
    if isinstance(value, dict):
        return SLOT + sum(
            SLOT + _weight(key, seen) + _weight(held, seen) for key, held in value.items()
        )
    if isinstance(value, list | tuple | set | frozenset):
        return SLOT + sum(8 + _weight(held, seen) for held in value)
    if hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
        return SLOT + _weight(vars(value), seen)
    return sys.getsizeof(value)


def _once(key: int, count: int, seen: set[int]) -> int:
    if key in seen:
        return 0
    seen.add(key)
    return count
