"""What the learner's own screen says, as words for the lesson's sentences; nothing is computed."""

import string
from collections.abc import Callable

from demo import painting
from demo.lessons.rules import findings
from demo.session import Session
from engine.audit.collateral import Person
from engine.audit.figures import Figures, look_up, written
from engine.said import Said, listed, noted, said, said_n
from engine.workspace import start

FEW = 3
"""So many names are all said."""

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

    def sentence(self, text: str) -> Said | None:
        """The sentence with its figures; None while one of them is not there."""
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        try:
            return said(text, **{name: self[name] for name in names})
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
    names = [session.workspace.gallery.display(label) for label in session.people]
    if len(names) == FEW:
        return listed(names)
    return painting.names(session.workspace, session.people) if names else None


def _photos(screen: Screen) -> str | None:
    session = screen.session
    labels = session.workspace.features.labels.tolist()
    return str(sum(label in session.people for label in labels)) if session.people else None


def _directions(screen: Screen) -> str | None:
    steps = screen.session.state.steps
    rank = steps[-1].eraser.rank if steps else 0
    return said_n("{count} direction", "{count} directions", rank) if rank else None


def _bystanders(screen: Screen) -> tuple[Person, ...]:
    """The kept, as the attacks found them; nobody before they were run."""
    found = findings(screen.session)
    return (found.people or ()) if found is not None else ()


def _most(screen: Screen) -> Person | None:
    """The kept person whose features lost most."""
    return max(_bystanders(screen), key=lambda one: one.energy_removed, default=None)


def _most_name(screen: Screen) -> str | None:
    most = _most(screen)
    return None if most is None else screen.session.workspace.gallery.display(most.label)


def _most_lost(screen: Screen) -> str | None:
    most = _most(screen)
    return None if most is None else written(most.energy_removed, "fraction")


def _hurt(screen: Screen) -> int | None:
    """How many of the kept are found less often than before."""
    people = _bystanders(screen)
    return sum(one.recall_change < 0 for one in people) if people else None


def _some_hurt(screen: Screen) -> str | None:
    hurt = _hurt(screen)
    return str(hurt) if hurt else None


def _none_hurt(screen: Screen) -> str | None:
    return noted("None") if _hurt(screen) == 0 else None


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
    "said_rest_before": _before("head.retain_test"),
    "said_rest": _now("head.retain_test"),
    "most": _most_name,
    "lost": _most_lost,
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
