"""All methods on the same people: a row each as it is ready."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.audit import QUESTIONS, Metric, Question, audit
from engine.audit.figures import look_up
from engine.backbones import Backbone, load_backbone
from engine.erasure import METHODS
from engine.errors import Cancelled, LetheError
from engine.opening import through
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.store import default_store
from engine.workspace import State, Workspace, start

ORIGINAL = "original"
"""The row of the model as it was, which every method is to be compared with."""

RETRAINED = "retrained"
"""The row of a backbone that never saw the people to forget, where there is one: the reference."""

LEFT_OUT = {"mini": "mini-without-five"}
"""Backbone -> the same backbone trained without some of the people."""

PROBES = ("kr", "mlp", "knn")
"""Those of whom the strongest says what is known."""

KNOWN = Metric(
    "known",
    noted("Known"),
    noted(
        "What the strongest probe (KR, MLP or kNN) knows of the forgotten beyond its chance level; "
        "0 is like a stranger."
    ),
    "down",
    column=noted("Known"),
    spelled=noted("Known beyond chance"),
)
SECONDS = Metric(
    "seconds",
    noted("Time"),
    noted("From the first sum to the fitted eraser; embedding the photos is no part of it."),
    "down",
    "seconds",
    column=noted("Seconds"),
    spelled=noted("Time to forget"),
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


def asked() -> tuple[Question, ...]:
    """The questions that every row answers: those with a figure for a column."""
    return tuple(one for one in QUESTIONS.values() if any(each.column for each in one.metrics))


def columns() -> tuple[Metric, ...]:
    """The figures to compare methods by: of the forgotten, then of everybody else, then time."""
    found = [metric for one in asked() for metric in one.metrics if metric.column]
    return (KNOWN, *sorted(found, key=lambda one: one.good == "up"), SECONDS)


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


def trains(method: str) -> bool:
    """Whether a row takes long: its method trains the network, or it is another one's."""
    return method == RETRAINED or (method in METHODS and "model" in METHODS[method].needs)


def title_of(name: str) -> str:
    """What a row is called."""
    fixed = {ORIGINAL: noted("Original"), RETRAINED: noted("Retrained without them")}
    return fixed[name] if name in fixed else METHODS[name].title


def left_out(workspace: Workspace, forget: tuple[int, ...]) -> Backbone | None:
    """The backbone that was trained on everybody but exactly these people, None without one."""
    spec = LEFT_OUT.get(workspace.backbone.name)
    if spec is None or not forget:
        return None
    try:
        model = _loaded(spec)
    except LetheError:
        return None
    names = workspace.gallery.identities
    never_seen = set(names) - set(getattr(model, "head_identities", ()))
    return model if never_seen == {names[label] for label in forget} else None


@lru_cache(maxsize=1)
def _loaded(spec: str) -> Backbone:
    """Once: a comparison asks for it at every repaint."""
    return load_backbone(spec)


def random_people(workspace: Workspace, count: int, seed: int) -> tuple[int, ...]:
    """`count` people drawn by `seed`, the same as `--forget-random` draws.

    Raises `LetheError` when nobody would be left.
    """
    people = len(workspace.gallery.identities)
    if not 1 <= count < people:
        raise LetheError(
            said(
                "The number of people to forget must lie between 1 and {most}, one "
                "fewer than the people in {name}.",
                most=people - 1,
                name=workspace.gallery.name,
            )
        )
    return tuple(random.Random(seed).sample(range(people), count))


def checked(names: Iterable[str]) -> tuple[str, ...]:
    """The names of rows. Raises `LetheError` for one that is no method."""
    names = tuple(names)
    for name in names:
        if name not in (ORIGINAL, RETRAINED, *METHODS):
            raise LetheError(
                said(
                    "There is no method {name!r}; choose one of {methods}.",
                    name=name,
                    methods=", ".join(METHODS),
                )
            )
    return names


def one_row(
    state: State,
    forget: tuple[int, ...],
    method: str,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> Row:
    """A method's row of a comparison, or the `ORIGINAL`'s, or `RETRAINED`'s where there is one."""
    title = title_of(method)
    questions = asked()
    watch(Progress(title, 0, len(questions) + 1))
    after = state
    try:
        if method == RETRAINED:
            model = left_out(state.workspace, forget)
            if model is None:
                raise LetheError(said("No backbone was trained without exactly these people."))
            after = start(through(state.workspace, model, watch=watch, store=default_store()))
        elif method != ORIGINAL:
            after = state.forget(forget, method, options, watch)
    except Cancelled:
        raise
    except LetheError as error:
        return Row(method, title, forget, seed, error=error.said)
    found: dict[str, dict] = {}
    view = after.view(forget)
    for at, question in enumerate(questions, 1):
        watch(Progress(title, at, len(questions) + 1))
        if question.possible(view):
            found |= audit(view, (question.name,), seed)
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


def figures(metrics: Mapping[str, dict], seconds: float | None) -> dict[str, float | None]:
    """The columns' figures and their floors, flat, out of an audit."""
    keys = [key for one in columns() for key in (one.key, one.floor) if key and "." in key]
    out: dict[str, float | None] = {"seconds": seconds}
    out |= {key: look_up(metrics, key) for key in keys}
    beyond = [
        max(found - (look_up(metrics, f"{name}.chance") or 0.0), 0.0)
        for name in PROBES
        if (found := look_up(metrics, f"{name}.forget_test")) is not None
    ]
    return out | {"known": max(beyond, default=None)}
