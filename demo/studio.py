"""The page: where the panels stand, and which click goes where."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from demo import (
    api,
    attacks,
    comparing,
    curves,
    languages,
    learn,
    map_view,
    model,
    saved,
    scheduling,
    sharing,
    takeaway,
    yours,
)
from demo.actions import Actions
from demo.gradio_quirks import apps
from demo.gradio_quirks.stay import keep_open
from demo.gradio_quirks.tongues import SpokenBlocks
from demo.languages import translated as _
from demo.page import Page
from demo.painting import Updates, present
from demo.panels import (
    forget,
    header,
    leakage,
    lesson,
    live,
    odd,
    people,
    result,
    retrieval,
    scoreboard,
    status,
    strip,
    views,
    words,
)
from demo.panels import saved as saved_panel

FURTHER: tuple[tuple[str, Any], ...] = (
    ("studio", curves),
    ("studio", takeaway),
    ("attack", attacks),
    ("compare", comparing),
    ("compare", scheduling),
    ("learn", learn),
)
"""Places and the modules of the panels that stand there; each has `mount(page)`."""


def build(actions: Actions) -> SpokenBlocks:
    """The whole page, with the default workspace painted into it, in any language asked for."""

    def paint(language: str) -> list[dict[str, Any]]:
        with languages.speaking(language), apps.only_the_last():
            return _build(actions.again()).get_config_file()["components"]

    with languages.speaking(languages.SOURCE), apps.only_the_last():
        demo = _build(actions)
    demo.first, demo.more, demo.paint = languages.SOURCE, languages.for_scripts, paint
    demo.speaks = languages.current
    return demo


def _build(actions: Actions) -> SpokenBlocks:
    shelf = actions.shelf
    space = shelf.open()
    actions.atlases.prepare(space)
    first = languages.all_translated(actions.everything(actions.blank()))
    with SpokenBlocks(title="Lethe", fill_width=True, analytics_enabled=False) as demo:
        parts: dict[str, Any] = {
            "header": header.build(
                shelf.galleries(),
                shelf.backbones(),
                first["header"]["value"],
                models=actions.limits.model_megabytes > 0,
            )
        }
        views.build()
        words.build()
        parts["lesson"] = lesson.build()
        with gr.Row(elem_id="studio", elem_classes="view-studio"):
            with gr.Column(elem_id="left"):
                parts["people"] = people.build(
                    {name: first["people"][name] for name in ("markup", "roster")},
                    actions.atlases.sheets.gallery,
                )
                parts["odd"] = odd.build(first["odd"]["value"])
                with gr.Column(elem_id="how", elem_classes="lethe-panel"):
                    parts["method"] = forget.build(present(space), space.features.values.shape[1])
                    parts["forget"] = gr.Button(
                        _(forget.button(0)), variant="primary", elem_id="forget"
                    )
                    with gr.Row(elem_id="ways-back"):
                        off: dict[str, Any] = {"interactive": False, "size": "sm", "min_width": 0}
                        parts["cancel"] = gr.Button(_("Cancel"), elem_id="cancel", **off)
                        parts["undo"] = gr.Button(_("Undo"), elem_id="undo", **off)
                        parts["reset"] = gr.Button(_("Start over"), elem_id="reset", **off)
                    parts["status"] = status.build(first["status"]["value"])
                    parts["steps"] = forget.build_steps()
                    parts["saved"] = saved_panel.build()
            with gr.Column(elem_id="centre"):
                parts["map"] = map_view.map_view(first["map"]["value"], actions.atlases.sheets)
                parts["who"] = retrieval.build(first["who"]["value"])
                parts["live"] = live.build()
                parts["strip"] = strip.build()
            with gr.Column(elem_id="right"):
                parts["kr"] = leakage.leakage_panel(first["kr"]["value"])
                parts["scoreboard"] = scoreboard.build(first["scoreboard"]["value"])
                parts["result"] = result.build()
        page = Page(actions, parts)
        wire(page)
        saved.place(page)
        sharing.place(page)  # what follows a change by it does so first: it is quick
        learn.wire(page)
        for name, panel in FURTHER:
            with gr.Column(elem_classes=["place", f"view-{name}"]):
                panel.mount(page)
        for own in (yours, model):
            own.place(page)
        # An act may change any panel, so all are there by now.
        for own in (yours, model, sharing):
            own.wire(page)
        page.tie()
        api.expose(actions)

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
        touches=("map", "who", "steps", "kr", "scoreboard", "people", "result"),
        trigger_mode="always_last",
    )
    page.on(
        how.settled,
        lambda session, setting: act.strength(session, *forget.read(setting), settled=True),
        [how],
        changes=True,
    )
    page.on(
        how.near,
        lambda session, data: act.after.near(session, data.get("whole") is True),
        data=True,
        touches=("strip",),
    )
    page.on(parts["cancel"].click, page.stop, plain=True)
    page.on(parts["undo"].click, lambda session: act.undo(session), changes=True)
    page.on(parts["reset"].click, lambda session: act.reset(session), changes=True)
    page.on(
        parts["steps"].drop,
        lambda session, data: act.undo(session, int(data.get("index", -1))),
        data=True,
        changes=True,
    )
    page.on(
        parts["who"].ask,
        lambda session, data: act.ask(session, data.get("row"), data.get("any")),
        data=True,
        plain=True,
        asks=True,
    )
    page.on(parts["who"].show, act.show, asks=True)
    page.on(
        parts["kr"].spread,
        lambda session, data: act.spread(session, data.get("on") is True),
        data=True,
        plain=True,
        touches=("kr", "lesson"),
        asks=True,
    )
    page.on(
        parts["map"].pick,
        lambda session, data: {} if data.get("stranger") else act.ask(session, data.get("index")),
        data=True,
        plain=True,
        asks=True,
    )
    page.on(
        parts["header"].open_workspace,
        lambda session, at: act.open(session, *header.read(at)),
        [parts["header"]],
        changes=True,
    )
