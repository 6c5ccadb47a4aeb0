"""What completes an act of the lesson: questions to a visitor's session, answered without work."""

from collections.abc import Callable

from demo.painting import present
from demo.session import Session
from engine.erasure import METHODS
from engine.service.attacks import Attacks, Findings

Rule = Callable[[Session], bool]

MOST = 19
"""Directions beyond which nobody has to go: the slider may end soon after."""


def anywhere(session: Session) -> bool:
    """True in every gallery and under every model."""
    return True


def people(count: int) -> Rule:
    """So many are chosen or forgotten; in a small gallery all but one."""

    def rule(session: Session) -> bool:
        everybody = len(session.workspace.gallery.identities)
        return len(session.people) >= max(1, min(count, everybody - 1))

    return rule


def asked(session: Session) -> bool:
    """A photo was asked about since the step began."""
    return session.lesson is not None and session.asked > session.lesson.asked


def spread(session: Session) -> bool:
    """Each person's bar is looked at."""
    return session.spread


def last(method: str) -> Rule:
    """The last deletion was made by this method."""
    return lambda session: [one.method for one in session.state.steps[-1:]] == [method]


def only(method: str) -> Rule:
    """Nobody is forgotten by another method: their deletions were taken back."""
    return lambda session: all(one.method == method for one in session.state.steps)


def forgotten(session: Session) -> bool:
    """Somebody is forgotten, however."""
    return bool(session.state.steps)


def erased(session: Session) -> bool:
    """The last deletion took something from the features."""
    return last("esc")(session) or last("esc-t")(session)


def stronger(session: Session) -> bool:
    """The last deletion is ESC's, at a strength that somebody set well above its people."""
    if not last("esc")(session):
        return False
    step = session.state.steps[-1]
    rank = step.options.get("rank")
    return isinstance(rank, int) and rank > min(2 * len(step.forget), MOST)


def findings(session: Session) -> Findings | None:
    """What the attacks found of the forgotten as they are now; None before they were run."""
    if not session.state.steps:
        return None
    return Attacks(session.service).found(session.state, session.people)


def attacked(session: Session) -> bool:
    """The attacks were run on the forgotten as they are now."""
    return findings(session) is not None


def layers_asked(session: Session) -> bool:
    """The layers of the network were asked too."""
    found = findings(session)
    return found is not None and found.layers is not None


def offered(method: str) -> Rule:
    """The gallery and the model have what this method needs."""
    return lambda session: METHODS[method].needs <= present(session.workspace)


def strangers(session: Session) -> bool:
    """There are strangers to compare the forgotten with."""
    return session.workspace.strangers is not None


def layered(session: Session) -> bool:
    """The layers of the network can be asked."""
    return Attacks.has_depths(session.state)
