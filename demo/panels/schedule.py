"""One request after another: who asks on which day, a film of the days, and words to each."""

import json
from collections.abc import Sequence

import gradio as gr

from demo import templates
from demo.languages import translated as _
from demo.panels.attack import whose
from demo.panels.people import face
from demo.panels.scripted import scripted
from engine.audit.figures import look_up, written
from engine.erasure import METHODS
from engine.gallery import Gallery
from engine.said import joined, said
from engine.service.schedule import Group, Moment, Request, came_back, paid_most

FACES = 24
"""Requests up to which there is room for faces along the days."""


def build(value: str) -> gr.HTML:
    """The panel; events `play` and `stop` are its buttons, `method` another method, `open` that its
    place is entered."""
    return scripted("schedule", value=value, session="")


def build_chart() -> gr.Plot:
    """The chart, which is not there before there is something to show."""
    return gr.Plot(visible=False, show_label=False, elem_id="schedule-chart")


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

    `lasts` says how long it will take, as far as that is known, `more` how many people have no
    room.
    """
    names = [gallery.display(label) for one in requests for label in one.people]
    done = len(moments) == len(requests) + 1 and len(requests) > 1
    whom: str = said("of {names}", names=whose(names)) if names else ""
    return templates.render(
        "schedule",
        whom=waits or whom,
        few=len(requests) < 2,
        count=len(requests),
        methods=[(name, METHODS[name].title) for name in methods],
        method=method,
        running=running,
        lasts=lasts,
        more=more,
        done=done,
        begun=bool(moments),
        last=len(requests),
        days=json.dumps([_(words(gallery, requests, moments, at)) for at in range(len(moments))])
        if done
        else "[]",
        people=[
            {
                "name": gallery.display(one.people[0]),
                "face": face(gallery, one.people[0]),
                "at": at / len(requests),
                "day": at,
            }
            for at, one in enumerate(requests, 1)
        ]
        if done and len(requests) <= FACES
        else [],
        end=_(ending(gallery, requests, moments)) if done else "",
    )


def words(gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment], at: int) -> str:
    """What a day of the film says."""
    moment = moments[at]
    rest, gone = _shares(moment.bystanders), _shares(moment.forgotten)
    floor = written(look_up(moment.figures, "kr.chance"), "fraction")
    if not at:
        return said(
            "Before any request: a photo of those who will ask finds another of the same person "
            "first {found} of the time.",
            found=gone["found"],
        )
    who = gallery.display(requests[at - 1].people[0])
    day = said("Day {day}: {name} is forgotten.", day=at, name=who)
    known = said(
        "All so far are found first {found} of the time and named by a probe {named} of the time "
        "(chance: {chance}); bystanders {rest_found} and {rest_named}.",
        **gone,
        rest_found=rest["found"],
        rest_named=rest["named"],
        chance=floor,
    )
    return joined(day, known)


def ending(gallery: Gallery, requests: Sequence[Request], moments: Sequence[Moment]) -> str:
    """What the last day makes of the first ones, and of who never asked."""
    back = came_back(moments)
    if back:
        at = max(back, key=lambda one: back[one][1] - back[one][0])
        own, later = (written(one, "fraction") for one in back[at])
        first = said(
            "Later days undid part of an earlier one: {name} was found {own} of the time right "
            "after day {day}, and is {now} now.",
            name=gallery.display(requests[at].people[0]),
            own=own,
            day=at + 1,
            now=later,
        )
    else:
        first = said("No later day made anybody easier to find than right after their own.")
    most = paid_most(moments)
    if most is None:
        return joined(first, said("No bystander is found less often than before."))
    label, was, now = most
    pays = said(
        "Among the bystanders {name} pays most: found {was} of the time before, {now} now.",
        name=gallery.display(label),
        was=written(was, "fraction"),
        now=written(now, "fraction"),
    )
    return joined(first, pays)


def _shares(group: Group) -> dict[str, str]:
    return {"found": written(group.recall, "fraction"), "named": written(group.kr, "fraction")}
