"""A live camera in "Who is this?": whom the model knows in it, before and after, side by side."""

from typing import Any

import gradio as gr

from demo import templates
from demo.languages import translated
from demo.panels.scripted import scripted
from engine.audit.figures import written
from engine.said import noted, said
from engine.service.asking import Answer, Asked
from engine.workspace import Workspace

NOBODY = noted("No face is seen; look into the camera.")
RENDERED = noted(
    "mini was trained on rendered people alone; for photos of real ones choose the backbone dlib."
)


def build() -> gr.HTML:
    """The panel, out of sight until the document's event `lethe:live`; it takes the place of `who`.

    Frames go in by the door of `demo.uploads`, for which `session` names the visitor.
    """
    return scripted(
        "live",
        "connected",
        elem_classes="lethe-panel",
        markup=templates.render("live"),
        session="",
    )


def told(workspace: Workspace, asked: Asked | None, remark: str = "") -> dict[str, Any]:
    """What the page shows of one frame: a line each side; `asked` is None where it shows nobody.

    `after` is None before the first deletion.
    """
    name = workspace.backbone.name
    from_ = said(
        "Known from a similarity of {score} on.", score=written(workspace.threshold, "score")
    )
    both: dict[str, Any] = {"before": None, "after": None}
    if asked is not None:
        both = {"before": _before(workspace, asked.before), "after": _after(workspace, asked)}
    return {
        **both,
        "from": from_,
        "note": RENDERED if name.startswith("mini") else "",
        "remark": NOBODY if asked is None else _sentence(remark),
    }


def _before(workspace: Workspace, before: Answer) -> dict[str, str]:
    if before.hits[0].accepted:
        return _line(workspace, before, noted("known as"), "known")
    return _line(workspace, before, noted("a stranger"), "stranger")


def _after(workspace: Workspace, asked: Asked) -> dict[str, str] | None:
    if asked.after is None:
        return None
    was, now = asked.before.hits[0], asked.after.hits[0]
    if not now.accepted:
        tone = "forgotten" if was.accepted else "stranger"
        return _line(workspace, asked.after, noted("a stranger"), tone)
    if was.accepted and now.label == was.label:
        words = noted("still known as") if now.label in asked.forgotten else noted("known as")
        return _line(workspace, asked.after, words, "known")
    tone = "known" if now.label in asked.forgotten else "innocent"
    return _line(workspace, asked.after, noted("taken for"), tone)


def _line(workspace: Workspace, answer: Answer, words: str, tone: str) -> dict[str, str]:
    first = answer.hits[0]
    return {
        "words": words,
        "name": workspace.gallery.display(first.label) if first.accepted else "",
        "score": written(first.similarity, "score"),
        "tone": tone,
    }


def _sentence(remark: str) -> str:
    remark = translated(remark)
    return f"{remark[0].upper()}{remark[1:]}." if remark else ""
