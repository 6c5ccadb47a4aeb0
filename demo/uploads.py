"""The one door: own photos into a session's memory, files made for it out; Gradio's are closed."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from weakref import WeakSet

import gradio as gr
from fastapi import FastAPI
from gradio.blocks import Block
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import log
from demo.freed import overwritten_from_now_on
from demo.glance import later
from demo.session import Session, Sessions
from engine.errors import LetheError
from engine.said import noted, said
from engine.service.work import words

BRING, ASK, MODEL = "/lethe/bring", "/lethe/ask", "/lethe/model"

TAKE = "/lethe/take"
"""The one way out: a file that was made for this session, once."""

FILE = 50_000_000
"""Bytes of one file: several times the largest camera's photo, and a zip of some hundred photos.
Four at once are then no more than what one visit may hold."""

PHOTO = 20_000_000
"""Bytes of a photo to ask about."""

FRAME = 2_000_000
"""Bytes of one frame of a live camera, which is small."""

HELD = 2_000_000_000
"""Bytes that all visitors together may have here: ten full visits, fit for a small server."""

NAME = 1_000
"""Characters of a file's path."""

AT_ONCE = 4
"""Files that one visitor may send at the same time."""

PATIENCE = 60.0
"""Seconds for one file to come in; somebody who sends a byte now and then must not stay."""

MODEL_PATIENCE = 5
"""How many times longer a model may take, which is larger."""

CLOSED_ENDS = {
    "upload",
    "upload_progress",
    "process_recording",
    "deep_link",
    "login",
    "vibe-edit",
    "undo-vibe-edit",
    "vibe-code",
    "vibe-starter-queries",
}
"""Gradio's routes that write what anybody sends on the disk, by their last part.

`login` is among them as a form with files goes to the disk before anybody asks who sent it."""

CLOSED_TREES = {"file", "stream"}
"""What Gradio serves below its prefix and this page never asks for."""

CLOSED_STARTS = ("file=", "proxy=")
"""Routes by which Gradio fetches an address for whoever asks."""

SPELLINGS = 5
"""Times that an address may be encoded over again; nobody has a reason for more."""

SHUT = noted("There is nothing here.")
FOREIGN = noted("This was sent by another site's page.")
UNKNOWN = noted("This page is not known here any more; please load it anew.")
UNREADABLE = noted("The address of this upload cannot be read.")
NAMELESS = said("A file needs a path of at most {most:,} characters, without NUL.", most=NAME)
TOO_LARGE = said("A file of more than {most} MB is too large here.", most=FILE // 1_000_000)
PHOTO_TOO_LARGE = said("A photo of more than {most} MB is too large here.", most=PHOTO // 1_000_000)
FRAME_TOO_LARGE = said("A frame of more than {most} MB is too large here.", most=FRAME // 1_000_000)
NO_PHOTO = noted("That photo is empty.")
ONE_FRAME = noted("The last frame is not answered yet; this one was let go.")
TOO_MANY = said(
    "More than {most} files at once are too many; wait for one to arrive.", most=AT_ONCE
)
TOO_SLOW = noted("The file took longer than {seconds:.0f} seconds, so it was let go; try it again.")
MODEL_TOO_LARGE = noted(
    "A model of more than {most:,} MB is too large here; run Lethe yourself with it."
)
NO_MODEL = noted("That model is empty.")
NO_MODELS = noted("This server takes no models; run Lethe yourself with --backbone FILE.onnx.")
FULL = noted("So many photos are here now that no more fit; please try again later.")
TAKEN = noted("This file is not here any more; please make it again.")
ONLY_POST = noted("Files are sent here by POST.")
NO_FORMS = noted("This page takes no forms with files.")
NO_FILES = noted("This page takes no files this way.")


class _Refused(Exception):
    def __init__(self, status: int, says: str, *, hang_up: bool = False) -> None:
        super().__init__(says)
        self.status, self.says, self.hang_up = status, says, hang_up


class Door:
    """Lets photos into a session's memory and nothing onto the disk."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        patience: float = PATIENCE,
        guest: Callable[[], None] = lambda: None,
    ) -> None:
        """`guest` is called before anything of a visitor's is read."""
        self._app, self._sessions, self._patience = app, sessions, patience
        self._guest = guest
        self._coming: dict[str, int] = {}
        self._reading = 0
        self._live: set[str] = set()
        self._guests: WeakSet[Session] = WeakSet()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve our own two doors, close Gradio's, pass the rest on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer: Response | None
        # By the end alone: a proxy may have left its own prefix there, or taken it away.
        if scope["path"].endswith((BRING, ASK, MODEL, TAKE)):
            began = time.perf_counter()
            answer = await self._answer(scope, headers, receive)
            status, took = answer.status_code if answer else 0, time.perf_counter() - began
            log.tell("upload", status=status, ms=round(1000 * took, 1))
        elif is_closed(scope["path"]):
            answer = _say({"error": SHUT}, 404)
        elif any("multipart/" in kind.lower() for kind in headers.getlist("content-type")):
            # Whatever parses such a form puts its files on the disk first.
            answer = _say({"error": NO_FORMS}, 415)
        else:
            await self._app(scope, receive, send)
            return
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Response | None:
        try:
            if scope["method"] != "POST":
                raise _Refused(405, ONLY_POST)
            if _is_foreign(headers):
                raise _Refused(403, FOREIGN)
            try:
                asked = parse_qs(
                    scope["query_string"].decode("ascii"), errors="strict", max_num_fields=8
                )
            except ValueError:
                raise _Refused(400, UNREADABLE) from None
            key = asked.get("session", [""])[0]
            session = self._sessions.find(key)
            if session is None:
                raise _Refused(404, UNKNOWN)
            self._guest()
            if scope["path"].endswith(TAKE):
                return self._take(session, asked.get("name", [""])[0])
            if scope["path"].endswith(ASK) and asked.get("live", [""])[0]:
                told = await self._glance(session, key, headers, receive)
            elif scope["path"].endswith(ASK):
                told = await self._ask(session, key, headers, receive)
            elif scope["path"].endswith(MODEL):
                name = asked.get("name", [""])[0]
                told = await self._model(session, key, name, headers, receive)
            else:
                told = await self._bring(session, key, asked.get("path", [""])[0], headers, receive)
        except _Refused as refused:
            more = {"Allow": "POST"} if refused.status == 405 else {}
            # What is still being sent is of no interest.
            more |= {"Connection": "close"} if refused.hang_up else {}
            return _say({"error": refused.says}, refused.status, more)
        return _say(told) if told is not None else None

    @staticmethod
    def _take(session: Session, name: str) -> Response:
        """A file that was made for the session, and is let go of by this."""
        data = session.made.pop(name, None)
        if data is None:
            raise _Refused(404, TAKEN)
        return Response(
            data, media_type="application/octet-stream", headers={"Cache-Control": "no-store"}
        )

    async def _bring(
        self, session: Session, key: str, path: str, headers: Headers, receive: Receive
    ) -> dict[str, Any] | None:
        if not 0 < len(path) <= NAME or "\0" in path:
            raise _Refused(400, NAMELESS)
        room = session.inbox.room
        over = TOO_LARGE if room >= FILE else _no_room(session)
        data = await self._read(session, key, min(FILE, room), over, headers, receive)
        if data is None:
            return None
        try:
            session.inbox.add(path, data)
        except LetheError as error:
            raise _Refused(413, error.said) from error
        self._check_still_there(session, key)
        return {"files": len(session.inbox)}

    async def _ask(
        self, session: Session, key: str, headers: Headers, receive: Receive
    ) -> dict[str, Any] | None:
        data = await self._read(session, key, PHOTO, PHOTO_TOO_LARGE, headers, receive)
        if data is None:
            return None
        if not data:
            raise _Refused(400, NO_PHOTO)
        session.shown = data
        self._check_still_there(session, key)
        return {}

    async def _model(
        self, session: Session, key: str, name: str, headers: Headers, receive: Receive
    ) -> dict[str, Any] | None:
        if not 0 < len(name) <= NAME or "\0" in name:
            raise _Refused(400, NAMELESS)
        most = session.inbox.limits.model_megabytes
        if not most:
            raise _Refused(403, NO_MODELS)
        over = said(MODEL_TOO_LARGE, most=most)
        data = await self._read(
            session, key, most * 1_000_000, over, headers, receive, MODEL_PATIENCE
        )
        if data is None:
            return None
        if not data:
            raise _Refused(400, NO_MODEL)
        session.handed = name, data
        self._check_still_there(session, key)
        return {}

    async def _glance(
        self, session: Session, key: str, headers: Headers, receive: Receive
    ) -> dict[str, Any] | None:
        """The answer about one frame of a live camera, which is kept nowhere."""
        if key in self._live:
            raise _Refused(429, ONE_FRAME)
        self._live.add(key)
        try:
            data = await self._read(session, key, FRAME, FRAME_TOO_LARGE, headers, receive)
            if data is None:
                return None
            if not data:
                raise _Refused(400, NO_PHOTO)
            return await later(session, data)
        except LetheError as error:
            raise _Refused(400, error.said) from error
        except _Refused:
            raise
        except Exception as error:
            log.fault(error)
            raise _Refused(500, words(error)) from error
        finally:
            self._live.discard(key)

    def _check_still_there(self, session: Session, key: str) -> None:
        """The tab may have been closed meanwhile: then nothing of it may stay."""
        if self._sessions.find(key) is not session:
            session.forget_own()
            raise _Refused(404, UNKNOWN)

    async def _read(
        self,
        session: Session,
        key: str,
        most: int,
        over: str,
        headers: Headers,
        receive: Receive,
        longer: int = 1,
    ) -> bytes | None:
        """The body; None where it was cut off. Never holds more than `most` bytes.

        It may take `longer` times as long as a photo.
        """
        patience = longer * self._patience
        length = headers.get("content-length")
        if length is not None:
            if not (length.isascii() and length.isdecimal()):
                raise _Refused(400, UNREADABLE)
            # Digits beyond any size are not even worth making a number of.
            if len(length) > 15 or int(length) > most:
                raise _Refused(413, over)
        if most <= 0:
            raise _Refused(413, over)
        if self._coming.get(key, 0) >= AT_ONCE:
            raise _Refused(429, TOO_MANY)
        self._guests.add(session)
        self._coming[key] = self._coming.get(key, 0) + 1
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(patience):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    piece = message.get("body", b"")
                    size += len(piece)
                    self._reading += len(piece)
                    if size > most:
                        raise _Refused(413, over, hang_up=True)
                    if self._is_full():
                        raise _Refused(503, FULL, hang_up=True)
                    pieces.append(piece)
                    if not message.get("more_body", False):
                        return b"".join(pieces)
        except TimeoutError:
            raise _Refused(400, said(TOO_SLOW, seconds=patience), hang_up=True) from None
        finally:
            self._reading -= size
            self._coming[key] -= 1
            if not self._coming[key]:
                del self._coming[key]

    def _is_full(self) -> bool:
        return sum(one.held for one in self._guests) + self._reading > HELD


def middleware(sessions: Sessions) -> list[Middleware]:
    """For `app_kwargs` of Gradio's `launch`."""
    return [Middleware(Door, sessions=sessions, guest=overwritten_from_now_on)]


def outermost(app: FastAPI) -> None:
    """Put our middleware before Gradio's own, which lets other sites' pages ask."""
    app.user_middleware.sort(key=lambda one: not one.cls.__module__.startswith("demo."))
    app.middleware_stack = app.build_middleware_stack()


def without_links() -> None:
    """Refuse files in what a click or a script sends.

    Gradio fetches the address in any `{"path": address, "meta": ...}` onto the disk, whichever
    component it is for. No component of this page has files.
    """

    def refuse(self: Block, url_or_file_path: object) -> str | None:
        if url_or_file_path is None:
            return None
        raise gr.Error(NO_FILES, print_exception=False)

    async def refuse_later(self: Block, url_or_file_path: object) -> str | None:
        return refuse(self, url_or_file_path)

    Block.move_resource_to_block_cache = refuse  # type: ignore[method-assign]
    Block.async_move_resource_to_block_cache = refuse_later  # type: ignore[method-assign]


def is_closed(path: str) -> bool:
    """Whether this is a route of Gradio's that stays shut, however it is spelled."""
    for _ in range(SPELLINGS):
        if (plain := unquote(path)) == path:
            break
        path = plain
    else:
        return True
    # Routes also match with a line's end after them.
    parts = [re.sub(r"[\s\x00-\x1f]", "", one).lower() for one in re.split(r"[/\\]", path)]
    parts = [one for one in parts if one not in ("", ".")]
    below = {after for before, after in pairwise(parts) if before == "gradio_api"}
    return (
        not CLOSED_ENDS.isdisjoint(parts[-1:])
        or any(one.startswith(CLOSED_STARTS) for one in parts)
        or bool(below & CLOSED_TREES)
    )


def _is_foreign(headers: Headers) -> bool:
    """Whether another site's page sent this; scripts send no Origin."""
    # A browser says so itself, and no page can make it lie.
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    hosts = {
        _host(f"//{value.partition(',')[0].strip()}")
        for name in ("host", "x-forwarded-host")
        for value in headers.getlist(name)
    } - {""}
    return any(_host(one) not in hosts for one in headers.getlist("origin"))


def _host(address: str) -> str:
    with suppress(ValueError):
        return urlsplit(address).hostname or ""
    return ""


def _no_room(session: Session) -> str:
    return said(
        "More than {megabytes} MB is too much here; choose fewer photos.",
        megabytes=session.inbox.limits.megabytes,
    )


def _say(
    told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(told, status, {"Cache-Control": "no-store", **(headers or {})})
