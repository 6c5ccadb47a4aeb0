"""Lethe's engine: erase identities from face embeddings and measure what is left.

The names in `__all__` are for other programs and stay as they are (docs/library.md). They are
imported when they are asked for, so that `import engine` alone costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.errors import LetheError
    from engine.lab import Audit, Deletion, Lab, open_features, open_workspace

__all__ = ["Audit", "Deletion", "Lab", "LetheError", "open_features", "open_workspace"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"engine.{name}", name=name)
    found = getattr(import_module("engine.lab"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
