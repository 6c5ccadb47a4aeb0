"""Valid inputs damaged at random: whatever comes of it is used, or refused in a sentence.

A small sample, the same each time; `python -m tools.fuzz` looks for minutes.
"""

import random
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.sources.held import Held
from tests.engine.fuzzed import DEEDS, edited, judge, seeds
from tests.engine.hostile import Entry, raw_zip
from tools import fuzz

QUICK = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

EDITS = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.floats(0, 1), st.binary(max_size=9)),
    min_size=1,
    max_size=5,
)
NUMBER = st.sampled_from([None, 0, 1, 100, 2**31, 2**32 - 1])
NAMES = st.one_of(
    st.binary(max_size=20), st.text(max_size=20).map(lambda one: one.encode("utf-8", "replace"))
)


@pytest.mark.parametrize("name", seeds())
def test_what_is_sound_is_used(name: str):
    """Would catch a seed that is damaged to begin with, whose fuzzing would show nothing."""
    seed = seeds()[name]
    assert judge(seed.bring(seed.data)) == "used"


@pytest.mark.parametrize("name", seeds())
@given(edits=EDITS)
@QUICK
def test_damage_is_never_a_crash(name: str, edits: list):
    """Would catch an error of a library's own, for bytes that nobody thought of."""
    seed = seeds()[name]
    judge(seed.bring(edited(seed.data, edits)))


@given(
    st.lists(
        st.builds(
            Entry,
            name=NAMES,
            data=st.binary(max_size=40),
            size=NUMBER,
            told=NUMBER,
            flags=st.sampled_from([0, 1, 8, 0x800, 0x2040]),
            method=st.sampled_from([0, 8, 9, 12, 14, 93, 99]),
            mode=st.sampled_from([0, 0o40755, 0o100644, 0o120777]),
            crc=NUMBER,
            more=st.binary(max_size=30),
            at=NUMBER,
            time=st.sampled_from([0, 2**32 - 1]),
        ),
        max_size=4,
    ),
    NUMBER.map(lambda count: None if count is None else count % 65536),
    NUMBER,
)
@QUICK
def test_a_zip_that_lies_is_never_a_crash(odd: list[Entry], count: int | None, start: int | None):
    """Would catch a table of contents that is believed."""
    judge([Held("a.zip", raw_zip(*odd, count=count, start=start))])


def test_the_long_hunt_keeps_what_it_finds_and_ends(tmp_path, monkeypatch, capsys):
    """Would catch a hunt that finds nothing because it lets errors pass, or never ends."""
    monkeypatch.setattr(fuzz, "KEPT", tmp_path)
    monkeypatch.setattr(fuzz.os, "_exit", sys.exit)
    hunt = fuzz.Hunt(60)
    hunt.attempt("a.csv", b"harmless")
    assert not [*tmp_path.iterdir()]
    monkeypatch.setattr(hunt.fuzzed, "judge", lambda _: 1 / 0)
    hunt.attempt("a.csv", b"one")
    hunt.attempt("a.csv", b"another of the same cause")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"one"]
    monkeypatch.setattr(hunt, "end", 0)
    with pytest.raises(SystemExit, match="True"):
        hunt.by_chance(random.Random(0))
    assert "4 inputs, 1 findings ('ZeroDivisionError" in capsys.readouterr().out
