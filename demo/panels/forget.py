"""How to forget: the method and its knobs, read from the engine's registry; steps and undo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo import templates
from demo.languages import translated
from engine.erasure import METHODS
from engine.erasure.base import Method
from engine.erasure.esc import METHOD as ESC
from engine.said import noted, said_n
from engine.service.service import Spectrum

JS = (Path(__file__).with_suffix(".js")).read_text(encoding="utf-8")
STEPS_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-step]');
  if (button) trigger('drop', { index: Number(button.dataset.step) });
});
"""
FIRST = ("esc", "esc-t", "head-only", "stand-in")
"""Those that make the point stand in front; the others are one click away."""


def spectrum(
    found: Spectrum,
    people: Sequence[int],
    rank: int | str | None,
    mark: str = "",
    method: str | None = None,
) -> dict[str, Any]:
    """What the panel's script draws of these people's singular values.

    `rank` is the strength that they were erased with and `method` by what, None for people who are
    only chosen; `mark` names what the slider drags.
    """
    return {
        "values": [round(one, 4) for one in found.values],
        "auto": found.auto,
        "paper": found.paper,
        "dimension": found.dimension,
        "people": list(people),
        "rank": rank,
        "last": found.last,
        "mark": mark,
        "method": method,
        "plays": ESC.name,
    }


def build(present: frozenset[str], dimension: int) -> gr.HTML:
    """The method panel. Value: `{"method", "options"}`; events `change_method`,
    `strength` and `settled` of a slider, and `near` before it is one that is played."""
    return gr.HTML(
        value={"method": next(iter(METHODS)), "options": {}},
        html_template="${markup}",
        js_on_load=JS,
        apply_default_css=False,
        elem_id="method",
        markup=markup(present),
        spectrum=None,
        trace=None,
        dimension=dimension,
    )


def build_steps() -> gr.HTML:
    """The list of deletions done, each with its own undo; event `drop` with the step's index."""
    return gr.HTML(
        value=steps([]),
        js_on_load=STEPS_JS,
        apply_default_css=False,
        elem_id="steps",
    )


def available(present: frozenset[str]) -> list[Method]:
    """The methods whose needs (`model`, `reference`) are `present`, those of `FIRST` in front."""
    usable = [one for one in METHODS.values() if one.needs <= present]
    front = [one for name in FIRST for one in usable if one.name == name]
    return front + [one for one in usable if one.name not in FIRST]


def markup(present: frozenset[str]) -> str:
    """The method panel's HTML for a workspace in which `present` needs are met."""
    methods = available(present)
    front, more = methods[: len(FIRST)], methods[len(FIRST) :]
    return templates.render(
        "forget", front=[(one, *_short(one)) for one in front], more=more, methods=methods
    )


def steps(done: Sequence[tuple[str, str]]) -> str:
    """The list's HTML from (who, how) of each step, oldest first."""
    return templates.render("steps", done=done)


def read(value: Any) -> tuple[str, dict[str, Any]]:
    """The method's name and the options as the engine takes them, from the panel's value.

    The first method where a page sent something else.
    """
    value = value if isinstance(value, Mapping) else {}
    method = METHODS.get(str(value.get("method")))
    if method is None:
        return next(iter(METHODS)), {}
    known = {one.name for one in method.options}
    given = value.get("options")
    options = given.items() if isinstance(given, Mapping) else ()
    return method.name, {k: v for k, v in options if k in known and v not in (None, "")}


def button(people: int) -> str:
    """What the Forget button says."""
    if not people:
        return noted("Choose whom to forget")
    return said_n("Forget {count} person", "Forget {count} people", people)


def _short(method: Method) -> tuple[str, str]:
    """`Learn to erase (ESC-T)` as two lines; one where there is no bracket."""
    title, _bracket, short = translated(method.title).partition(" (")
    return title, short.rstrip(")")
