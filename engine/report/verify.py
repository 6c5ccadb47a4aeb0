"""A report run again, in its order, of the same people by the same methods."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.errors import LetheError
from engine.opening import open_workspace
from engine.progress import Watch, ignore
from engine.report.evidence import Wanted, gather, measure
from engine.report.files import as_text, plain
from engine.report.whole import whole
from engine.said import listed, said
from engine.service.schedule import Request, as_data, play
from engine.service.service import Service
from engine.service.visit import Visit
from engine.store import Store
from engine.workspace import Workspace


def reopen(
    document: Mapping[str, Any],
    *,
    faces: str | None = None,
    backbone: str | None = None,
    strangers: str | None = None,
    watch: Watch = ignore,
    store: Store | None = None,
) -> tuple[Workspace, dict[str, Any]]:
    """The workspace that a report was made from, and how it was opened.

    The named ones stand in for what has moved since. Raises `LetheError` as `open_workspace` does,
    and where photos or model were handed to a page, which kept nothing of them.
    """
    given = dict(document["inputs"])
    moved = {"faces": faces, "backbone": backbone, "strangers": strangers}
    given |= {name: value for name, value in moved.items() if value is not None}
    if given["faces"] is None:
        raise LetheError(
            said("The photos of this report were handed to a page and kept nowhere: give --faces.")
        )
    if given["backbone"] is None:
        raise LetheError(
            said("The model of this report was handed to a page and kept nowhere: give --backbone.")
        )
    return open_workspace(**given, watch=watch, store=store), given


def redo(document: Mapping[str, Any], workspace: Workspace, watch: Watch = ignore) -> Visit:
    """A visit with a report's deletions made again, in their order.

    Raises `LetheError` for somebody who is not in the gallery, and as `Visit.forget` does.
    """
    visit = Visit(Service(), workspace)
    places = {name: label for label, name in enumerate(workspace.gallery.identities)}
    lost = [name for step in document["steps"] for name in step["forget"] if name not in places]
    if lost:
        raise LetheError(
            said(
                "{names} of this report cannot be found in {gallery}; open the photos that it was "
                "made from.",
                names=listed(lost),
                gallery=workspace.gallery.name,
            )
        )
    for step in document["steps"]:
        labels = [places[name] for name in step["forget"]]
        visit.forget(labels, step["method"], step["options"], watch)
    return visit


def again(
    document: Mapping[str, Any],
    workspace: Workspace,
    inputs: Mapping[str, Any],
    watch: Watch = ignore,
) -> dict[str, Any]:
    """The report made anew from a workspace, of the same people by the same methods."""
    asked = document["asked"]
    wanted = Wanted(
        questions=tuple(asked["questions"]),
        attacks=bool(asked["attacks"]),
        depths=bool(asked["depths"]),
        curve=bool(asked["curve"]),
        compare=None if asked["compare"] is None else tuple(asked["compare"]),
    )
    visit = redo(document, workspace, watch)
    measured = measure(visit, wanted.questions, watch)
    made = whole(visit, measured, gather(visit, wanted, watch), wanted, inputs)
    if "schedule" in document:
        made["schedule"] = plain(_played(document["schedule"], visit, watch))
    return json.loads(as_text(made))


def _played(told: Sequence[Mapping[str, Any]], done: Visit, watch: Watch) -> list[dict[str, Any]]:
    """The schedule of a report played again, through the service of the visit that is done.

    What is asked after each request may be less than in the end, whose page has every attack.
    """
    places = {name: label for label, name in enumerate(done.workspace.gallery.identities)}
    requests = [
        Request(
            tuple(places[name] for name in one["forget"]),
            one["method"],
            one["options"],
            None if one["date"] is None else date.fromisoformat(one["date"]),
        )
        for one in told
        if one["forget"]
    ]
    questions = tuple(told[0]["metrics"])
    moments = list(play(Visit(done.service, done.workspace), requests, watch, questions))
    return as_data(requests, moments, done.workspace.gallery)
