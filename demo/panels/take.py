"""A button that opens a list of files to take away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted


@dataclass(frozen=True)
class Offer:
    """A row: what it is, what it is for, its form, and its bytes or why it cannot be had."""

    key: str
    title: str
    says: str
    form: str
    more: str = ""
    size: int | None = None
    why: str = ""

    def refused(self, why: str) -> "Offer":
        """The row where the file cannot be had."""
        return replace(self, why=why)

    def of(self, size: int | None) -> "Offer":
        """The row with the file's bytes."""
        return replace(self, size=size)


def render(offers: Sequence[Offer]) -> str:
    """The list's HTML."""
    return templates.render("take_rows", offers=offers, sized=sized)


def sized(count: int) -> str:
    """Bytes as a person says them: `12 kB`, `9.2 MB`."""
    for unit, bytes_ in (("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_:
            number = count / bytes_
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return f"{count} B"


def build() -> gr.HTML:
    """The panel. Event: `make`, with the `key` of a row and its `turn`.

    Props that the server sends: `session`, by which files are fetched; `ready`, whether anybody is
    forgotten; `rows`, the list; `said`, how it goes; `made`, the names of a turn's files, none
    where it failed.
    """
    return scripted(
        "take",
        markup=templates.render("take"),
        session="",
        ready=False,
        rows="",
        said=None,
        busy=False,
        made=None,
    )
