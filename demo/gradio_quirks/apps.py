"""A page is built without the web applications that Gradio throws away.

Gradio 6 makes a FastAPI application of some eighty routes when a page is begun, again when it is
complete, and once more when it is launched; only the last one serves. A tenth of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradio.routes import App


@contextmanager
def only_the_last() -> Iterator[None]:
    """Build pages inside this block, and launch them after it."""
    made = App.__dict__["create_app"]

    def none(*_: Any, **__: Any) -> None:
        return None

    App.create_app = staticmethod(none)  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        App.create_app = made  # type: ignore[method-assign]
