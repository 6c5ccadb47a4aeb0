"""What the model says beside what its features still know: the lesson of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from engine.audit.reading import read
from engine.audit.sample import words as asked_of
from engine.workspace import Workspace

Figures = Mapping[str, Mapping[str, object]]
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
KEY = {
    "guessing: all": "Guessing one of all people.",
    "guessing: them": "Guessing one of the forgotten people.",
    "strangers": "How often the same probe takes strangers for one forgotten person.",
}
ARROW = '<em aria-hidden="true">→</em><span class="sr">now</span>'


@dataclass(frozen=True)
class Bar:
    """One row: shares before and after (None: not measured), 95 % interval and chance levels."""

    title: str
    role: str
    before: float | None
    after: float | None
    interval: tuple[float, float] | None = None
    chances: tuple[tuple[float, str], ...] = ()


def leakage_panel(value: str) -> gr.HTML:
    """The panel, `#kr-chart`; event `spread` says whether each person's bar is asked for."""
    return gr.HTML(
        value=value,
        css_template=CSS.read_text(),
        js_on_load=JS,
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
    says = _bars(before, after, "head", ())
    knows = _bars(before, after, "kr", _chances(after or before, len(forgotten)))
    reading = read(before, after, forgotten)
    how = f"after {escape(method)}" if method and after else "accuracy at the output"
    probe = "KR of a fresh probe" if exact else "KR, quick estimate"
    if workspace is not None:
        kr, everybody = (after or before).get("kr", {}), len(workspace.gallery.identities)
        probe = f"{probe} {asked_of(kr, everybody)}".rstrip()
    return f"""
<section class="lethe-panel kr" aria-label="What the model says">
  <h2>What the model says <small>{how}</small></h2>
  {"".join(map(_row, says))}
</section>
<section class="lethe-panel kr" aria-label="What its features still know">
  <h2>What its features still know <small>{probe}</small></h2>
  {"".join(map(_row, knows))}
  {_key(knows)}
  <p class="kr-verdict" data-verdict="{reading.verdict}" aria-live="polite">{reading.html}</p>
  {_everybody(workspace, before, after, forgotten, spread)}
</section>"""


def _bars(before: Figures, after: Figures | None, question: str, chances: tuple) -> list[Bar]:
    was, now = before.get(question, {}), (after or {}).get(question, {})
    current = now if after is not None else was
    everybody = _share(current.get("chance_all"))
    among_all = ((everybody, "guessing: all"),) if everybody is not None else ()
    rows = []
    for group, title, role, levels in (
        ("forget", "The forgotten" if after else "The chosen", "forgotten", (*among_all, *chances)),
        ("retain", "Everybody else" if after else "Everybody", "known", among_all),
    ):
        key = f"{group}_test"
        low, high = _share(current.get(f"{key}_low")), _share(current.get(f"{key}_high"))
        interval = None if low is None or high is None else (low, high)
        rows.append(
            Bar(title, role, _share(was.get(key)), _share(now.get(key)), interval, tuple(levels))
        )
    return rows


def _chances(figures: Figures, count: int) -> tuple[tuple[float, str], ...]:
    if not count:
        return ()
    found = []
    kr = figures.get("kr", {})
    if count > 1 and (among := _share(kr.get("chance_forgotten"))) is not None:
        found.append((among, "guessing: them"))
    if (floor := _share(kr.get("stranger_floor"))) is not None:
        found.append((floor, "strangers"))
    return tuple(found)


def _row(bar: Bar) -> str:
    final = bar.after if bar.after is not None else bar.before
    if final is None:
        return (
            f'<div class="kr-row" data-role="{bar.role}">'
            f'<span class="kr-name">{escape(bar.title)}</span>'
            '<span class="kr-track" aria-hidden="true"></span>'
            '<span class="kr-figure">–<span class="sr">not measured</span></span></div>'
        )
    outline = bar.before if bar.after is not None and bar.before is not None else 0
    lines = "".join(
        f'<i class="kr-chance" style="left:{_percent(level)}"></i>' for level, _ in bar.chances
    )
    whisker = ""
    spread = ""
    if bar.interval is not None:
        low, high = bar.interval
        spread = f", 95 % interval {100 * low:.1f} to {100 * high:.1f} %"
        if high - low > 0.004:
            whisker = (
                f'<i class="kr-interval" style="left:{_percent(low)};'
                f'width:{_percent(high - low)}"></i>'
            )
    was = f"{100 * bar.before:.1f} % before, " if bar.after is not None and bar.before else ""
    levels = "".join(f"; {words} {100 * level:.1f} %" for level, words in bar.chances)
    figures = f"<strong>{_whole(final)}\u202f%</strong>"
    if bar.after is not None and bar.before is not None:
        figures = f"{_whole(bar.before)}{ARROW}{figures}"
    return (
        f'<div class="kr-row" data-role="{bar.role}" '
        f'title="{was}{100 * final:.1f} %{spread}{levels}">'
        f""
        f'<span class="kr-name">{escape(bar.title)}</span>'
        f'<span class="kr-track" aria-hidden="true">'
        f'<i class="kr-now" style="width:{_percent(final)}"></i>'
        f'<i class="kr-was" style="width:{_percent(outline)}"></i>{whisker}{lines}</span>'
        f'<span class="kr-figure">{figures}</span></div>'
    )


def _key(bars: Sequence[Bar]) -> str:
    """What the dashed lines stand for, in words and numbers."""
    words = "".join(
        f'<span title="{escape(KEY[name])}">{escape(name)} {_whole(level)}\u202f%</span>'
        for level, name in bars[0].chances
    )
    return f'<p class="kr-key">{words}</p>'


def _everybody(
    workspace: Workspace | None,
    before: Figures,
    after: Figures | None,
    forgotten: Sequence[str],
    spread: bool,
) -> str:
    """Each person's bar: the forgotten first, then whom the deletion cost most."""
    was, now = _per_person(before), _per_person(after or {})
    if workspace is None or not was:
        return ""
    shown = _people(workspace, was, now or [None] * len(was), forgotten) if spread else ""
    return f"""
  <label class="kr-more"><input type="checkbox" aria-controls="kr-people"> Show each person</label>
  <div class="kr-people" id="kr-people" role="region" aria-label="KR of each person" tabindex="0">
    {shown}
  </div>"""


def _per_person(figures: Figures) -> list[float | None]:
    found = figures.get("kr", {}).get("per_identity")
    return [_share(one) for one in found] if isinstance(found, list) else []


def _people(
    workspace: Workspace,
    was: Sequence[float | None],
    now: Sequence[float | None],
    forgotten: Sequence[str],
) -> str:
    names = [workspace.gallery.display(label) for label in range(len(was))]
    gone = set(forgotten)
    people = [
        Bar(name, "forgotten" if name in gone else "known", old, new)
        for name, old, new in zip(names, was, now, strict=True)
        if old is not None or new is not None
    ]
    people.sort(key=lambda bar: (bar.role != "forgotten", -_loss(bar), bar.title))
    harmed = sum(bar.role == "known" and _loss(bar) > 0 for bar in people)
    others = f"{harmed} of the others lost something" if harmed else "Nobody else lost anything"
    if not forgotten:
        others = f"{len(people)} people"
    return f'<p class="kr-key"><span>{others}</span></p>{"".join(map(_row, people))}'


def _loss(bar: Bar) -> float:
    return 0.0 if bar.before is None or bar.after is None else bar.before - bar.after


def _whole(share: float) -> str:
    return f"{100 * share:.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
