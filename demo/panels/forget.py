"""How to forget: the method and its knobs, read from the engine's registry; steps and undo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from engine.erasure import METHODS
from engine.erasure.base import Method, Option

JS = (Path(__file__).with_suffix(".js")).read_text(encoding="utf-8")
STEPS_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-step]');
  if (button) trigger('drop', { index: Number(button.dataset.step) });
});
"""
FIRST = ("esc", "esc-t", "head-only", "stand-in")
"""Those that make the point stand in front; the others are one click away."""


@dataclass(frozen=True)
class Spectrum:
    """Singular values of the chosen people's features, and the ranks that words stand for.

    `people` are their labels; `rank` is the strength that they were erased with, None for people
    who are only chosen.
    """

    values: tuple[float, ...]
    auto: int
    paper: int
    dimension: int
    people: tuple[int, ...] = ()
    rank: int | str | None = None

    def as_json(self) -> dict[str, Any]:
        """What the panel's script draws."""
        return {
            "values": [round(one, 4) for one in self.values],
            "auto": self.auto,
            "paper": self.paper,
            "dimension": self.dimension,
            "people": list(self.people),
            "rank": self.rank,
        }


def build(present: frozenset[str], dimension: int) -> gr.HTML:
    """The method panel. Value: `{"method", "options"}`; events `change_method` and `strength`."""
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
    front = "".join(_radio(one, at == 0) for at, one in enumerate(methods[: len(FIRST)]))
    more = "".join(
        f'<label class="row">{_input(one)}<span><b>{escape(one.title)}</b> '
        f"{escape(one.summary)}</span></label>"
        for one in methods[len(FIRST) :]
    )
    knobs = "".join(_knobs(one) for one in methods)
    popover = (
        f'<details class="more pop"><summary><span>More ways</span></summary>'
        f'<div class="menu">{more}</div></details>'
    )
    return f"""
<fieldset class="methods">
  <legend class="sr">How to forget</legend>
  <div class="panel-top"><h2>How to forget</h2>{popover if more else ""}</div>
  <div class="segments">{front}</div>
</fieldset>
<p class="summary" data-summary></p>
<div class="spectrum" data-spectrum aria-hidden="true"></div>
{knobs}"""


def steps(done: Sequence[tuple[str, str]]) -> str:
    """The list's HTML from (who, how) of each step, oldest first."""
    if not done:
        return '<ol class="steps"><li class="none">Nothing has been forgotten yet.</li></ol>'
    rows = "".join(
        f"<li><span><b>{escape(who)}</b><small>{escape(how)}</small></span>"
        f'<button type="button" data-step="{at}" '
        f'aria-label="Undo step {at + 1}: {escape(who)}">Undo</button></li>'
        for at, (who, how) in enumerate(done)
    )
    return f'<ol class="steps">{rows}</ol>'


def read(value: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """The method's name and the options as the engine takes them, from the panel's value."""
    value = value or {}
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
        return "Choose whom to forget"
    return f"Forget {people} people" if people > 1 else "Forget 1 person"


def _radio(method: Method, on: bool) -> str:
    checked = " checked" if on else ""
    title, short = _short(method)
    return (
        f"<label>{_input(method, checked)}<span>{escape(title)}"
        f"<small>{escape(short)}</small></span></label>"
    )


def _short(method: Method) -> tuple[str, str]:
    """`Learn to erase (ESC-T)` as two lines; the registry's name where there is no bracket."""
    title, bracket, short = method.title.partition(" (")
    return title, short.rstrip(")") if bracket else method.name


def _input(method: Method, checked: str = "") -> str:
    return (
        f'<input type="radio" name="lethe-method" value="{escape(method.name)}"{checked} '
        f'data-summary="{escape(method.summary)}" data-title="{escape(method.title)}" '
        f'data-source="{escape(method.source)}">'
    )


def _knobs(method: Method) -> str:
    name = escape(method.name)
    ranks = [one for one in method.options if one.kind == "rank"]
    rest = [one for one in method.options if one.kind != "rank"]
    out = "".join(_rank(one) for one in ranks[:1])
    if rest:
        fields = "".join(_field(method, one) for one in rest)
        out += (
            '<details class="fine pop"><summary>Fine tuning</summary>'
            f'<div class="menu">{fields}</div></details>'
        )
    if not ranks:
        out = f'<p class="source">{escape(method.source)}</p>{out}'
    return f'<div class="knobs" data-for="{name}" hidden>{out}</div>'


def _rank(option: Option) -> str:
    return (
        f'<div class="rank" data-option="{escape(option.name)}" title="{escape(option.help)}">'
        '<div class="rank-words"><span data-words></span>'
        '<button type="button" class="link" data-auto>auto</button></div>'
        '<input type="range" data-rank min="1" max="20" value="1" step="1" '
        'aria-label="Strength: directions removed"></div>'
    )


def _field(method: Method, option: Option) -> str:
    name, help_ = escape(option.name), escape(option.help)
    if option.kind == "choice":
        choices = "".join(
            f'<option value="{escape(one)}"{" selected" if one == option.default else ""}>'
            f"{escape(one)}</option>"
            for one in option.choices
        )
        control = f'<select data-option="{name}">{choices}</select>'
    else:
        low = "" if option.minimum is None else f' min="{option.minimum:g}"'
        high = "" if option.maximum is None else f' max="{option.maximum:g}"'
        default = "automatic" if option.default is None else f"{option.default:g}"
        step = "1" if option.kind == "int" else "any"
        control = (
            f'<input type="number" data-option="{name}"{low}{high} step="{step}" '
            f'placeholder="{default}">'
        )
    words = escape(option.name.replace("_", " "))
    return f'<label class="field"><span>{words}</span>{control}<small>{help_}</small></label>'
