"""What one request after another came to, in sentences that hold for good and for bad figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.audit.figures import written
from engine.gallery import Gallery, counted
from engine.said import listed
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
    out = []
    easier = ("find: found first", came_back(moments)), ("name: named", came_back(moments, "kr"))
    for how, back in easier:
        for at, (own, last) in [*back.items()][:WORST]:
            who = listed([gallery.display(label) for label in requests[at].people])
            photos = counted(moments[-1].requests[at].photos, "test photo")
            out.append(
                f"Later deletions made {who} easier to {how} {share(own)} of the time right after "
                f"their own, {share(last)} now ({photos})."
            )
        if len(back) > WORST:
            out.append(f"The same is true, by less, of {len(back) - WORST} requests more.")
    if not out:
        out.append(
            "No later deletion made anybody easier to find or to name than right after their own."
        )
    if (most := paid_most(moments)) is None:
        out.append("No bystander is found less often than before the first.")
    else:
        label, was, now = most
        out.append(
            f"{gallery.display(label)} pays most among the bystanders: found {share(was)} of the "
            f"time before the first request, {share(now)} now."
        )
    return out


def share(value: float | None) -> str:
    """A share in percent as a report writes it."""
    return written(value, "fraction", exact=True)
