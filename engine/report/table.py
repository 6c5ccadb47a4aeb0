"""Before and after as a table for a terminal."""

from collections.abc import Mapping

from engine.audit import metrics
from engine.audit.figures import chance_of, direction, look_up, written
from engine.audit.sample import words
from engine.said import said


def table(before: Mapping[str, dict], after: Mapping[str, dict]) -> str:
    """Before and after side by side, with the chance level, what it is, and the good direction."""
    rows: list[tuple[str, ...]] = [("", "before", "after", "chance", "", "")]
    for key, metric in metrics().items():
        if metric.question not in after:
            continue
        chance, word = chance_of(metric, after[metric.question])
        shown = (look_up(before, key), look_up(after, key), chance)
        cells = (written(value, metric.unit, exact=True) for value in shown)
        rows.append((metric.title, *cells, word, direction(metric)))
    widths = [max(len(row[at]) for row in rows) for at in range(6)]
    lines = [
        "  ".join(
            cell.ljust(width) if at in (0, 4, 5) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    kr = after.get("kr", {})
    if some := words(kr, len(kr.get("per_identity", ()))):
        lines.append(said("Probes were fitted {some}, all the forgotten among them.", some=some))
    return "\n".join(lines)
