"""Attack it yourself: every attack's figures, its curves, and who was hurt beside the forgotten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from demo import charts
from engine.audit import METRICS
from engine.audit.base import Metric
from engine.audit.collateral import Person
from engine.audit.depth import Layer
from engine.audit.probe_strength import Strength
from engine.audit.verdict import verdict
from engine.workspace import Workspace

HERE = Path(__file__)
ATTACKS = (
    "kr",
    "knn",
    "mlp",
    "relearning",
    "verification",
    "detectability",
    "innocent",
    "collateral",
)
ROWS = (
    ("Who is it?", ("kr.forget_test", "knn.forget_test", "mlp.forget_test")),
    ("Known again after a few photos?", ("relearning.one", "relearning.five")),
    (
        "Are these two the same person?",
        (
            "verification.forget_auc",
            "verification.forget_eer",
            "verification.forget_tar_at_far_1e2",
            "verification.forget_tar_at_far_1e3",
        ),
    ),
    ("Has somebody been erased?", ("detectability.norm", "detectability.mlp")),
    ("Is an innocent taken for them?", ("innocent.forget",)),
    (
        "And everybody else?",
        (
            "kr.retain_test",
            "verification.retain_auc",
            "collateral.worst_recall_at_1",
            "collateral.similarity",
        ),
    ),
)
VERDICTS = {
    "leaks": ("●", "beyond chance"),
    "quiet": ("○", "no more than chance"),
    "unknown": ("", ""),
}
CHARTS = ("training", "penalty", "roc", "relearning", "depth")
"""The charts beside the table; the first two lie under one slider."""


@dataclass(frozen=True)
class Findings:
    """What the attacks found of the people in `names`; whatever is not done yet is empty."""

    names: tuple[str, ...] = ()
    before: Mapping[str, dict] = field(default_factory=dict)
    after: Mapping[str, dict] = field(default_factory=dict)
    people: tuple[Person, ...] | None = None
    training: Strength | None = None
    penalty: Strength | None = None
    paper: Strength | None = None
    layers: tuple[Layer, ...] | None = None


def build(value: str) -> gr.HTML:
    """The panel; events `attack` and `stop` are its two buttons."""
    return gr.HTML(
        value=value,
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="attack",
    )


def build_beside() -> dict[str, Any]:
    """The strength slider and the charts, by the names of their parts; none is there at first."""
    parts: dict[str, Any] = {
        "attack_strength": gr.HTML(
            value="", apply_default_css=False, elem_id="attack-strength", visible=False
        )
    }
    for name in CHARTS:
        parts[f"attack_{name}"] = gr.Plot(
            visible=False, show_label=False, elem_id=f"attack-{name}", elem_classes="attack-chart"
        )
    parts["attack_hurt"] = gr.HTML(
        value="",
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="attack-hurt",
        visible=False,
    )
    return parts


def beside(workspace: Workspace, found: Findings) -> dict[str, dict[str, Any]]:
    """What is shown beside the table, as updates by the names of the parts."""
    slider, hurt = _strength(found), _collateral(workspace, found)
    return {
        "attack_hurt": {"value": hurt, "visible": bool(hurt)},
        "attack_strength": {"value": slider, "visible": bool(slider)},
        **{f"attack_{name}": charts.shown(figure) for name, figure in figures(found).items()},
    }


def figures(found: Findings) -> dict[str, go.Figure]:
    """The charts by name; those of attacks that are not done are empty."""
    drawn = dict.fromkeys(CHARTS, go.Figure()) | {"roc": _roc(found)}
    if found.training is not None and found.penalty is not None:
        drawn["training"] = charts.strength(found.training, "steps of training")
        drawn["penalty"] = charts.strength(found.penalty, "boldness: L2 penalty")
    was = (found.before.get("relearning") or {}).get("curve")
    now = (found.after.get("relearning") or {}).get("curve")
    if last := now or was:
        drawn["relearning"] = charts.relearning(was if now else None, last)
    if found.layers is not None:
        drawn["depth"] = charts.depth(found.layers)
    return drawn


def render(found: Findings, *, running: bool = False) -> str:
    """The panel's HTML; Stop is ready while the attacks are `running`, and only then."""
    go, stop = (" disabled", "") if running else ("", " disabled")
    beside = " data-beside" if running or found.before else ""
    rows = "".join(_group(title, keys, found) for title, keys in ROWS)
    return f"""
<section aria-label="Attack it yourself"{beside}>
  <div class="top">
    <div><h2>Attack it yourself <small>{_whom(found)}</small></h2>
    <p class="lead">A hidden answer is not a forgotten face. Each attack asks the features, on
    photos that nobody enrolled, and is held against what the same attack does with strangers.</p>
    </div>
    <button type="button" class="chip go" data-attack{go}>Run all attacks</button>
    <button type="button" class="chip" data-stop{stop}>Stop</button>
  </div>
  <table><thead><tr><th scope="col">Attack</th><th scope="col">before → after</th>
    <th scope="col">chance</th><th scope="col"><span class="sr">Verdict</span></th></tr></thead>
    {rows}</table>
</section>"""


def _whom(found: Findings) -> str:
    if not found.names:
        return "choose or forget people first"
    who = ", ".join(found.names[:3]) + (" …" if len(found.names) > 3 else "")
    ready = "" if found.before else ", not attacked yet"
    return escape(f"on {who}{ready}")


def _group(title: str, keys: Sequence[str], found: Findings) -> str:
    rows = "".join(_row(METRICS[key], found) for key in keys if key in METRICS)
    if "relearning.one" in keys:
        rows += _photos_needed(found)
    return f'<tbody><tr><th class="group" colspan="4" scope="rowgroup">{title}</th></tr>{rows}'


def _row(metric: Metric, found: Findings) -> str:
    question, _, name = metric.key.partition(".")
    was, now = found.before.get(question, {}), found.after.get(question, {})
    last = now or was
    value = _number(last.get(name))
    old = _number(was.get(name)) if now else None
    chance = metric.ideal if metric.good == "ideal" else None
    if chance is None and metric.chance is not None:
        chance = _number(last.get(metric.chance))
    sign, words = VERDICTS[verdict(metric, last)]
    role = "known" if metric.good == "up" else "forgotten"
    figures = "–" if value is None else f"<b>{_figure(value, metric)}</b>"
    if old is not None and value is not None:
        figures = f"{_figure(old, metric)} → {figures}"
    return (
        f'<tr data-metric="{escape(metric.key)}" data-verdict="{verdict(metric, last)}" '
        f'title="{escape(_tip(metric, name, old, last))}">'
        f'<th scope="row">{escape(metric.title.partition(",")[0])}'
        f"<small>{escape(metric.help)}</small></th>"
        f'<td class="bar">{_bar(role, old, value, chance)}<span>{figures}</span></td>'
        f"<td>{'' if chance is None else _figure(chance, metric)}</td>"
        f'<td class="sign"><i aria-hidden="true">{sign}</i><span class="sr">{words}</span></td>'
        "</tr>"
    )


def _bar(role: str, old: float | None, value: float | None, chance: float | None) -> str:
    parts = ""
    if value is not None:
        parts += f'<i class="now {role}" style="width:{_share(value)}"></i>'
    if old is not None:
        parts += f'<i class="was" style="width:{_share(old)}"></i>'
    if chance is not None and value is not None:
        parts += f'<i class="chance" style="left:{_share(chance)}"></i>'
    return f'<span class="track" aria-hidden="true">{parts}</span>'


def _tip(metric: Metric, name: str, old: float | None, last: Mapping[str, Any]) -> str:
    value = _number(last.get(name))
    if value is None:
        return metric.help
    low, high = _number(last.get(f"{name}_low")), _number(last.get(f"{name}_high"))
    spread = f", 95 % interval {low:.3f} to {high:.3f}" if low is not None else ""
    was = f"before {old:.4f}, " if old is not None else ""
    good = {"down": "lower is better", "up": "higher is better"}.get(
        metric.good, f"best at {metric.ideal}"
    )
    return f"{metric.help} {was}{'now ' if was else ''}{value:.4f}{spread}; {good}."


def _strength(found: Findings) -> str:
    """Tabs, slider and words of the strength charts; the script moves the words and the cursor."""
    if found.training is None or found.penalty is None:
        return ""
    kinds = (
        ("training", "Training", found.training, "{} steps of training"),
        ("penalty", "Boldness", found.penalty, "a penalty of {}"),
    )
    tabs = "".join(
        f'<label><input type="radio" name="lethe-strength" value="{kind}" '
        f'data-curve="{escape(_curve(curve, words))}"'
        f"{' checked' if kind == 'training' else ''}><span>{title}</span></label>"
        for kind, title, curve, words in kinds
    )
    paper = ""
    if found.paper is not None:
        paper = (
            f"The ESC paper's probe (10 epochs): {_percent(found.paper.forget[0])} of the "
            f"forgotten, {_percent(found.paper.retain[0])} of the rest."
        )
    return (
        f'<h3>How hard does the attacker try?</h3><div class="tabs" role="radiogroup" '
        f'aria-label="Strength by">{tabs}</div>'
        '<input type="range" data-strength min="0" max="1" value="1" step="1" '
        'aria-label="Probe strength"><p class="words" data-words aria-live="polite"></p>'
        f'<p class="note">{paper}</p>'
    )


def _curve(curve: Strength, words: str) -> str:
    return json.dumps(
        {
            "words": words,
            "effort": [f"{one:g}" for one in curve.effort],
            "forget": [_percent(one) for one in curve.forget],
            "retain": [_percent(one) for one in curve.retain],
            "floor": [_percent(one) for one in curve.floor],
        }
    )


def _roc(found: Findings) -> go.Figure:
    was, now = found.before.get("verification"), found.after.get("verification")
    last = now or was
    if not last or not last.get("forget_roc"):
        return go.Figure()
    far = last["roc_far"]
    curves = []
    if now and was and was.get("forget_roc"):
        curves.append(
            charts.Roc(
                "forgotten, before", far, was["forget_roc"], was["forget_auc"], "forgotten", True
            )
        )
    curves.append(charts.Roc("forgotten", far, last["forget_roc"], last["forget_auc"], "forgotten"))
    if last.get("retain_roc"):
        curves.append(charts.Roc("everybody else", far, last["retain_roc"], last["retain_auc"]))
    return charts.roc(curves)


def _photos_needed(found: Findings) -> str:
    last = found.after.get("relearning") or found.before.get("relearning")
    if not last or not last.get("curve"):
        return ""
    needed = last["photos_needed"]
    words = (
        f"From {needed} {'photo' if needed == 1 else 'photos'} on, half of the others are "
        "recognised."
        if needed
        else "No number of photos at hand is enough to recognise half of the others."
    )
    return f'<tr><td class="needed" colspan="4">{words}</td></tr>'


def _collateral(workspace: Workspace, found: Findings) -> str:
    if found.people is None:
        return ""
    hurt = sum(one.recall_change < 0 for one in found.people)
    rows = "".join(_person(workspace, one) for one in found.people)
    losers = f"{hurt} {'is' if hurt == 1 else 'are'} found less often."
    nobody = losers if hurt else "Nobody is found less often."
    return (
        f'<div class="hurt"><h3>Everybody else, worst first <small>{nobody}</small></h3>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Collateral of each kept '
        'person"><table><thead><tr><th scope="col">Person</th><th scope="col">found at rank 1</th>'
        '<th scope="col">likeness to own photos</th><th scope="col">energy removed</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></div>"
    )


def _person(workspace: Workspace, one: Person) -> str:
    recall = f"{_percent(one.recall_before)} → <b>{_percent(one.recall_after)}</b>"
    close = f"{_score(one.similarity_before)} → <b>{_score(one.similarity_after)}</b>"
    sign = ' class="worse"' if one.recall_change < 0 else ""
    return (
        f'<tr{sign}><th scope="row">{escape(workspace.gallery.display(one.label))}</th>'
        f'<td>{recall}</td><td>{close}</td><td title="{one.energy_removed:.5f}">'
        f"{100 * one.energy_removed:.1f}\u202f%</td></tr>"
    )


def _figure(value: float, metric: Metric) -> str:
    return _score(value) if metric.unit == "score" else _percent(value)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}\u202f%"


def _share(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.1f}%"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
