"""A session as updates of the page: which panel shows what."""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from threading import Event
from typing import Any, TypeVar

from demo.panels import forget, leakage, odd, people, result, retrieval, scoreboard, status
from demo.session import Session
from engine.audit.figures import look_up, written
from engine.durations import took
from engine.erasure import METHODS
from engine.errors import Cancelled
from engine.progress import Watch
from engine.said import joined, listed, noted, said, said_n
from engine.service.service import Measured
from engine.service.work import Done, Gate, News, TooLong, stream, words
from engine.sources import presets
from engine.workspace import Step, Workspace

T = TypeVar("T")
Updates = dict[str, dict[str, Any]]
"""`{panel: {property: value}}`; panels that are not named stay as they are."""
Figures = Mapping[str, dict]

NOTHING = False
"""Takes away what a script drew: Gradio leaves properties that are None out of an update."""

WELCOME = noted("Choose people, or take five at random, then press Forget.")
AGAIN = noted("Taken back, and the same people are chosen; try another way on them.")


def merge(*updates: Updates) -> Updates:
    """One update of several; properties of one panel are joined, the later one wins."""
    out: Updates = {}
    for update in updates:
        for panel, properties in update.items():
            out[panel] = {**out.get(panel, {}), **properties}
    return out


def say(
    text: str | Sequence[str], tone: status.Tone = "calm", share: float | None = None
) -> Updates:
    """The status line."""
    return {"status": {"value": status.render(text, tone, share)}}


def busy(text: str, *, asked: bool = True) -> Updates:
    """The page while work is under way: one way out, cancel.

    What nobody has `asked` for gives way to any click, so that all others stay ready.
    """
    off = {"interactive": False}
    said = say(text, "busy", 0.02) | {"cancel": {"interactive": True}}
    if not asked:
        return said
    return said | {
        "forget": {"value": noted("Working…"), **off},
        "undo": off,
        "reset": off,
        "header": {"busy": True},
    }


def idle(session: Session) -> Updates:
    """The page when nothing runs."""
    done = {"interactive": bool(session.state.steps)}
    return {
        "forget": {"value": forget.button(len(session.chosen)), "interactive": True},
        "cancel": {"interactive": False},
        "undo": done,
        "reset": done,
        "header": {"busy": False},
    }


def failed(error: BaseException) -> Updates:
    """One sentence about what went wrong."""
    stopped = isinstance(error, Cancelled) and not isinstance(error, TooLong)
    return say(words(error), "calm" if stopped else "wrong")


def follow(
    job: Callable[[Watch], T],
    cancel: Event,
    gate: Gate,
    method: str = "",
    beside: Callable[[str], Updates] = lambda _: {},
) -> Generator[Updates, None, T]:
    """Run heavy work at the gate, paint what it reports, and give its result.

    `method` is the one that trains, where a curve of its training is wanted. `beside` paints what a
    panel away from the status line says of a place in the queue, and of none.
    """
    waits = ""
    for event in stream(job, cancel, gate):
        if isinstance(event, Done):
            return event.result
        said = status.place(event.progress[-1]) if event.progress else waits
        yield news(event, method) | (beside(said) if said != waits else {})
        waits = said
    raise RuntimeError("the work ended without a result")


def news(event: News, method: str = "") -> Updates:
    """What the work reports, and the trace of training where `method` is what was asked for."""
    if not event.progress:
        return {}
    last = event.progress[-1]
    share = last.done / last.total if last.total else None
    updates = say(status.progress(last, event.seconds), "busy", share)
    if method and "loss" in last.values:
        updates["method"] = {
            "trace": {
                "method": method,
                "loss": [round(one.values["loss"], 4) for one in event.trace],
                "hits": [round(one.values.get("hits", 0), 4) for one in event.trace],
                "total": last.total,
            }
        }
    return updates


def workspace(space: Workspace, token: str) -> Updates:
    """What changes with the gallery or the backbone alone; `token` names the gallery's photos."""
    return {
        "people": people.shown(space.gallery, groups(space), token),
        "odd": {"value": odd.render(space)},
        "method": {
            "markup": forget.markup(present(space)),
            "dimension": space.features.values.shape[1],
            "trace": NOTHING,
        },
        "status": {"value": status.render(WELCOME)},
    }


def chosen(session: Session) -> Updates:
    """Who is ticked.

    The ticks themselves are the page's: sending them back would undo a quicker click.
    """
    button = {} if session.is_held else {"value": forget.button(len(session.chosen))}
    return {"forget": button, "method": {"trace": NOTHING}}


def steps(session: Session) -> Updates:
    """The deletions so far, each with its way back."""
    done = [describe(session, at) for at in range(len(session.state.steps))]
    return {"steps": {"value": forget.steps(done)}}


def deletions(session: Session) -> Updates:
    """The steps so far, and the cards of who is gone."""
    cards = {"value": people.ticked(session.chosen), "fates": fates(session, None)}
    return steps(session) | {"people": cards}


def who(session: Session) -> Updates:
    """The photo asked about and what both sides make of it."""
    return {
        "who": {
            "value": retrieval.render(session.workspace, session.retrieve(), session.unenrolled)
        }
    }


def numbers(session: Session, measured: Measured, *, exact: bool = True) -> Updates:
    """The figures, in the chart, in the table, on the cards and at the thumb.

    With `exact` false KR is the quick estimate of a dragged slider, and each of them says so.
    """
    state, (before, after) = session.state, (measured.before, measured.after)
    gallery = session.workspace.gallery
    seconds = state.steps[-1].seconds if state.steps else None
    return {
        "kr": {
            "value": leakage.leakage_value(
                session.workspace,
                before,
                after,
                forgotten=[gallery.display(label) for label in state.forgotten],
                exact=exact,
                method=METHODS[state.steps[-1].method].title if state.steps else "",
                spread=session.spread,
            )
        },
        "scoreboard": {"value": scoreboard.render(before, after, seconds, exact=exact)},
        "result": {
            "said": result.said(
                len(state.forgotten),
                METHODS[state.steps[-1].method] if state.steps else None,
                before,
                after,
                exact,
            )
        },
        "people": {"fates": fates(session, after)},
    }


def fates(session: Session, after: Figures | None) -> dict[str, dict[str, str]]:
    """What became of each forgotten person, and how much of them a fresh probe still finds."""
    known = ((after or {}).get("kr") or {}).get("per_identity") or ()
    found: dict[int, people.Fate] = {}
    for step in session.state.steps:
        untouched = step.eraser.rank == 0 and step.eraser.backbone is None
        for label in step.forget:
            share = known[label] if label < len(known) else None
            note = (
                noted("forgotten")
                if share is None
                else said("{share} % left", share=f"{100 * share:.0f}")
            )
            found[label] = people.Fate("hidden" if untouched else "erased", note)
    return people.fates(found)


def outcome(session: Session, after: Figures | None) -> Updates:
    """The sentences at the end of a change: every warning of the eraser, or what was reached."""
    state = session.state
    if not state.steps or after is None:
        return say(AGAIN if session.chosen else WELCOME)
    step = state.steps[-1]
    if step.eraser.warnings:
        return say(step.eraser.warnings, "wrong")
    count = len(step.forget)
    done = said_n(
        "Forgot {count} person in {time}.",
        "Forgot {count} people in {time}.",
        count,
        time=took(step.seconds),
    )
    return say(joined(done, _left(after, count)), "done")


def _left(after: Figures, count: int) -> str:
    """What the output and a probe still tell of the forgotten."""
    says, knows = (look_up(after, key) for key in ("head.forget_test", "kr.forget_test"))
    if says is None or knows is None:
        return said_n(
            "No photo of this person was kept back to test, so what is left cannot be measured.",
            "No photo of these people was kept back to test, so what is left cannot be measured.",
            count,
        )
    return said(
        "Their names are still given {says} of the time; what it computes still tells who they "
        "are {knows} of the time.",
        says=written(says, "fraction"),
        knows=written(knows, "fraction"),
    )


def previewing() -> Updates:
    """What the page says while a slider shows what a deletion of the chosen would do."""
    return say(
        noted("A preview: about what forgetting them at this strength would do. Forget does it.")
    )


def dragging(quick: bool) -> Updates:
    """What the page says while a slider is dragged, with `quick` figures or only with the map."""
    if quick:
        return say(noted("Quick figures while you drag; exact ones follow."))
    return say(noted("The map follows the slider; the figures come when it rests."))


def forgetting(session: Session, labels: tuple[int, ...]) -> str:
    """What the page says while the chosen people are being forgotten."""
    if not labels:
        return noted("One moment.")
    return said("Forgetting {names}.", names=names(session.workspace, labels))


def describe(session: Session, at: int) -> tuple[str, str]:
    """Who a step forgot, and how."""
    step = session.state.steps[at]
    how: list[str] = [METHODS[step.method].title]
    if rank := step.eraser.rank:
        how.append(said_n("{count} direction", "{count} directions", rank))
    how.append(took(step.seconds))
    return names(session.workspace, step.forget), joined(*how, by=", ")


def names(space: Workspace, labels: tuple[int, ...]) -> str:
    """`Ada`, `Ada and Kofi`, or `Ada, Kofi and 3 more`."""
    shown = [space.gallery.display(label) for label in labels]
    if len(shown) < 3:
        return listed(shown)
    return said(
        "{one}, {other} and {count} more", one=shown[0], other=shown[1], count=len(shown) - 2
    )


def spectrum(session: Session) -> Updates:
    """Singular values of the chosen people's features; of the last step's where none is."""
    return {"method": {"spectrum": _spectrum(session) or NOTHING}}


def mark(session: Session) -> str:
    """The same as long as the same people are erased from the same: what a slider drags."""
    state, people = session.state, session.chosen
    if not people and state.steps:
        people, state = state.steps[-1].forget, state.undo()
    told = repr((state.workspace.key, state.trail, people))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _spectrum(session: Session) -> dict[str, Any] | None:
    state, labels, rank, method = session.state, session.chosen, None, None
    if not labels:
        if not state.steps:
            return None
        step = state.steps[-1]
        labels, rank, method, state = step.forget, _rank(step), step.method, state.undo()
    found = session.service.spectrum(state, labels)
    if found is None:
        return None
    return forget.spectrum(found, labels, rank, mark(session), method)


def _rank(step: Step) -> int | str:
    """The strength that a step was asked to have."""
    named = [one.name for one in METHODS[step.method].options if one.kind == "rank"]
    given = step.options.get(named[0]) if named else None
    return "auto" if given is None else given


def present(space: Workspace) -> frozenset[str]:
    """What the workspace has of what methods may need."""
    has = {"model": space.trainable, "reference": space.strangers}
    return frozenset(name for name, one in has.items() if one is not None)


def groups(space: Workspace) -> list[people.Group]:
    """The presets whose people are all in this gallery."""
    known = {name: label for label, name in enumerate(space.gallery.identities)}
    return [
        people.Group(one.title, tuple(known[name] for name in one.people))
        for one in presets.PRESETS
        if known.keys() >= set(one.people)
    ]
