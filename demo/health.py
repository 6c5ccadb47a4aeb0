"""`/health`: whether the server is alive and ready, its version, and how much it has to do."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.session import Sessions
from engine.service.work import Gate

PATH = "/health"


class Health:
    """Answers before Gradio does, also where the page asks for a password: it says nothing of
    anybody. `ready` is false until the first deletion would wait for nothing."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, gate: Gate, ready: Callable[[], bool]
    ) -> None:
        self._app, self._sessions, self._gate, self._ready = app, sessions, gate, ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/health`, also under a proxy's prefix; pass the rest on."""
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if asked and scope["path"].endswith(PATH):
            await JSONResponse(self.told())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def told(self) -> dict[str, object]:
        """What is answered: numbers alone."""
        return {
            "alive": True,
            "ready": self._ready(),
            "version": release(),
            "visitors": len(self._sessions),
            "jobs": {
                "running": self._gate.inside,
                "waiting": self._gate.waiting,
                "at_once": self._gate.width,
            },
        }


def release() -> str:
    """Lethe's version where it is installed, else `source`."""
    try:
        return version("lethe")
    except PackageNotFoundError:
        return "source"
