"""What one request after another came to, in sentences that hold for good and for bad figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.audit.figures import written
from engine.gallery import Gallery, counted
from engine.said import listed, noted, said, said_n
from engine.service.schedule import Moment, Request, as_data, came_back, paid_most

WORST = 3
"""Requests that are said to have been undone in part; the JSON has all."""


def told(
    requests: Sequence[Request], moments: Sequence[Moment], gallery: Gallery
) -> Mapping[str, Any]:
    """What a report has of a schedule, in JSON's types and as sentences."""
    return {
        "schedule": as_data(requests, moments, gallery),
        "schedule_says": sentences(requests, moments, gallery),
    }


def sentences(
    requests: Sequence[Request], moments: Sequence[Moment], gallery: Gallery
) -> list[str]:
    """Whose deletion later ones undid in part, and which bystander paid most."""
    out: list[str] = []
    easier = (
        (
            noted(
                "Later deletions made {who} easier to find: found first {own} of the time right "
                "after their own, {last} now ({photos})."
            ),
            came_back(moments),
        ),
        (
            noted(
                "Later deletions made {who} easier to name: named {own} of the time right after "
                "their own, {last} now ({photos})."
            ),
            came_back(moments, "kr"),
        ),
    )
    for sentence, back in easier:
        for at, (own, last) in [*back.items()][:WORST]:
            who = listed([gallery.display(label) for label in requests[at].people])
            photos = counted(moments[-1].requests[at].photos, "test photo")
            out.append(said(sentence, who=who, own=share(own), last=share(last), photos=photos))
        if len(back) > WORST:
            out.append(
                said_n(
                    "The same is true, by less, of one request more.",
                    "The same is true, by less, of {count} requests more.",
                    len(back) - WORST,
                )
            )
    if not out:
        out.append(
            noted(
                "No later deletion made anybody easier to find or to name than right after their "
                "own."
            )
        )
    if (most := paid_most(moments)) is None:
        out.append(noted("No bystander is found less often than before the first."))
    else:
        label, was, now = most
        out.append(
            said(
                "{who} pays most among the bystanders: found {was} of the time before the first "
                "request, {now} now.",
                who=gallery.display(label),
                was=share(was),
                now=share(now),
            )
        )
    return out


def share(value: float | None) -> str:
    """A share in percent as a report writes it."""
    return written(value, "fraction", exact=True)
