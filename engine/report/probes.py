"""The paper's weak probe beside the converged one, and what the difference does to a verdict."""

from collections.abc import Mapping
from typing import Any

from engine.audit.figures import Figures, look_up, written
from engine.said import Said, joined, noted, said

APART = 0.1
"""Shares that differ by less tell the same story."""


def weak_and_converged(
    before: Mapping[str, dict], after: Mapping[str, dict]
) -> dict[str, Any] | None:
    """Both probes' figures of the forgotten and the rest, and why the choice between them matters.

    None where either was not asked, or nobody forgotten has a test photo.
    """
    sides = {
        name: {
            f"{whom}_{when}": look_up(figures, f"{name}.{whom}_test")
            for whom in ("forget", "retain")
            for when, figures in (("before", before), ("after", after))
        }
        for name in ("kr_paper", "kr")
    }
    if any(value is None for side in sides.values() for value in side.values()):
        return None
    return {
        "paper": sides["kr_paper"],
        "converged": sides["kr"],
        "chance": look_up(after, "kr.chance"),
        "says": _why(before, after),
    }


def _why(before: Figures, after: Figures) -> Said:
    """Why the choice of a probe matters here; every sentence holds for these very figures."""
    weak = {key: look_up(before, f"kr_paper.{key}_test") or 0.0 for key in ("forget", "retain")}
    full = {key: look_up(before, f"kr.{key}_test") or 0.0 for key in ("forget", "retain")}
    weak_now = look_up(after, "kr_paper.forget_test") or 0.0
    full_now = look_up(after, "kr.forget_test") or 0.0
    blind = full["retain"] - weak["retain"] > APART or full["forget"] - weak["forget"] > APART
    parts: list[Said] = []
    if blind:
        parts.append(
            said(
                "Before anything was erased, when all of it was there to be found, the paper's "
                "probe found the people to forget in {weak} of their test photos and everybody "
                "else in {weak_rest}, the converged probe in {full} and {full_rest}.",
                weak=written(weak["forget"], "fraction", exact=True),
                weak_rest=written(weak["retain"], "fraction", exact=True),
                full=written(full["forget"], "fraction", exact=True),
                full_rest=written(full["retain"], "fraction", exact=True),
            )
        )
        parts.append(
            noted(
                "Ten short rounds of training hardly move it from where it starts on features of "
                "length one, so what it does not find is no proof that nothing is there."
            )
        )
    else:
        parts.append(
            noted(
                "Before anything was erased both probes knew these people about equally well, so "
                "that here the paper's probe does measure something."
            )
        )
    values = {
        "weak": written(weak_now, "fraction", exact=True),
        "full": written(full_now, "fraction", exact=True),
    }
    if full_now - weak_now > APART:
        parts.append(
            said(
                "After the deletion it reports {weak} and the converged probe {full}: who reads "
                "the weak one alone would call forgotten what a better one still knows.",
                **values,
            )
        )
    elif weak_now - full_now > APART:
        parts.append(
            said(
                "After the deletion it reports {weak}, more than the converged probe's {full}; "
                "the larger of the two is what an attacker has.",
                **values,
            )
        )
    else:
        parts.append(
            said(
                "After the deletion both report about the same ({weak} and {full}), but only the "
                "converged one would have seen more.",
                **values,
            )
            if blind
            else said("After the deletion both report about the same ({weak}, {full}).", **values)
        )
    parts.append(noted("The verdict above rests on the converged probe."))
    return joined(*parts)
