"""Attack it yourself: every attack's figures, its curves, and who was hurt beside the forgotten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from demo import charts, templates
from demo.glossary import key_of
from demo.languages import translated as _
from demo.panels.scripted import scripted
from engine.audit import metrics
from engine.audit.base import ASPECTS, Aspect, Metric
from engine.audit.figures import in_full, level_of, look_up, written
from engine.audit.probe_strength import Strength
from engine.audit.verdict import verdict
from engine.said import noted, said, said_n
from engine.service.attacks import Findings
from engine.workspace import Workspace

HERE = Path(__file__)
VERDICTS = {
    "leaks": ("●", noted("beyond chance")),
    "quiet": ("○", noted("no more than chance")),
    "unknown": ("", ""),
}
CHARTS = ("training", "penalty", "roc", "relearning", "depth")
"""The charts beside the table; the first two lie under one slider."""


def build(value: str) -> gr.HTML:
    """The panel; events `attack` and `stop` are its buttons, `open` that its place is entered."""
    return scripted(
        "attack",
        "entering",
        value=value,
        session="",
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


def figures(found: Findings) -> dict[str, go.Figure | None]:
    """The charts by name, None for those of attacks that are not done."""
    drawn = dict.fromkeys(CHARTS) | {"roc": _roc(found)}
    if found.training is not None and found.penalty is not None:
        drawn["training"] = charts.strength(found.training, _("steps of training"))
        drawn["penalty"] = charts.strength(found.penalty, _("boldness: L2 penalty"))
    was = (found.before.get("relearning") or {}).get("curve")
    now = (found.after.get("relearning") or {}).get("curve")
    if last := now or was:
        drawn["relearning"] = charts.relearning(was if now else None, last)
    if found.layers is not None:
        drawn["depth"] = charts.depth(found.layers)
    return drawn


def render(
    names: Sequence[str],
    found: Findings,
    *,
    running: bool = False,
    waits: str = "",
    depths: bool = False,
) -> str:
    """The panel's HTML about the people of these names.

    Stop is ready while the attacks are `running`, and only then. `waits` says for how many.
    `depths` says that the network's layers are still to be asked.
    """
    groups: dict[Aspect, list[dict[str, Any]]] = {aspect: [] for aspect in ASPECTS}
    for metric in metrics().values():
        if metric.aspect is not None:
            groups[metric.aspect].append(_row(metric, found))
    return templates.render(
        "attack",
        about=names,
        whom=waits or _whom(names, found),
        groups=[(ASPECTS[aspect], rows) for aspect, rows in groups.items() if rows],
        needed=_photos_needed(found),
        running=running,
        nobody=not names,
        go=_go(names, found, depths),
        beside=running or bool(found.before),
    )


def _go(names: Sequence[str], found: Findings, depths: bool) -> str:
    """What the button does next; empty where nothing is left to do."""
    if not names:
        return ""
    if found.training is None or found.penalty is None:
        return noted("Run all attacks")
    return noted("Ask every layer, too") if depths else ""


def _whom(names: Sequence[str], found: Findings) -> str:
    if not names:
        return ""
    who = whose(names)
    if not found.before:
        return said("on {names}, not attacked yet", names=who)
    return said("on {names}", names=who)


def whose(names: Sequence[str]) -> str:
    """The first three of these names."""
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _row(metric: Metric, found: Findings) -> dict[str, Any]:
    full = in_full(metric, found.before, found.after or None)
    last = found.after or found.before
    sign, words = VERDICTS[verdict(metric, last.get(metric.question, {}))]
    return {
        "key": metric.key,
        "question": metric.question,
        "word": key_of(metric.name),
        "title": metric.name,
        "help": metric.help,
        "unit": metric.unit,
        "full": said("Exactly: {figures}.", figures=full) if full else "",
        "value": look_up(last, metric.key),
        "old": look_up(found.before, metric.key) if found.after else None,
        "chance": level_of(metric, last.get(metric.question, {})),
        "role": "known" if metric.good == "up" else "forgotten",
        "verdict": verdict(metric, last.get(metric.question, {})),
        "sign": sign,
        "words": words,
    }


def _strength(found: Findings) -> str:
    """Tabs, slider and words of the strength charts; the script moves the words and the cursor."""
    if found.training is None or found.penalty is None:
        return ""
    kinds = (
        ("training", noted("Training"), found.training, noted("{effort} steps of training")),
        ("penalty", noted("Boldness"), found.penalty, noted("a penalty of {effort}")),
    )
    return templates.render(
        "attack_strength",
        tabs=[
            {"kind": kind, "title": title, "curve": _curve(curve, words)}
            for kind, title, curve, words in kinds
        ],
        paper=found.paper,
    )


def _curve(curve: Strength, words: str) -> str:
    return json.dumps(
        {
            "words": _(words),
            "effort": [f"{one:g}" for one in curve.effort],
            "forget": [written(one, "fraction") for one in curve.forget],
            "retain": [written(one, "fraction") for one in curve.retain],
            "floor": [written(one, "fraction") for one in curve.floor],
        }
    )


def _roc(found: Findings) -> go.Figure | None:
    was, now = found.before.get("verification"), found.after.get("verification")
    last = now or was
    if not last or not last.get("forget_roc"):
        return None
    far = last["roc_far"]
    curves = []
    if now and was and was.get("forget_roc"):
        before = _("the forgotten, before")
        curves.append(
            charts.Roc(before, far, was["forget_roc"], was["forget_auc"], "forgotten", before=True)
        )
    curves.append(
        charts.Roc(_("the forgotten"), far, last["forget_roc"], last["forget_auc"], "forgotten")
    )
    if last.get("retain_roc"):
        curves.append(charts.Roc(_("everybody else"), far, last["retain_roc"], last["retain_auc"]))
    return charts.roc(curves)


def _photos_needed(found: Findings) -> str:
    last = found.after.get("relearning") or found.before.get("relearning")
    if not last or not last.get("curve"):
        return ""
    needed = last["photos_needed"]
    if not needed:
        return noted("No number of photos at hand is enough to recognise half of the others.")
    return said_n(
        "From {count} photo on, half of the others are recognised.",
        "From {count} photos on, half of the others are recognised.",
        needed,
    )


def _collateral(workspace: Workspace, found: Findings) -> str:
    if found.people is None:
        return ""
    return templates.render(
        "attack_hurt",
        hurt=sum(one.recall_change < 0 for one in found.people),
        people=[(workspace.gallery.display(one.label), one) for one in found.people],
    )
