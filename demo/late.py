"""Libraries that Gradio imports at once and the page never needs: imported when they are used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """Stands for a module until somebody asks it for something."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # who merely looks through all modules wants nothing
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def pandas_later() -> Iterator[None]:
    """Import Gradio inside this block: it keeps a stand-in for pandas, a tenth of the start.

    Gradio asks it for data frames in its cache of examples alone. Whoever else imports pandas,
    later, gets the real one.
    """
    if "pandas" in sys.modules:
        yield
        return
    late = sys.modules["pandas"] = Late("pandas")
    try:
        yield
    finally:
        if sys.modules.get("pandas") is late:
            del sys.modules["pandas"]
