"""What a deletion of this kind does not protect against, as far as this report can say."""

from collections.abc import Mapping
from typing import Any

from engine.said import Said, joined, noted, said


def limits(document: Mapping[str, Any]) -> list[Said]:
    """Sentences for who relies on a report: what it did not try, and what no eraser can do."""
    gone = document["eraser"]["method"]
    found = [
        noted(
            "Whoever has the photos and the model as it was can compute the old features again: "
            "a map over features hides nothing from them. Copies, backups and older exports of "
            "photos, features and model have to be dealt with for themselves."
        ),
        noted(
            "Other models that have learned from the same photos, and systems that have already "
            "stored features or matches, are not touched."
        ),
        said(
            "Only the attacks listed here were tried, with the photos at hand. A better one, or "
            "one with more photos of the same people, may find more: {method} knows the enrolled "
            "photos alone, and promises nothing beyond them.",
            method=document["steps"][-1]["title"],
        ),
    ]
    if gone == "head-only":
        found.append(
            noted("This method changes the answers alone; the features are as they were before.")
        )
    if document["strangers"] is None:
        found.append(
            noted(
                "No strangers took part, so that nobody could test whether it shows that somebody "
                "was erased, nor what the same probes make of people who were never known."
            )
        )
    few = document["tested"]["forgotten"]
    if few < 30:
        found.append(
            said(
                "The figures of the forgotten rest on {count} test photos; their intervals say how "
                "far they may be off.",
                count=few,
            )
        )
    if document["asked"]["attacks"] is False:
        found.append(noted("Only the figures above were measured: no further attack was tried."))
    odd = document["gallery"]["odd"]
    if odd:
        found.append(
            said(
                "Something is odd about the photos, which may flatter or spoil figures: {what}",
                what=joined(*(one["says"] for one in odd[:3])),
            )
        )
    return found
