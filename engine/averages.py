"""Means and spreads of a comparison, and its table in Markdown."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.audit import Metric
from engine.audit.figures import averaged, direction
from engine.compare import Row, columns


@dataclass(frozen=True)
class Summary:
    """A method on sets of `people` people: mean and standard deviation over `runs` sets."""

    method: str
    title: str
    people: int
    runs: int
    mean: Mapping[str, float | None]
    spread: Mapping[str, float | None]
    errors: tuple[str, ...] = ()


def summarise(rows: Iterable[Row]) -> list[Summary]:
    """Means and standard deviations by method and number of people, in the order of the rows."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((len(row.forget), row.method), []).append(row)
    out = []
    for (people, method), mine in groups.items():
        good = [row for row in mine if row.error is None]
        keys = good[0].figures if good else ()
        table = {
            key: [value for row in good if (value := row.figures[key]) is not None] for key in keys
        }
        out.append(
            Summary(
                method,
                mine[0].title,
                people,
                len(good),
                {key: _mean(values) for key, values in table.items()},
                {key: _deviation(values) for key, values in table.items()},
                tuple(dict.fromkeys(row.error for row in mine if row.error is not None)),
            )
        )
    return out


def markdown(summaries: Sequence[Summary]) -> str:
    """A table for each number of people; floors stand in brackets behind their figures."""
    blocks = []
    for people in dict.fromkeys(one.people for one in summaries):
        mine = [one for one in summaries if one.people == people]
        runs = max(one.runs for one in mine)
        sets = "1 set" if runs == 1 else f"{runs} sets"
        who = "1 person" if people == 1 else f"{people} people"
        lines = [
            f"### {who} forgotten, {sets}",
            "",
            "| method | " + " | ".join(one.column for one in columns()) + " |",
            "|---|" + "---:|" * len(columns()),
        ]
        for one in mine:
            if not one.runs:
                lines.append(
                    f"| {one.title} | {'; '.join(one.errors)} |" + " |" * (len(columns()) - 1)
                )
                continue
            cells = (_cell(one, metric) for metric in columns())
            lines.append(f"| {one.title} | " + " | ".join(cells) + " |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def legend() -> str:
    """What each column says and which way is good, as a Markdown list."""
    return "\n".join(
        f"- **{one.column}**: {one.help} "
        f"({direction(one)}{', chance in brackets' if one.floor else ''})"
        for one in columns()
    )


def _cell(one: Summary, metric: Metric) -> str:
    floor = one.mean.get(metric.floor) if metric.floor else None
    return averaged(metric, one.mean.get(metric.key), one.spread.get(metric.key), floor)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    centre = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((one - centre) ** 2 for one in values) / (len(values) - 1))
