"""Gradio's import with what it does again and again done once.

Importing Gradio 6 compiles the words of some thirty-five events as Jinja templates anew for each of
its components, two hundred times, and reads the certificates of all authorities for each of its
clients, three of them, that never ask anybody here. A tenth of a second.
"""

import functools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import Environment


@contextmanager
def done_once() -> Iterator[None]:
    """Import Gradio inside this block: equal words are compiled and certificates read once."""
    compiled, trusting = Environment.compile, ssl.create_default_context
    Environment.compile = functools.cache(compiled)  # type: ignore[method-assign,assignment]
    ssl.create_default_context = functools.cache(trusting)  # type: ignore[assignment]
    try:
        yield
    finally:
        Environment.compile = compiled  # type: ignore[method-assign]
        ssl.create_default_context = trusting
