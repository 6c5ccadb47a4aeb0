"""What the learner's own screen says, as words for the lesson's sentences; nothing is computed."""

from collections.abc import Callable

from demo import painting
from demo.lessons.rules import findings
from demo.session import Session
from engine.audit.figures import Figures, look_up, written
from engine.workspace import start

Word = Callable[["Screen"], str | None]


class Screen:
    """A session's figures by the names that sentences use; `KeyError` for what is not there yet."""

    def __init__(self, session: Session) -> None:
        self.session = session
        state, people = session.state, session.people
        known = session.service.known
        asked = ("audit", people, None)
        self.before: Figures | None = known(asked, start(session.workspace)) if people else None
        self.after: Figures | None = known(asked, state) if state.steps else None

    def __getitem__(self, name: str) -> str:
        word = WORDS[name](self)
        if word is None:
            raise KeyError(name)
        return word

    def sentence(self, text: str) -> str | None:
        """The sentence with its figures; None while one of them is not there."""
        try:
            return text.format_map(self)
        except KeyError:
            return None


def _before(key: str, unit: str = "fraction") -> Word:
    return lambda screen: _written(screen.before, key, unit)


def _now(key: str, unit: str = "fraction") -> Word:
    """A figure of after the deletion."""
    return lambda screen: _written(screen.after, key, unit)


def _written(figures: Figures | None, key: str, unit: str) -> str | None:
    value = look_up(figures, key)
    return None if value is None else written(value, unit)


def _people(screen: Screen) -> str | None:
    session = screen.session
    return painting.names(session.workspace, session.people) if session.people else None


def _photos(screen: Screen) -> str | None:
    session = screen.session
    labels = session.workspace.features.labels.tolist()
    return str(sum(label in session.people for label in labels)) if session.people else None


def _directions(screen: Screen) -> str | None:
    steps = screen.session.state.steps
    rank = steps[-1].eraser.rank if steps else 0
    return None if not rank else f"{rank} direction" + ("" if rank == 1 else "s")


def _hurt(screen: Screen) -> int | None:
    """How many of the kept a probe finds less often than before."""
    was, now = (
        (one or {}).get("kr", {}).get("per_identity") for one in (screen.before, screen.after)
    )
    if not isinstance(was, list) or not isinstance(now, list):
        return None
    gone = screen.session.state.forgotten
    pairs = [pair for label, pair in enumerate(zip(was, now, strict=True)) if label not in gone]
    return sum(new < old for old, new in pairs if old is not None and new is not None)


def _some_hurt(screen: Screen) -> str | None:
    hurt = _hurt(screen)
    return str(hurt) if hurt else None


def _none_hurt(screen: Screen) -> str | None:
    return "None" if _hurt(screen) == 0 else None


def _others(screen: Screen) -> str:
    session = screen.session
    return str(len(session.workspace.gallery.identities) - len(session.people))


def _asked(screen: Screen) -> str | None:
    session = screen.session
    if session.unenrolled is not None:
        return None
    label = int(session.workspace.features.labels[session.query])
    return session.workspace.gallery.display(label)


def _answer(screen: Screen) -> str:
    session = screen.session
    found = session.retrieve()
    return session.workspace.gallery.display((found.after or found.before).says)


def _layer(at: int, name: bool) -> Word:
    def word(screen: Screen) -> str | None:
        found = findings(screen.session)
        if found is None or not found.layers or len(found.layers) < 2:
            return None
        layer = found.layers[at]
        if name:
            return layer.name
        return None if layer.forget_test is None else written(layer.forget_test, "fraction")

    return word


WORDS: dict[str, Word] = {
    "people": _people,
    "photos": _photos,
    "points": lambda screen: f"{len(screen.session.workspace.features):,}",
    "everybody": lambda screen: str(len(screen.session.workspace.gallery.identities)),
    "others": _others,
    "dimension": lambda screen: str(screen.session.workspace.features.values.shape[1]),
    "asked": _asked,
    "answer": _answer,
    "directions": _directions,
    "says_before": _before("head.forget_test"),
    "says": _now("head.forget_test"),
    "kr_before": _before("kr.forget_test"),
    "kr": _now("kr.forget_test"),
    "guess": _now("kr.chance_all"),
    "strangers": _now("kr.stranger_floor"),
    "rest_before": _before("kr.retain_test"),
    "rest": _now("kr.retain_test"),
    "hurt": _some_hurt,
    "unhurt": _none_hurt,
    "length": _now("detectability.norm", "score"),
    "detector": _now("detectability.mlp", "score"),
    "coin": _now("detectability.chance", "score"),
    "layer": _layer(-2, name=True),
    "layer_kr": _layer(-2, name=False),
    "last_kr": _layer(-1, name=False),
}
"""How each word is read off the session."""
