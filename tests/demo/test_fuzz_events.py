"""Whatever a browser or a script sends: an answer or a sentence, and nothing of other visitors.

A small sample, the same each time; `LETHE_FUZZ_EVENTS=5000` draws so many, anew each time.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import gradio as gr
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from demo import actions as clicks
from demo import following, log, studio
from demo.actions import Actions
from demo.atlases import Atlases
from demo.page import STRICT
from demo.session import Session, Sessions
from engine.service.shelf import Shelf, Spec
from engine.service.work import words
from tests.demo.world import NAMES, workspace

MANY = int(os.environ.get("LETHE_FUZZ_EVENTS", "0"))
INSIDE = str(words(RuntimeError()))
"""What is said when nobody thought of it."""

ME, OTHER = "me", "somebody-elses-key"
OTHERS = ("Zebedee", "Quillon", "Xanthe", "Vortigern", "Ulfrun", "Wystan")
"""The people of the other visitor, whom nobody else may see."""

KEYS = (
    *("chosen", "last", "turn", "method", "options", "rank", "on", "any", "row", "index"),
    *("stranger", "go", "step", "resumed", "faces", "backbone", "model", "names", "moved"),
    *("out", "company", "text", "query", "base", "view", "theme", "layer", "input", "size"),
    *("output", "scale", "epochs", "sparsity", "seed", "all_layers"),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.sampled_from([79, 80, 2**31, 2**63, 2**70, 1e300, 0.5, -0.0, math.nan, math.inf]),
    st.sampled_from(NAMES),
    st.sampled_from(["esc", "leace", "head-only", "auto", "forgotten", "anybody", "yours"]),
    st.sampled_from(["toy", "still", "known", "point", "2", "-1", "", " ", "²", "٣"]),
    st.sampled_from([OTHER, *OTHERS[:2], "<b>", "\ud800", "\x00", "a" * 5000]),
    st.sampled_from(["../../etc/passwd", "http://127.0.0.1:7860/", "do=Ada:esc", "ask=1", "[1]"]),
    st.text(max_size=5),
)
PLAUSIBLE = st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=4)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4),
    ),
    max_leaves=8,
)
PEOPLE = st.builds(
    lambda chosen, last, turn: {"chosen": chosen, "last": last, "turn": turn},
    st.lists(st.integers(-1, 8) | SCALARS, max_size=3),
    SCALARS,
    SCALARS,
)
SETTING = st.builds(
    lambda method, options: {"method": method, "options": options},
    st.sampled_from(["esc", "leace", "head-only"]) | SCALARS,
    st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=2),
)
SENT = st.one_of(ANYTHING, PLAUSIBLE, PEOPLE, SETTING)
ACTS = (
    *(("people", "choose"), ("forget", "click"), ("method", "strength"), ("method", "settled")),
    *(("undo", "click"), ("steps", "drop"), ("who", "ask"), ("who", "show")),
    *(("kr-chart", "spread"), ("map", "pick"), ("header", "open_workspace")),
    *(("take", "make"), ("saved", "open_steps"), ("lesson", "open"), ("lesson", "leave")),
    *(("share", "ask"), ("share", "open_link")),
    *(("yours", "look"), ("yours", "enter"), ("yours", "wipe"), ("model", "look")),
    *(("model", "use"), ("model", "remove")),
)
CALLS = ("forget", "retrieve", "scoreboard")


def sample(few: int) -> Any:
    """A decorator: `few` examples, the same each time, or as many as the environment asks for."""
    return settings(
        max_examples=MANY or few,
        derandomize=not MANY,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(repr=False)
class Running:
    """A page without a server, and the faults that it has logged."""

    actions: Actions
    page: gr.Blocks
    other: Session
    faults: list[BaseException]
    said: str = ""
    """What was sent: a sentence may repeat it."""

    def __repr__(self) -> str:
        return "running"

    def send(self, part: str, name: str, data: Any, values: list[Any]) -> None:
        """An event as Gradio brings it, and all that its answers must be."""
        act = next(
            one
            for one in self.page.fns.values()
            if any(
                where is not None and self.page.blocks[where].elem_id == part and event == name
                for where, event in one.targets
                if where in self.page.blocks
            )
        )
        self.said = repr((data, values))
        given = [gr.EventData(None, data)] if act.fn.__name__.endswith("_with") else []
        request = SimpleNamespace(session_hash=ME, headers={})
        told = act.fn(request, *given, *values[: len(act.inputs)])
        for answer in [told] if isinstance(told, dict) else told:
            self.judge({one._id: value for one, value in answer.items()})

    def call(self, name: str, values: list[Any]) -> None:
        """A named endpoint, called as a script would."""
        act = next(one for one in self.page.fns.values() if one.api_name == name)
        request = SimpleNamespace(session_hash=ME, headers={})
        self.said = repr(values)
        before = values[: min(1, len(act.inputs))]
        after = values[len(before) : len(act.inputs)]
        try:
            self.judge(act.fn(*before, request, *after))
        except gr.Error as error:
            self.judge(error.message)

    def judge(self, answer: Any) -> None:
        """An answer can be sent, owns up to no fault, and tells nothing of the other visitor."""
        sent = orjson.dumps(
            answer,
            option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS,
            default=str,
        ).decode()
        assert not self.faults, self.faults
        assert INSIDE not in sent
        assert not [name for name in OTHERS if name in sent and name not in self.said]

    def untouched(self) -> tuple[Any, ...]:
        """What the other visitor has."""
        one = self.other
        return (one.workspace, one.state, one.chosen, one.query, one.shown, one.turn, one.edits)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    actions = Actions(shelf, Atlases(sketch=True), Sessions())
    page = studio.build(actions)
    other = actions.session(OTHER)
    other.enter(workspace(OTHERS, seed=1))
    other.forget((0, 2), "esc", {})
    other.shown = b"a photo of theirs"
    faults: list[BaseException] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(log, "fault", faults.append)
        patched.setattr(following, "REST", 0.0)
        patched.setattr(clicks, "PATIENCE", 0.0)
        patched.setenv(STRICT, "1")
        yield Running(actions, page, other, faults)


@given(
    st.lists(
        st.tuples(st.sampled_from(ACTS), SENT, st.lists(SENT, min_size=2, max_size=2)), max_size=4
    )
)
@example([(("steps", "drop"), 1, [{}, {}])])
@example([(("header", "open_workspace"), {}, ["toy", {}])])
@example([(("lesson", "open"), {"step": "\ud800"}, [{}, {}])])
@example([(("share", "ask"), {"view": "\ud800", "base": "http://127.0.0.1:7860/"}, [{}, {}])])
@example(
    [
        (("forget", "click"), {}, [{"chosen": [1]}, {"method": "esc"}]),
        (("take", "make"), {"turn": 2**70, "key": "steps"}, [{}, {}]),
    ]
)
@sample(100)
def test_events(running: Running, sent: list) -> None:
    """Catches a payload that breaks an act, cannot be answered, or shows another's session."""
    running.faults.clear()
    running.actions.sessions.drop(ME)
    running.actions.session(ME)
    theirs = running.untouched()
    for (part, name), data, values in sent:
        running.send(part, name, data, values)
    assert all(now is then for now, then in zip(running.untouched(), theirs, strict=True))


@given(st.sampled_from(CALLS), st.lists(SENT, min_size=4, max_size=4))
@sample(40)
def test_calls(running: Running, name: str, values: list) -> None:
    """Catches an argument of a named endpoint that breaks it."""
    running.faults.clear()
    theirs = running.untouched()
    running.call(name, values)
    assert all(now is then for now, then in zip(running.untouched(), theirs, strict=True))
