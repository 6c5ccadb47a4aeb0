"""Figures in, verdicts out. What was not measured, or on too few photos, is never passed."""

import math
from collections.abc import Iterator

from engine.audit.figures import by_person, chance_of, look_up
from engine.policy.base import Evidence, Limit, Outcome, Policy, Verdict

ROUNDING = 1e-9
"""What is so close to a limit is at the limit: 1 - 0.8 is less than 0.2 in binary."""


def judge(policy: Policy, evidence: Evidence) -> tuple[Verdict, ...]:
    """A verdict a limit, and one a person for limits on each; in the policy's order."""
    return tuple(one for limit in policy.limits for one in _verdicts(limit, evidence))


def _verdicts(limit: Limit, evidence: Evidence) -> Iterator[Verdict]:
    people = [
        label
        for label in range(len(evidence.names))
        if (label in evidence.forgotten) is not limit.of_rest
    ]
    sides = evidence.before, evidence.after
    if not limit.each:
        before, after = (look_up(one, limit.metric.key) for one in sides)
        photos = sum(evidence.tests[label] for label in people)
        yield _verdict(limit, evidence, before, after, photos)
        return
    was, now = (dict(enumerate(by_person(one, limit.metric))) for one in sides)
    for label in people:
        photos, name = evidence.tests[label], evidence.names[label]
        yield _verdict(limit, evidence, was.get(label), now.get(label), photos, name)


def _verdict(
    limit: Limit,
    evidence: Evidence,
    before: float | None,
    after: float | None,
    photos: int,
    person: str = "",
) -> Verdict:
    figure = ", ".join((limit.metric.name, person)) if person else limit.figure
    reference = _reference(limit, evidence, before)
    value = _value(limit, after, reference)
    if value is None or photos < limit.min_test_photos:
        outcome: Outcome = "skipped" if limit.skip else "unmeasured"
        says = f"{figure} {_lacks(limit, after, value, photos)}."
        return Verdict(limit, outcome, says, value, before, after, person)
    kept = (
        value >= limit.limit - ROUNDING
        if limit.good == "up" and not limit.over
        else value <= limit.limit + ROUNDING
    )
    beside = {"before": " and was {}", "chance": " where chance is {}"}.get(limit.over, "")
    says = f"{figure} is {limit.told(after)}{beside.format(limit.told(reference))}"
    says += f"; {limit.asks} is asked for."
    return Verdict(limit, "passed" if kept else "failed", says, value, before, after, person)


def _reference(limit: Limit, evidence: Evidence, before: float | None) -> float | None:
    if limit.over == "before":
        return before
    if limit.over == "chance":
        return chance_of(limit.metric, evidence.after.get(limit.metric.question, {}))[0]
    return limit.metric.ideal if limit.good == "ideal" else 0.0


def _value(limit: Limit, after: float | None, reference: float | None) -> float | None:
    """What is held against the limit, None where it cannot be told."""
    if after is None or reference is None or not math.isfinite(after - reference):
        return None
    if limit.good == "ideal":
        return abs(after - reference)
    if limit.over == "before" and limit.good == "up":
        return reference - after
    return after - reference


def _lacks(limit: Limit, after: float | None, value: float | None, photos: int) -> str:
    if after is None or not math.isfinite(after):
        return "could not be measured"
    if value is None:
        level = "the figure before" if limit.over == "before" else "chance"
        return f"could not be held against {level}, which is not known"
    few = "1 test photo" if photos == 1 else f"{photos} test photos"
    return f"rests on {few}; at least {limit.min_test_photos} are asked for"
