"""The page: where the panels stand, and which click goes where."""

import os
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from demo import api, attacks, comparing, curves, map_view
from demo.actions import Actions, Follower
from demo.gradio_quirks.progress import SILENT
from demo.gradio_quirks.stay import keep_open
from demo.gradio_quirks.whole import WholeBlocks
from demo.painting import Updates, failed, merge, present, say
from demo.panels import forget, header, leakage, odd, people, retrieval, scoreboard, status
from demo.session import Session
from engine.errors import LetheError

PARALLEL = 32
"""Clicks answered at once; heavy work queues behind `Actions.gate` instead."""

STRICT = "LETHE_STRICT"
"""The environment variable under which an act may not name a panel that it does not touch."""

EXPIRED_HERE = "This page had been idle for long; please load it anew."
EXPIRED = "This page had been idle for long, so its steps were dropped; here is a fresh start."
FURTHER: tuple[Any, ...] = (curves, attacks, comparing)
"""Modules of the panels below the first screen, in order; each has `mount(page)`."""


@dataclass(frozen=True)
class Page:
    """What a further panel needs to join: the actions, the parts by name, and `on`."""

    actions: Actions
    parts: dict[str, Any]
    changes: list[Any] = field(default_factory=list)
    following: list[str] = field(default_factory=list)

    def on(
        self,
        event: Callable,
        act: Callable,
        inputs: list | None = None,
        *,
        plain: bool = False,
        touches: Collection[str] = (),
        changes: bool = False,
        **options: Any,
    ) -> None:
        """Bind `act(session, *inputs)`, giving updates or an iterator of them, to an event.

        `plain` is for quick acts that give one update: it comes with the response itself. Gradio
        renders every panel that an answer might change, so an act that is asked often names those
        that it `touches`; what it says of others is left out, and an error in tests (`STRICT`).
        After an act that `changes` whom the page is about, everything that `follows` does.
        """

        def listen(request: gr.Request, *values: Any) -> Iterator[dict]:
            yield from self._tell(act, request, values, touches)

        def answer(request: gr.Request, *values: Any) -> dict:
            return self._dress(merge(*self._run(act, request, values, touches)), touches)

        if plain:
            options = {"queue": False, **options}
        bound = self._bind(event, answer if plain else listen, inputs, touches, options)
        if changes:
            self.changes.append(bound)

    def on_event(
        self,
        event: Callable,
        act: Callable,
        inputs: list | None = None,
        *,
        plain: bool = False,
        touches: Collection[str] = (),
        changes: bool = False,
        **options: Any,
    ) -> None:
        """Like `on`, for `act(session, event data, *inputs)`."""

        def listen(request: gr.Request, data: gr.EventData, *values: Any) -> Iterator[dict]:
            yield from self._tell(act, request, (data._data or {}, *values), touches)

        def answer(request: gr.Request, data: gr.EventData, *values: Any) -> dict:
            told = self._run(act, request, (data._data or {}, *values), touches)
            return self._dress(merge(*told), touches)

        if plain:
            options = {"queue": False, **options}
        bound = self._bind(event, answer if plain else listen, inputs, touches, options)
        if changes:
            self.changes.append(bound)

    def follows(self, follower: Follower, touches: Collection[str]) -> None:
        """Let the panels `touches` follow every change, by what `follower` tells of them."""
        self.actions.followers.append(follower)
        self.following.extend(touches)

    def tie(self) -> None:
        """Bind what follows to what changes; all of both are known now."""
        touches = ("method", "kr", "scoreboard", "people", *self.following)
        for change in self.changes:
            self.on(change.then, self.actions.follow, touches=touches, trigger_mode="always_last")

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
        sessions, key = self.actions.sessions, request.session_hash or ""
        try:
            expired = act != self.actions.arrive and not sessions.known(key)
            if expired and touches:
                # A fresh start changes all panels: it waits for an act that can.
                yield say(EXPIRED_HERE)
                return
            session = self.actions.session(key)
            if expired:
                # The page may still show steps of a session that was dropped.
                yield self.actions.everything(session) | say(EXPIRED)
            result = act(session, *values)
            yield from [result] if isinstance(result, dict) else result
        except Exception as error:
            if not isinstance(error, LetheError):
                traceback.print_exc()
            yield failed(error)

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

    def _bind(
        self,
        event: Callable,
        listen: Callable,
        inputs: list | None,
        touches: Collection[str],
        options: dict,
    ) -> Any:
        return event(
            listen,
            inputs,
            [part for name, part in self.parts.items() if name in self._shown(touches)],
            **SILENT,
            concurrency_limit=PARALLEL,
            **{"trigger_mode": "multiple", **options},
        )


def _told(properties: dict[str, Any]) -> Any:
    """A component's update; its value alone goes bare, which Gradio passes on with less ado."""
    return properties["value"] if properties.keys() == {"value"} else gr.update(**properties)


def build(actions: Actions) -> gr.Blocks:
    """The whole page, with the default workspace painted into it."""
    shelf = actions.shelf
    space = shelf.open()
    actions.atlases.prepare(space)
    first = actions.everything(actions.blank())
    with WholeBlocks(title="Lethe", fill_width=True, analytics_enabled=False) as demo:
        parts: dict[str, Any] = {
            "header": header.build(shelf.galleries(), shelf.backbones(), shelf.keys_of())
        }
        with gr.Row(elem_id="studio"):
            with gr.Column(elem_id="left"):
                parts["people"] = people.build(
                    {name: first["people"][name] for name in ("markup", "roster")},
                    actions.atlases.sheets.gallery,
                )
                parts["odd"] = odd.build(first["odd"]["value"])
                with gr.Column(elem_id="how", elem_classes="lethe-panel"):
                    parts["method"] = forget.build(present(space), space.features.values.shape[1])
                    parts["forget"] = gr.Button(
                        forget.button(0), variant="primary", elem_id="forget"
                    )
                    with gr.Row(elem_id="ways-back"):
                        off: dict[str, Any] = {"interactive": False, "size": "sm", "min_width": 0}
                        parts["cancel"] = gr.Button("Cancel", elem_id="cancel", **off)
                        parts["undo"] = gr.Button("Undo", elem_id="undo", **off)
                        parts["reset"] = gr.Button("Start over", elem_id="reset", **off)
                    parts["status"] = status.build(first["status"]["value"])
                    parts["steps"] = forget.build_steps()
            with gr.Column(elem_id="centre"):
                parts["map"] = map_view.map_view(first["map"]["value"], actions.atlases.sheets)
                parts["who"] = retrieval.build(first["who"]["value"])
            with gr.Column(elem_id="right"):
                parts["kr"] = leakage.leakage_panel(first["kr"]["value"])
                parts["scoreboard"] = scoreboard.build(first["scoreboard"]["value"])
        page = Page(actions, parts)
        wire(page)
        with gr.Column(elem_id="below"):
            for panel in FURTHER:
                panel.mount(page)
        page.tie()
        api.expose(actions, PARALLEL)

        page.on(demo.load, actions.arrive, plain=True)
        keep_open(demo, parts["status"])

        def leave(request: gr.Request) -> None:
            actions.sessions.drop(request.session_hash or "")

        demo.unload(leave)
    return demo


def wire(page: Page) -> None:
    """Every click of the first screen."""
    act, parts = page.actions, page.parts
    chosen, how = parts["people"], parts["method"]

    def begin(session: Any, labels: Any, setting: Any) -> Iterator[Updates]:
        return act.forget(session, labels, *forget.read(setting))

    page.on(chosen.choose, act.choose, [chosen], plain=True, changes=True)
    page.on(parts["forget"].click, begin, [chosen, how], changes=True)
    page.on(
        how.strength,
        lambda session, setting: act.strength(session, *forget.read(setting), settled=False),
        [how],
        plain=True,
        touches=("map", "who", "steps", "kr", "scoreboard", "people"),
        trigger_mode="always_last",
    )
    page.on(
        how.settled,
        lambda session, setting: act.strength(session, *forget.read(setting), settled=True),
        [how],
        changes=True,
    )
    page.on(parts["cancel"].click, page.stop, plain=True)
    page.on(parts["undo"].click, lambda session: act.undo(session), changes=True)
    page.on(parts["reset"].click, lambda session: act.reset(session), changes=True)
    page.on_event(
        parts["steps"].drop,
        lambda session, data: act.undo(session, int(data.get("index", -1))),
        changes=True,
    )
    page.on_event(
        parts["who"].ask,
        lambda session, data: act.ask(session, data.get("row"), data.get("any")),
        plain=True,
    )
    page.on_event(
        parts["kr"].spread,
        lambda session, data: act.spread(session, data.get("on") is True),
        plain=True,
        touches=("kr",),
    )
    page.on_event(
        parts["map"].pick,
        lambda session, data: {} if data.get("stranger") else act.ask(session, data.get("index")),
        plain=True,
    )
    page.on(
        parts["header"].open_workspace,
        lambda session, at: act.open(session, (at or {}).get("faces"), (at or {}).get("backbone")),
        [parts["header"]],
        changes=True,
    )
