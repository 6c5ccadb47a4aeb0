"""All methods on the same people: a row each as it is ready, then means and spreads."""

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.audit import QUESTIONS, audit
from engine.backbones import Backbone, load_backbone
from engine.erasure import METHODS
from engine.errors import Cancelled, LetheError
from engine.progress import Progress, Watch, ignore
from engine.store import default_store
from engine.workspace import State, Workspace, start, through

ORIGINAL = "original"
"""The row of the model as it was, which every method is to be compared with."""

RETRAINED = "retrained"
"""The row of a backbone that never saw the people to forget, where there is one: the reference."""

LEFT_OUT = {"mini": "mini-without-five"}
"""Backbone -> the same backbone trained without some of the people."""

ASKED = ("kr", "mlp", "knn", "retrieval", "detectability", "innocent")


@dataclass(frozen=True)
class Column:
    """A figure of the comparison: `good` as in `Metric`, `floor` the figure that is its chance."""

    key: str
    title: str
    help: str
    good: str
    floor: str | None = None
    ideal: float | None = None
    unit: str = "fraction"


COLUMNS: tuple[Column, ...] = (
    Column(
        "known",
        "Known",
        "What the strongest probe (KR, MLP or kNN) knows of the forgotten beyond its chance level; "
        "0 is like a stranger.",
        "down",
    ),
    Column(
        "kr.forget_test",
        "KR",
        "Test photos of the forgotten that a fresh linear probe names.",
        "down",
        "kr.chance",
    ),
    Column(
        "mlp.forget_test",
        "MLP probe",
        "Test photos of the forgotten that an MLP probe names.",
        "down",
        "mlp.chance",
    ),
    Column(
        "knn.forget_test",
        "kNN probe",
        "Test photos of the forgotten that a nearest-neighbour probe names.",
        "down",
        "knn.chance",
    ),
    Column(
        "retrieval.forget_recall_at_1",
        "R@1",
        "Test photos of the forgotten whose best match is a photo of the same person.",
        "down",
        "retrieval.chance_forgotten",
    ),
    Column(
        "retrieval.forget_map",
        "mAP",
        "How well a photo of the forgotten finds all their photos.",
        "down",
        "retrieval.chance_forgotten",
        unit="score",
    ),
    Column(
        "detectability.norm",
        "Norm det.",
        "AUC of telling the forgotten from strangers by length alone.",
        "ideal",
        ideal=0.5,
        unit="score",
    ),
    Column(
        "detectability.mlp",
        "MLP det.",
        "AUC of telling the forgotten from strangers by a trained detector.",
        "ideal",
        ideal=0.5,
        unit="score",
    ),
    Column(
        "innocent.forget",
        "Innocent",
        "Forgotten photos accepted as a person who was kept.",
        "down",
        "innocent.strangers",
    ),
    Column("kr.retain_test", "Rest KR", "KR of everybody else.", "up"),
    Column("retrieval.retain_recall_at_1", "Rest R@1", "recall@1 of everybody else.", "up"),
    Column("seconds", "Seconds", "Time to fit the eraser.", "down", unit="seconds"),
)


@dataclass(frozen=True)
class Row:
    """One method on one set of people. `error` says why there are no figures."""

    method: str
    title: str
    forget: tuple[int, ...]
    seed: int
    figures: Mapping[str, float | None] = field(default_factory=dict)
    metrics: Mapping[str, dict] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str | None = None


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


def available(workspace: Workspace) -> tuple[str, ...]:
    """The methods that this backbone and these strangers allow, in the registry's order."""
    has = {
        "model": workspace.trainable is not None,
        "reference": workspace.strangers is not None,
    }
    return tuple(
        name for name, method in METHODS.items() if all(has[need] for need in method.needs)
    )


def lineup(workspace: Workspace, forget: tuple[int, ...]) -> tuple[str, ...]:
    """All rows of a comparison: the original, the methods, and the reference where there is one."""
    reference = () if left_out(workspace, forget) is None else (RETRAINED,)
    return (ORIGINAL, *available(workspace), *reference)


def title_of(name: str) -> str:
    """What a row is called."""
    fixed = {ORIGINAL: "Original", RETRAINED: "Retrained without them"}
    return fixed[name] if name in fixed else METHODS[name].title


def left_out(workspace: Workspace, forget: tuple[int, ...]) -> Backbone | None:
    """The backbone that was trained on everybody but exactly these people, None without one."""
    spec = LEFT_OUT.get(workspace.backbone.name)
    if spec is None:
        return None
    try:
        model = load_backbone(spec)
    except LetheError:
        return None
    names = workspace.gallery.identities
    never_seen = set(names) - set(getattr(model, "head_identities", ()))
    return model if never_seen == {names[label] for label in forget} else None


def random_people(workspace: Workspace, count: int, seed: int) -> tuple[int, ...]:
    """`count` people drawn by `seed`, the same as `--forget-random` draws.

    Raises `LetheError` when nobody would be left.
    """
    people = len(workspace.gallery.identities)
    if not 1 <= count < people:
        raise LetheError(
            f"The number of people to forget must lie between 1 and {people - 1}, one fewer than "
            f"the people in {workspace.gallery.name}."
        )
    return tuple(random.Random(seed).sample(range(people), count))


def compare(
    state: State,
    forget: tuple[int, ...],
    methods: Iterable[str] | None = None,
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> Iterator[Row]:
    """A row for the original, one for each method, one for the reference, each as it is ready.

    Every method starts from `state` and erases the same people with its default options, or those
    that `options` gives by method. A method that cannot run gives a row with its reason; the
    others go on. `watch` raises `Cancelled` to stop: rows already given stay good. Raises
    `LetheError` for an unknown method before any work.
    """
    names = lineup(state.workspace, forget) if methods is None else (ORIGINAL, *methods)
    for name in names:
        if name not in (ORIGINAL, RETRAINED, *METHODS):
            raise LetheError(f"There is no method {name!r}; choose one of {', '.join(METHODS)}.")
    for name in names:
        yield one_row(
            state, forget, name, options=(options or {}).get(name), seed=seed, watch=watch
        )


def one_row(
    state: State,
    forget: tuple[int, ...],
    method: str,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> Row:
    """One row of `compare`: a method's, the `ORIGINAL`'s or, where there is one, `RETRAINED`'s."""
    title = title_of(method)
    watch(Progress(title, 0, len(ASKED) + 1))
    after = state
    try:
        if method == RETRAINED:
            model = left_out(state.workspace, forget)
            if model is None:
                raise LetheError("No backbone was trained without exactly these people.")
            after = start(through(state.workspace, model, watch=watch, store=default_store()))
        elif method != ORIGINAL:
            after = state.forget(forget, method, options, watch)
    except Cancelled:
        raise
    except LetheError as error:
        return Row(method, title, forget, seed, error=str(error))
    found: dict[str, dict] = {}
    for at, name in enumerate(ASKED, 1):
        watch(Progress(title, at, len(ASKED) + 1))
        if state.judging is not None or not QUESTIONS[name].needs_strangers:
            found |= audit(after.view(forget), (name,), seed)
    if method not in METHODS:
        return Row(method, title, forget, seed, figures(found, None), found)
    step = after.steps[-1]
    return Row(
        method,
        title,
        forget,
        seed,
        figures(found, step.seconds),
        found,
        step.eraser.parameters,
        step.eraser.warnings,
    )


def compare_sets(
    workspace: Workspace,
    counts: Sequence[int],
    seeds: Sequence[int],
    methods: Iterable[str] | None = None,
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    watch: Watch = ignore,
) -> Iterator[Row]:
    """`compare` on random sets of people: every count with every seed."""
    names = None if methods is None else tuple(methods)
    for count in counts:
        for seed in seeds:
            people = random_people(workspace, count, seed)
            yield from compare(
                start(workspace), people, names, options=options, seed=seed, watch=watch
            )


def figures(metrics: Mapping[str, dict], seconds: float | None) -> dict[str, float | None]:
    """The columns' figures and their floors, flat, out of an audit."""
    out: dict[str, float | None] = {"seconds": seconds}
    for column in COLUMNS:
        for key in (column.key, column.floor):
            question, dot, figure = (key or "").partition(".")
            if key and dot:
                out[key] = metrics.get(question, {}).get(figure)
    probes = []
    for name in ("kr", "mlp", "knn"):
        found, floor = out.get(f"{name}.forget_test"), out.get(f"{name}.chance")
        if found is not None:
            probes.append(max(found - (floor or 0.0), 0.0))
    out["known"] = max(probes, default=None)
    return out


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
            "| method | " + " | ".join(column.title for column in COLUMNS) + " |",
            "|---|" + "---:|" * len(COLUMNS),
        ]
        for one in mine:
            if not one.runs:
                lines.append(
                    f"| {one.title} | {'; '.join(one.errors)} |" + " |" * (len(COLUMNS) - 1)
                )
                continue
            cells = (_cell(one, column) for column in COLUMNS)
            lines.append(f"| {one.title} | " + " | ".join(cells) + " |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def legend() -> str:
    """What each column says and which way is good, as a Markdown list."""
    ways = {"down": "lower is better", "up": "higher is better"}
    return "\n".join(
        f"- **{column.title}**: {column.help} "
        f"({ways.get(column.good) or f'best at {column.ideal:g}'}"
        f"{', chance in brackets' if column.floor else ''})"
        for column in COLUMNS
    )


def _cell(one: Summary, column: Column) -> str:
    mean = one.mean.get(column.key)
    if mean is None:
        return "-"
    digits = 3 if column.good == "up" else 2
    text = f"{mean:.{digits}f}"
    spread = one.spread.get(column.key)
    if spread is not None:
        text += f" ± {spread:.{digits}f}"
    floor = one.mean.get(column.floor) if column.floor else None
    return text if floor is None else f"{text} ({floor:.2f})"


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    centre = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((one - centre) ** 2 for one in values) / (len(values) - 1))


def order(rows: Sequence[Row], key: str, *, best_first: bool = True) -> list[Row]:
    """Rows sorted by a column, best first; rows without the figure last.

    Raises `LetheError` for an unknown column.
    """
    column = next((one for one in COLUMNS if one.key == key), None)
    if column is None:
        raise LetheError(f"There is no column {key!r} to sort by.")

    def rank(value: float) -> float:
        if column.ideal is not None:
            return abs(value - column.ideal)
        return value if column.good == "down" else -value

    found = [(rank(value), row) for row in rows if (value := row.figures.get(key)) is not None]
    found.sort(key=lambda one: one[0], reverse=not best_first)
    return [row for _, row in found] + [row for row in rows if row.figures.get(key) is None]
