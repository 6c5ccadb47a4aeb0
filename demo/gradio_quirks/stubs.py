"""Gradio's import without its type stubs: half the time, and nothing written while it runs."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_stubs() -> Iterator[None]:
    """Import Gradio inside this block.

    Importing Gradio 6 parses the source of each of its components and rewrites a `.pyi` file next
    to it, for editors alone. It does not where a class has no source file, so none is found here.
    """
    find = inspect.getfile

    def getfile(object: Any) -> str:
        if isinstance(object, type) and object.__module__.partition(".")[0] == "gradio":
            raise OSError("no stub wanted")
        return find(object)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = find
