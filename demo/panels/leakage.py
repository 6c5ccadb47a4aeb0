"""What the model says beside what its features still know: the lesson of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from demo import templates
from demo.languages import translated
from engine.audit import metrics
from engine.audit.figures import Figures, interval_of, look_up
from engine.audit.reading import read
from engine.audit.sample import words as asked_of
from engine.said import joined, noted, said, said_n
from engine.workspace import Workspace

CSS = Path(__file__).with_name("leakage.css")
JS = """
const people = () => element.querySelector('.kr-more input');
element.addEventListener('change', (event) => {
  if (event.target === people()) trigger('spread', { on: event.target.checked });
});
// The box is the page's own; whoever answers may have forgotten that it is ticked.
watch('value', () => {
  if (!people()?.checked || element.querySelector('.kr-people .kr-row')) return;
  trigger('spread', { on: true });
});
"""
SEEN = 0.004
"""Width of an interval, as a share, from which it is drawn."""


@dataclass(frozen=True)
class Bar:
    """One row: shares before and after (None: not measured), 95 % interval and chance levels."""

    title: str
    role: str
    before: float | None
    after: float | None
    interval: tuple[float, float] | None = None
    chances: tuple[tuple[float, str], ...] = ()

    @property
    def final(self) -> float | None:
        """What the bar is as long as."""
        return self.after if self.after is not None else self.before

    @property
    def both(self) -> bool:
        """Whether there are two sides to compare."""
        return self.after is not None and self.before is not None

    @property
    def outline(self) -> float:
        """The length of the outline, which shows before."""
        return self.before if self.both and self.before is not None else 0.0

    @property
    def whisker(self) -> tuple[float, float] | None:
        """The interval where it is wide enough to be seen."""
        return (
            self.interval if self.interval and self.interval[1] - self.interval[0] > SEEN else None
        )

    @property
    def loss(self) -> float:
        """Before less after; 0 where one was not measured."""
        return 0.0 if self.before is None or self.after is None else self.before - self.after

    @property
    def tip(self) -> str:
        """All of it in exact figures."""
        final = f"{100 * (self.final or 0.0):.1f} %"
        parts: list[str] = [final]
        if self.both and self.before:
            was = f"{100 * self.before:.1f} %"
            parts = [said("{was} before, {now}", was=was, now=final)]
        if self.interval:
            low, high = (f"{100 * one:.1f}" for one in self.interval)
            parts[0] = said(
                "{figures}, 95 % interval {low} to {high} %", figures=parts[0], low=low, high=high
            )
        parts += [
            said("{chance} {level} %", chance=words, level=f"{100 * level:.1f}")
            for level, words in self.chances
        ]
        return said("Exactly: {figures}.", figures=joined(*parts, by="; "))


def leakage_panel(value: str) -> gr.HTML:
    """The panel, `#kr-chart`; event `spread` says whether each person's bar is asked for."""
    return gr.HTML(
        value=value,
        css_template=CSS.read_text(),
        js_on_load=JS + templates.playing("kr"),
        apply_default_css=False,
        elem_id="kr-chart",
    )


def leakage_value(
    workspace: Workspace | None,
    before: Figures,
    after: Figures | None,
    *,
    forgotten: Sequence[str] = (),
    exact: bool = True,
    method: str = "",
    spread: bool = False,
) -> str:
    """The panel's HTML for audits `before` and `after` of the deletion of `forgotten` (names).

    With `exact` false the figures are a quick estimate, and the panel says so. Each person's bar is
    there when the visitor has `spread` them: they are most of the page's markup.
    """
    after = after if forgotten else None
    kr = (after or before).get("kr", {})
    probe = "" if exact else noted("a quick estimate")
    if workspace is not None:
        asked = asked_of(kr, len(workspace.gallery.identities))
        probe = joined(*filter(None, (probe, asked)))
    offered = workspace is not None and bool(_per_person(before))
    people = _people(workspace, before, after, forgotten) if spread and workspace else []
    return templates.render(
        "leakage",
        how=said("after {method}", method=method)
        if method and after
        else noted("how often it is right"),
        probe=probe,
        exact=exact,
        says=_bars(before, after, "head", ()),
        knows=_bars(before, after, "kr", _chances(kr, len(forgotten))),
        reading=(reading := read(before, after, forgotten)),
        pieces=reading.pieces(translated),
        offered=offered,
        people=people,
        harm=_harm(people, bool(forgotten)),
    )


def _bars(before: Figures, after: Figures | None, question: str, chances: tuple) -> list[Bar]:
    current = after if after is not None else before
    everybody = look_up(current, f"{question}.chance_all")
    among_all = ((everybody, noted("guessing: all")),) if everybody is not None else ()
    rows = []
    for group, title, role, levels in (
        (
            "forget",
            noted("The forgotten") if after else noted("The chosen"),
            "forgotten",
            (*among_all, *chances),
        ),
        ("retain", noted("Everybody else") if after else noted("Everybody"), "known", among_all),
    ):
        key = f"{question}.{group}_test"
        interval = interval_of(current, metrics()[key])
        rows.append(
            Bar(title, role, look_up(before, key), look_up(after, key), interval, tuple(levels))
        )
    return rows


def _chances(kr: Mapping[str, object], count: int) -> tuple[tuple[float, str], ...]:
    if not count:
        return ()
    levels = (("chance_forgotten", noted("guessing: them")), ("stranger_floor", noted("strangers")))
    found = ((look_up({"kr": kr}, f"kr.{name}"), words) for name, words in levels[count == 1 :])
    return tuple((level, words) for level, words in found if level is not None)


def _per_person(figures: Figures | None) -> list[float | None]:
    found = (figures or {}).get("kr", {}).get("per_identity")
    return found if isinstance(found, list) else []


def _people(
    workspace: Workspace, before: Figures, after: Figures | None, forgotten: Sequence[str]
) -> list[Bar]:
    """Each person's bar: the forgotten first, then whom the deletion cost most."""
    was = _per_person(before)
    now = _per_person(after) or [None] * len(was)
    names = [workspace.gallery.display(label) for label in range(len(was))]
    gone = set(forgotten)
    people = [
        Bar(name, "forgotten" if name in gone else "known", old, new)
        for name, old, new in zip(names, was, now, strict=True)
        if old is not None or new is not None
    ]
    return sorted(people, key=lambda bar: (bar.role != "forgotten", -bar.loss, bar.title))


def _harm(people: Sequence[Bar], after: bool) -> str:
    if not after:
        return said_n("{count} person", "{count} people", len(people))
    harmed = sum(bar.role == "known" and bar.loss > 0 for bar in people)
    if not harmed:
        return noted("Nobody else lost anything")
    return said_n(
        "{count} of the others lost something", "{count} of the others lost something", harmed
    )
