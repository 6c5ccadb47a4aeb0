"""One request after another: who asks on which day, a film of the days, and words to each."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo import templates
from demo.languages import translated as _
from demo.panels.attack import whose
from demo.panels.people import face
from demo.panels.scripted import scripted
from engine.audit.figures import look_up, written
from engine.erasure import METHODS
from engine.gallery import Gallery
from engine.said import joined, noted, said, said_n
from engine.service.schedule import (
    Field,
    Group,
    Moment,
    Request,
    came_back,
    paid_most,
)

FACES = 24
"""Requests up to which there is room for faces over the bars."""

UNDONE: dict[Field, str] = {
    "kr": noted(
        "Later days undid part of an earlier deletion: a probe named {name} {own} of the time "
        "right after day {day}, and {now} now ({photos})."
    ),
    "recall": noted(
        "Photos of {name} found each other first {own} of the time right after day {day}, and "
        "{now} now ({photos})."
    ),
}


def build(value: str) -> gr.HTML:
    """The panel; events `play` and `stop` are its buttons, `method` another method, `open` that its
    place is entered."""
    return scripted("schedule", "entering", value=value, session="")


def build_charts() -> dict[str, gr.Plot]:
    """The charts by name, which are not there before there is something to show."""
    return {
        f"schedule_{name}": gr.Plot(
            visible=False, show_label=False, elem_id=f"schedule-{name}", elem_classes="of-days"
        )
        for name in ("kr", "found")
    }


def render(
    gallery: Gallery,
    requests: Sequence[Request],
    moments: Sequence[Moment],
    *,
    methods: Sequence[str],
    method: str,
    running: bool = False,
    waits: str = "",
    lasts: str = "",
    more: int = 0,
) -> str:
    """The panel's HTML. `moments` are what has been played; the film needs all of them.

    `waits` says for what they wait, `lasts` how long they will take, as far as that is known, and
    `more` how many people have no room.
    """
    names = [gallery.display(label) for one in requests for label in one.people]
    done = len(moments) == len(requests) + 1 and len(requests) > 1
    whom: str = said("of {names}", names=whose(names)) if names else ""
    return templates.render(
        "schedule",
        about=names,
        whom=waits or whom,
        waits=bool(waits),
        few=len(requests) < 2,
        count=len(requests),
        methods=[(name, METHODS[name].title) for name in methods],
        method=method,
        running=running,
        lasts=lasts,
        more=more,
        begun=bool(moments),
        done=done,
        last=len(requests),
        days=json.dumps([day(gallery, requests, moments, at) for at in range(len(moments))]),
        people=_people(gallery, requests, moments) if done else [],
        end=_(ending(gallery, requests, moments)) if done else "",
    )


def _people(
    gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment]
) -> list[dict[str, Any]]:
    """Who asks on which day, where that stands along the days, and KR right after it."""
    return [
        {
            "face": face(gallery, one.people[0]) if len(requests) <= FACES else "",
            "day": at,
            "place": at / len(requests),
            "own": moments[at].requests[at - 1].kr,
        }
        for at, one in enumerate(requests, 1)
    ]


def day(
    gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment], at: int
) -> dict[str, Any]:
    """What the film shows of a day: its words, everybody's KR on it, and chance; shares 0 to 1."""
    moment = moments[at]
    return {
        "words": _(words(gallery, requests, moments[: at + 1])),
        "kr": [one.kr for one in moment.requests],
        "chance": look_up(moment.figures, "kr.chance"),
    }


def words(gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment]) -> str:
    """What the film says of the last of these moments."""
    moment = moments[-1]
    gone = _shares(moment.forgotten)
    if not moment.done:
        return said(
            "Before any request: a probe names those who will ask {named} of the time, and their "
            "photos find each other first {found} of the time.",
            **gone,
        )
    said_so_far: list[str] = [
        said(
            "Day {day}: {name} is forgotten.",
            day=moment.done,
            name=gallery.display(requests[moment.done - 1].people[0]),
        ),
        said(
            "A probe names all so far {named} of the time (chance: {chance}), and their photos "
            "still find each other first {found} of the time.",
            chance=written(look_up(moment.figures, "kr.chance"), "fraction"),
            **gone,
        ),
        said("Bystanders: {named} and {found}.", **_shares(moment.bystanders)),
    ]
    if moment.done > 1:
        count = len(came_back(moments, "kr"))
        said_so_far.append(
            said_n(
                "{count} earlier person is named more often than right after their own day.",
                "{count} earlier people are named more often than right after their own day.",
                count,
            )
            if count
            else said("No earlier person is named more often than right after their own day.")
        )
    return joined(*said_so_far)


def ending(gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment]) -> str:
    """What the last day makes of the first ones, and of who never asked."""
    out: list[str] = []
    for field, template in UNDONE.items():
        for at, (own, now) in [*came_back(moments, field).items()][:1]:
            values = {"own": written(own, "fraction"), "now": written(now, "fraction")}
            values["photos"] = said_n(
                "{count} test photo", "{count} test photos", moments[-1].requests[at].photos
            )
            name = gallery.display(requests[at].people[0])
            out.append(said(template, name=name, day=at + 1, **values))
    if not out:
        out.append(
            said("No later day made anybody easier to name or to find than right after their own.")
        )
    most = paid_most(moments)
    if most is None:
        out.append(said("No bystander is found less often than before."))
    else:
        label, was, left = most
        out.append(
            said(
                "Among the bystanders {name} pays most: found {was} of the time before, {now} now.",
                name=gallery.display(label),
                was=written(was, "fraction"),
                now=written(left, "fraction"),
            )
        )
    return joined(*out)


def _shares(group: Group) -> dict[str, str]:
    return {"found": written(group.recall, "fraction"), "named": written(group.kr, "fraction")}
