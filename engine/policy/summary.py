"""Verdicts as Markdown, for the page on which a host shows what a pipeline did."""

from collections.abc import Sequence

from engine.policy.base import OUTCOMES, Judged, Limit, Verdict

NAMED = 20
"""People who are named below a limit at most; the other formats have everybody."""


def summary(judged: Judged, verdict: str) -> str:
    """A heading, the limits as a table, who broke a limit on each person, and what was judged.

    `verdict` is what the audit says in words.
    """
    limits = judged.policy.limits
    broken = sum(not all(one.good for one in judged.of(limit)) for limit in limits)
    said = "passed" if not broken else f"not passed, {broken} of {len(limits)} limits not kept"
    lines = [f"## {_text(judged.policy.name)}: {said}", "", _text(verdict), ""]
    lines += ["| Figure | before | after | asked for | |", "|---|--:|--:|---|---|"]
    lines += [_row(limit, judged.of(limit)) for limit in limits]
    for limit in limits:
        lines += _people(limit, judged.of(limit))
    lines += ["", *(f"- {_text(name)}: {_text(value)}" for name, value in judged.facts.items())]
    return "\n".join(lines) + "\n"


def _row(limit: Limit, found: Sequence[Verdict]) -> str:
    before = after = ""
    if not limit.each:
        before, after = limit.told(found[0].before), limit.told(found[0].after)
    figure = f"{limit.figure}, each person" if limit.each else limit.figure
    cells = (figure, before, after, limit.asks, _outcome(limit, found))
    return f"| {' | '.join(_text(one) for one in cells)} |"


def _outcome(limit: Limit, found: Sequence[Verdict]) -> str:
    if not limit.each:
        return OUTCOMES[found[0].outcome]
    counts = {name: sum(one.outcome == name for one in found) for name in OUTCOMES}
    return ", ".join(f"{count} {OUTCOMES[name]}" for name, count in counts.items() if count)


def _people(limit: Limit, found: Sequence[Verdict]) -> list[str]:
    bad = [one for one in found if not one.good]
    if not limit.each or not bad:
        return [] if not bad or bad[0].outcome == "failed" else ["", _text(bad[0].says)]
    more = [f"- and {len(bad) - NAMED} more"] if len(bad) > NAMED else []
    told = [f"- {_text(one.says)}" for one in bad[:NAMED]]
    return ["", f"**{_text(limit.title)}**", "", *told, *more]


def _text(words: str) -> str:
    """Words without what Markdown, a table or HTML would make of their signs."""
    plain = " ".join(words.split()).replace("\\", "\\\\")
    for sign in "|*_`[]#~":
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("&", "&amp;").replace("<", "&lt;")
