"""The running page, spoken to as its script in a browser does, without a browser."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

PATIENCE = 120.0
"""Seconds without an answer after which an act counts as failed."""
BROWSER = httpx.Limits(max_connections=8)


@dataclass(frozen=True)
class Event:
    """One of the page's events: what it takes and changes, and which one it comes after."""

    number: int
    takes: int
    parts: tuple[str, ...]
    queued: bool
    after: int | None
    last_only: bool


@dataclass
class Heard:
    """What came of one act: when it began, when each part was first told, when it was over."""

    began: float = field(default_factory=time.perf_counter)
    first: dict[str, float] = field(default_factory=dict)
    over: float = 0.0
    answer: Any = None
    trouble: str = ""

    def seconds(self, part: str = "") -> float | None:
        """Until `part` was first told, or until the end; None where it never was."""
        at = self.first.get(part) if part else self.over
        return at - self.began if at else None


class Script:
    """What the page's script knows: its events, by part and name."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.prefix: str = config["api_prefix"]
        self.parts = {
            one["id"]: one["props"].get("elem_id") or f"{one['type']}-{one['id']}"
            for one in config["components"]
        }
        self.first = {
            self.parts[one["id"]]: one["props"].get("props", one["props"])
            for one in config["components"]
        }
        self.events = [self._event(one) for one in config["dependencies"]]
        self._named: dict[tuple[str, str], Event] = {}
        self.named: dict[str, Event] = {}
        for told, event in zip(config["dependencies"], self.events, strict=True):
            for where, name in told["targets"]:
                self._named.setdefault((self.parts.get(where, "page"), name), event)
            if told["api_visibility"] == "public":
                self.named[told["api_name"]] = event
        self.loads = [
            event
            for told, event in zip(config["dependencies"], self.events, strict=True)
            if any(name == "load" for _, name in told["targets"])
        ]

    def event(self, part: str, name: str) -> Event:
        """The event `name` of a part. Raises `KeyError` where the page has none."""
        return self._named[part, name]

    def _event(self, told: Mapping[str, Any]) -> Event:
        return Event(
            number=told["id"],
            takes=len(told["inputs"]),
            parts=tuple(self.parts[one] for one in told["outputs"]),
            queued=told["queue"] is not False,
            after=told.get("trigger_after"),
            last_only=told.get("trigger_mode") == "always_last",
        )


async def read_script(address: str) -> Script:
    """The script of the page at `address`."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        return Script(orjson.loads((await client.get(f"{address}config")).content))


class Window:
    """One visitor's open page: its connections, its streams, and what each part was last told.

    `hear` is called with part and properties of every update.
    """

    def __init__(
        self,
        address: str,
        script: Script,
        hear: Callable[[str, Mapping[str, Any]], None] = lambda part, told: None,
    ) -> None:
        self.address, self.script, self._hear = address, script, hear
        self.session = secrets.token_hex(6)
        self._client = httpx.AsyncClient(
            base_url=address, timeout=PATIENCE, limits=BROWSER, trust_env=False
        )
        self._api = f"{address.rstrip('/')}{script.prefix}"
        self._under_way: dict[str, tuple[Event, Heard, asyncio.Event]] = {}
        self._early: dict[str, list[Mapping[str, Any]]] = {}
        self._following: dict[int, bool] = {}
        self._tasks: set[asyncio.Task] = set()
        self._open_stream = False
        self.trouble: list[str] = []
        self.told: dict[str, dict[str, Any]] = {}
        self.bytes = 0

    async def arrive(self) -> Heard:
        """Load the page, say that it is open, and let it ask what it asks by itself."""
        heard = Heard()
        page = await self._client.get("/", headers={"accept-encoding": "gzip, br"})
        page.raise_for_status()
        self.bytes += len(page.content)
        self.stay()
        for event in self.script.loads:
            if event.queued:
                await self._join(event, [], None, Heard())
            else:
                await self._ask(event, [], None, Heard())
        heard.over = time.perf_counter()
        return heard

    def stay(self) -> None:
        """Keep the stream by which the page knows that somebody is there; clients have it too."""
        self._spawn(self._stay(f"{self._api}/heartbeat/{self.session}"))

    async def act(
        self, part: str, name: str, *given: Any, data: Any = None, follow: bool = True
    ) -> Heard:
        """Trigger an event with the values it takes; what the page does after it goes on alone."""
        return await self._do(self.script.event(part, name), list(given), data, follow)

    async def reach(self, part: str, name: str, until: str) -> Heard:
        """Trigger an event and wait until the part `until` is told; the rest comes alone."""
        heard, patience = Heard(), time.perf_counter() + PATIENCE
        try:
            await self._join(self.script.event(part, name), [], None, heard)
        except (httpx.HTTPError, OSError) as error:
            heard.trouble = f"{type(error).__name__}: {error}"
        while until not in heard.first and not heard.trouble:
            if time.perf_counter() > patience:
                heard.trouble = f"{until} was not told"
            await asyncio.sleep(0.01)
        if heard.trouble:
            self.trouble.append(heard.trouble)
        return heard

    async def call(self, name: str, *given: Any) -> Heard:
        """Call a named endpoint; its answer is `Heard.answer`."""
        return await self._do(self.script.named[name], list(given), None, False)

    async def settled(self) -> None:
        """Wait until nothing that was asked is under way, but for the stream that stays."""
        until = time.perf_counter() + PATIENCE
        while self._following or any(
            event.takes or event.after is not None for event, _, _ in self._under_way.values()
        ):
            if time.perf_counter() > until:
                self.trouble.append("what follows did not come to its end")
                return
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Close the page as a browser does: every connection at once."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def _do(self, event: Event, given: list, data: Any, follow: bool) -> Heard:
        heard = Heard()
        try:
            if event.queued:
                done = await self._join(event, given, data, heard)
                await asyncio.wait_for(done.wait(), PATIENCE)
            else:
                await self._ask(event, given, data, heard)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            heard.trouble = f"{type(error).__name__}: {error}"
        heard.over = heard.over or time.perf_counter()
        if heard.trouble:
            self.trouble.append(heard.trouble)
        elif follow:
            for other in self.script.events:
                if other.after == event.number:
                    self._spawn(self._follow(other))
        return heard

    async def _follow(self, event: Event) -> None:
        """What the page does after an event; asked again meanwhile, once more after it."""
        if event.last_only and event.number in self._following:
            self._following[event.number] = True
            return
        again = True
        while again:
            self._following[event.number] = False
            try:
                await self._do(event, [], None, follow=True)
            finally:
                again = self._following.pop(event.number)

    def _body(self, event: Event, given: list, data: Any) -> dict[str, Any]:
        return {
            "data": given,
            "event_data": data,
            "fn_index": event.number,
            "session_hash": self.session,
            "trigger_id": None,
        }

    async def _ask(self, event: Event, given: list, data: Any, heard: Heard) -> None:
        answer = await self._client.post(
            f"{self._api}/run/predict", json=self._body(event, given, data)
        )
        if answer.status_code != 200:
            heard.trouble = f"{answer.status_code}: {answer.text[:200]}"
            return
        self._told(event, orjson.loads(answer.content)["data"], heard)

    async def _join(self, event: Event, given: list, data: Any, heard: Heard) -> asyncio.Event:
        answer = await self._client.post(
            f"{self._api}/queue/join", json=self._body(event, given, data)
        )
        done = asyncio.Event()
        if answer.status_code != 200:
            heard.trouble = f"{answer.status_code}: {answer.text[:200]}"
            done.set()
            return done
        name = answer.json()["event_id"]
        self._under_way[name] = event, heard, done
        for message in self._early.pop(name, ()):
            self._message(message)
        if not self._open_stream:
            self._open_stream = True
            self._spawn(self._listen())
        return done

    async def _listen(self) -> None:
        """The stream of answers, opened with the first question."""
        try:
            async for line in self._lines(
                f"{self._api}/queue/data", {"session_hash": self.session}
            ):
                if line.startswith(b"data: "):
                    self._message(orjson.loads(line[6:]))
        except httpx.HTTPError as error:
            self.trouble.append(f"stream: {type(error).__name__}: {error}")
        finally:
            self._open_stream = False
            for _, heard, done in self._under_way.values():
                heard.trouble = heard.trouble or "the stream ended before the answer"
                done.set()

    async def _lines(self, address: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        parts: list[bytes] = []
        async with self._client.stream("GET", address, params=query, timeout=None) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_raw():
                self.bytes += len(piece)
                first, *rest = piece.split(b"\n")
                parts.append(first)
                for one in rest:
                    yield b"".join(parts)
                    parts = [one]

    async def _stay(self, address: str) -> None:
        with suppress(httpx.HTTPError):
            async with self._client.stream("GET", address, timeout=None) as answer:
                async for _ in answer.aiter_raw():
                    pass

    def _message(self, message: Mapping[str, Any]) -> None:
        name = message.get("event_id")
        if name is None:
            if message["msg"] == "unexpected_error":
                self.trouble.append(f"stream: {message.get('message')}")
            return
        if name not in self._under_way:
            self._early.setdefault(name, []).append(message)
            return
        event, heard, done = self._under_way[name]
        output = message.get("output") or {}
        if message["msg"] in ("process_generating", "process_completed"):
            if message.get("success") is False:
                heard.trouble = str(output.get("error") or "failed")[:200]
            else:
                self._told(event, output.get("data") or [], heard)
        if message["msg"] == "process_completed":
            heard.over = time.perf_counter()
            del self._under_way[name]
            done.set()

    def _told(self, event: Event, data: list, heard: Heard) -> None:
        now = time.perf_counter()
        if (
            len(data) == 1
            and event.after is None
            and event.parts
            and event.parts[0].startswith("api")
        ):
            heard.answer = data[0]
            return
        for part, value in zip(event.parts, data, strict=False):
            if told := _properties(value):
                heard.first.setdefault(part, now)
                self.told.setdefault(part, {}).update(told)
                self._hear(part, told)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _properties(value: Any) -> dict[str, Any]:
    """One part's update: its properties, empty where it stays as it is."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0][2]
    if not isinstance(value, dict) or value.get("__type__") != "update":
        return {"value": value}
    own = {**value, **(value.get("props") or {})}
    return {name: one for name, one in own.items() if name not in ("__type__", "props")}
