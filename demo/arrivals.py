"""When each request came in: what is asked may wait in Gradio's line until nobody is there."""

import time
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

CAME = "lethe.came"
"""Where a request's scope has it, in seconds of the monotonic clock."""


class Arrivals:
    """Notes when each request came in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note it and pass the request on."""
        if scope["type"] == "http":
            scope[CAME] = time.monotonic()
        await self._app(scope, receive, send)


def came(request: Any) -> float | None:
    """When a request of Gradio's came in; None where nobody has noted it."""
    scope = getattr(getattr(request, "request", None), "scope", None)
    return scope.get(CAME) if scope is not None else None
