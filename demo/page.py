"""How clicks reach the actions, and what they say the panels: the one place that knows both."""

import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from demo import languages, log
from demo.actions import Actions
from demo.arrivals import came
from demo.following import Follower
from demo.gradio_quirks.progress import SILENT
from demo.painting import Updates, failed, merge, say
from demo.session import Session
from engine.errors import LetheError
from engine.said import noted

ARRIVING_SECONDS = 3.0
"""How long an act waits for its own page to arrive before the page counts as expired."""

STRICT = "LETHE_STRICT"
"""The environment variable under which an act may not name a panel that it does not touch."""

EXPIRED_HERE = noted("This page had been idle for long; please load it anew.")
EXPIRED = noted(
    "This page had been idle for long, so its steps were dropped; here is a fresh start."
)


@dataclass(frozen=True)
class Page:
    """What a further panel needs to join: the actions, the parts by name, and `on`."""

    actions: Actions
    parts: dict[str, Any]
    changes: list[Any] = field(default_factory=list)
    asks: list[Any] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    witnesses: dict[str, Callable[[Session], Updates]] = field(default_factory=dict)
    """What a panel says after any act that may change it, by the panel's name."""

    def on(
        self,
        event: Callable,
        act: Callable,
        inputs: list | None = None,
        *,
        data: bool = False,
        plain: bool = False,
        touches: Collection[str] = (),
        changes: bool = False,
        asks: bool = False,
        **options: Any,
    ) -> None:
        """Bind `act(session, *inputs)`, giving updates or an iterator of them, to an event.

        With `data` what the event carries comes after the session, a dictionary. `plain` is for
        quick acts that give one update: it comes with the response itself. Gradio renders every
        panel that an answer might change, so an act that is asked often names those that it
        `touches`; what it says of others is left out, and an error in tests (`STRICT`). After an
        act that `changes` whom the page is about, everything that `follows` does; after one
        that `asks` about another photo, what a dragged slider plays is told anew.
        """

        def tell(request: gr.Request, values: tuple) -> Iterator[dict]:
            yield from self._tell(act, request, values, touches)

        def answer(request: gr.Request, values: tuple) -> dict:
            return self._dress(merge(*self._run(act, request, values, touches)), touches)

        bound = event(
            _heard(tell, answer, plain, data),
            inputs,
            [part for name, part in self.parts.items() if name in self._shown(touches)],
            **SILENT,
            # An act lasts until its last figure: whoever came after so many would wait for all of
            # theirs before a picture of their own. Heavy work queues behind `Actions.gate`, each
            # visitor with one piece of it.
            concurrency_limit=None,
            **{"trigger_mode": "multiple", **({"queue": False} if plain else {}), **options},
        )
        if changes:
            self.changes.append(bound)
        if asks:
            self.asks.append(bound)

    def follows(self, follower: Follower, touches: Collection[str], *, quick: bool = False) -> None:
        """Let the panels `touches` follow every change, by what `follower` tells of them.

        One that is `quick`, for it computes nothing, waits for none of the others.
        """
        (self.actions.after.quick if quick else self.actions.after.followers).append(follower)
        self.following.extend(touches)

    def tie(self) -> None:
        """Bind what follows to what changes; all of both are known now."""
        touches = ("method", "strip", "kr", "scoreboard", "people", "result", *self.following)
        for change in self.changes:
            self.on(
                change.then, self.actions.after.follow, touches=touches, trigger_mode="always_last"
            )
        for bound in self.asks:
            self.on(
                bound.then, self.actions.after.strip, touches=("strip",), trigger_mode="always_last"
            )

    @staticmethod
    def stop(session: Session) -> Updates:
        """Stop what runs; what was done so far stays."""
        session.cancel.set()
        return {}

    def _tell(
        self, act: Callable, request: gr.Request, values: tuple, touches: Collection[str]
    ) -> Iterator[dict]:
        told = False
        for updates in self._run(act, request, values, touches):
            yield self._dress(updates, touches)
            told = True
        if not told:
            # Gradio empties every panel of a stream that says nothing at all.
            yield self._dress({}, touches)

    def _run(
        self, act: Callable, request: gr.Request, values: tuple, touches: Collection[str]
    ) -> Iterator[Updates]:
        """The updates of an act, made in the language that the page asks in."""
        language = languages.asked_for(request.headers or {})
        updates = self._act(act, request, values, touches)
        return languages.spoken(language, map(languages.all_translated, updates))

    def _act(
        self, act: Callable, request: gr.Request, values: tuple, touches: Collection[str]
    ) -> Iterator[Updates]:
        with log.timed("act", act) as failing:
            try:
                yield from self._tried(act, request, values, touches)
            except Exception as error:
                failing(error)
                if not isinstance(error, LetheError):
                    log.fault(error)
                yield failed(error)

    def _tried(
        self, act: Callable, request: gr.Request, values: tuple, touches: Collection[str]
    ) -> Iterator[Updates]:
        sessions, key = self.actions.sessions, request.session_hash or ""
        if sessions.left_since(key, came(request)):
            return
        # Who is quick may press a button before the page has told that it is there.
        expired = act != self.actions.arrive and not sessions.arrived(key, ARRIVING_SECONDS)
        if expired and touches:
            # A fresh start changes all panels: it waits for an act that can.
            yield say(EXPIRED_HERE)
            return
        session = self.actions.session(key)
        if expired:
            # The page may still show steps of a session that was dropped.
            yield self.actions.everything(session) | say(EXPIRED)
            yield {"lesson": {"afresh": secrets.token_hex(4)}}
        result = act(session, *values)
        yield from [result] if isinstance(result, dict) else result
        for panel, witness in self.witnesses.items():
            if panel in self._shown(touches) and (seen := witness(session)):
                yield seen

    def _dress(self, updates: Updates, touches: Collection[str]) -> dict:
        shown = self._shown(touches)
        if os.environ.get(STRICT) and not updates.keys() <= {*shown}:
            raise RuntimeError(f"not among what it touches: {sorted(updates.keys() - {*shown})}")
        known = {name: props for name, props in updates.items() if name in shown}
        if not known:
            return {self.parts["status"]: gr.skip()}
        return {self.parts[name]: _told(props) for name, props in known.items()}

    def _shown(self, touches: Collection[str]) -> Collection[str]:
        return {*touches, "status"} if touches else self.parts.keys()


def _heard(tell: Callable, answer: Callable, plain: bool, data: bool) -> Callable:
    """A listener with the signature by which Gradio knows what to give it, and what it gives."""

    def told(request: gr.Request, *values: Any) -> Iterator[dict]:
        yield from tell(request, values)

    def answered(request: gr.Request, *values: Any) -> dict:
        return answer(request, values)

    def told_with(request: gr.Request, event: gr.EventData, *values: Any) -> Iterator[dict]:
        yield from tell(request, (_carried(event), *values))

    def answered_with(request: gr.Request, event: gr.EventData, *values: Any) -> dict:
        return answer(request, (_carried(event), *values))

    if data:
        return answered_with if plain else told_with
    return answered if plain else told


def _carried(event: gr.EventData) -> Mapping[str, Any]:
    """What an event carries, whatever else a page sent; only what can be sent back in an answer.

    `turn` is what a page counts by: a number that no page reaches is none. Half a sign of UTF-16,
    which JSON may hold, becomes a question mark.
    """
    data = event._data if isinstance(event._data, Mapping) else {}
    sound = {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in data.items()
    }
    turn = data.get("turn")
    if turn is not None and not (type(turn) is int and abs(turn) < 2**53):
        sound["turn"] = None
    return sound


def _told(properties: dict[str, Any]) -> Any:
    """A component's update; its value alone goes bare, which Gradio passes on with less ado."""
    return properties["value"] if properties.keys() == {"value"} else gr.update(**properties)
