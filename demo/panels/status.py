"""One line that says what is going on, read aloud where a screen reader listens."""

import itertools
from collections.abc import Sequence
from typing import Literal

import gradio as gr

from demo import templates
from demo.languages import translated as _
from engine.durations import took
from engine.progress import Progress
from engine.said import noted, said
from engine.service.work import BEFORE

FITS = 120
"""Signs of a text that the line's three rows hold for certain; a longer one can be opened whole."""

JS = """
const open = () => element.querySelector('.pop[open]');
document.addEventListener('click', (event) => {
  if (open() && !open().contains(event.target)) open().open = false;
});
element.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !open()) return;
  const summary = open().querySelector('summary');
  open().open = false;
  summary.focus();
});
"""
_count = itertools.count()
Tone = Literal["calm", "busy", "done", "wrong"]


def build(value: str) -> gr.HTML:
    """The line."""
    return gr.HTML(
        value=value,
        js_on_load=JS + templates.playing("status"),
        apply_default_css=False,
        elem_id="status",
    )


def render(text: str | Sequence[str], tone: Tone = "calm", share: float | None = None) -> str:
    """The line's HTML; `share` in [0, 1] fills the bar below it.

    The line keeps its height. Text that is too long for it, or comes in several parts, has all of
    it behind "Read all".
    """
    parts = [*map(_, [text] if isinstance(text, str) else text)]
    text = " ".join(parts)
    return templates.render(
        "status",
        text=text,
        tone=tone,
        # A number of its own makes the browser show a sentence that it has shown before.
        count=next(_count),
        whole=parts if len(text) > FITS else (),
        width=0 if share is None else 100 * min(max(share, 0), 1),
    )


def place(report: Progress) -> str:
    """How many are before somebody who waits, in words; empty for work that is under way."""
    before = report.values.get(BEFORE)
    if before is None:
        return ""
    if not before:
        return noted("Waiting: you are next")
    return said("Waiting: {count:.0f} before you", count=before)


def progress(report: Progress, seconds: float) -> str:
    """What the work says about itself, in words of the reader's language."""
    if waits := place(report):
        return _(waits)
    values = dict(report.values)
    stage = _(report.stage)
    parts = [f"{stage[:1].upper()}{stage[1:]}"]
    if report.total > 1:
        parts.append(_(said("{done} of {total}", done=report.done, total=report.total)))
    if "hits" in values:
        hits = 100 * values.pop("hits")
        parts.append(_(said("still named {share:.0f} %", share=hits)))
    if "cut" in values:
        parts.append(_(said("{count:,.0f} entries cut", count=values.pop("cut"))))
    parts += [f"{_(name)} {value:.3g}" for name, value in values.items()]
    if not parts[1:]:
        return parts[0]
    mark = "" if parts[0].endswith("?") else ":"
    return f"{parts[0]}{mark} {', '.join(parts[1:])}, {_(took(seconds, 1))}"
