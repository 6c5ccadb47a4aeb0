"""A strip shows at each rank what the deletion at that rank is, and each frame is made once."""

import numpy as np
import pytest

from engine.audit import audit
from engine.live.slider import LiveErasure
from engine.live.strip import HAIR, coarse_ranks, frame_at, strip_ranks
from engine.maps import Atlas
from engine.service import strips
from engine.service.asking import asked, asked_at, photos_to_ask
from engine.service.service import Service
from engine.service.visit import Visit
from engine.workspace import State, start
from tests.demo.world import workspace

SPACE = workspace()
FORGET = (1, 4)
ATLAS = Atlas(SPACE.features.values, sketch=True)
EARLIER = start(SPACE).forget((6,), "esc")


def pressed(base: State, rank: int) -> State:
    """The state that the button leaves at this rank; the button does not take 0."""
    return base.forget(FORGET, "esc", {"rank": rank}) if rank else base


@pytest.mark.parametrize("base", [start(SPACE), EARLIER], ids=["first", "second"])
def test_every_frame_is_the_state_of_its_rank(base: State) -> None:
    """Catches a frame of another rank, or of the first deletion alone, and points left behind.

    The head is exact, retrieval to the thousandth of a tie's place; KR is an estimate, tested
    against the discriminant of each rank in test_live.py.
    """
    live = LiveErasure(base, FORGET)
    ranks = strip_ranks(live)
    assert ranks == [*range(len(ranks))]
    assert len(ranks) == live.deepest + 1  # all that so few photos span
    for rank in ranks[::3]:
        found, state = frame_at(live, rank, ATLAS), pressed(base, rank)
        assert found.rank == rank
        everybody = (*base.forgotten, *FORGET)
        exact = audit(state.view(everybody), ("head", "retrieval"))
        assert found.figures["head"] == exact["head"]
        for name, value in exact["retrieval"].items():
            if isinstance(value, float):
                assert found.figures["retrieval"][name] == pytest.approx(value, abs=1e-3), name
        places = ATLAS.before.copy()
        places[found.moved] = found.places
        assert np.allclose(places, ATLAS.place(state.values), atol=1e-3)
        assert not len(found.moved) or np.abs(found.places - ATLAS.before[found.moved]).max() > HAIR


@pytest.mark.parametrize("base", [start(SPACE), EARLIER], ids=["first", "second"])
def test_answers_are_those_of_each_rank_s_state(base: State) -> None:
    """Catches similarities of another rank, a photo that finds itself, and another's output."""
    live = LiveErasure(base, FORGET)
    ranks = [1, 2, 5, 13]
    for label in (1, 3, 6):
        row = photos_to_ask(SPACE, label)[0]
        for rank, found in zip(ranks, asked_at(live, ranks, row), strict=True):
            real = asked(pressed(base, rank), row)
            assert found.before == real.before
            assert found.forgotten == real.forgotten
            assert real.after is not None
            assert found.after is not None
            assert found.after.says == real.after.says
            for one, other in zip(found.after.hits, real.after.hits, strict=True):
                assert one.similarity == pytest.approx(other.similarity, abs=1e-4)
            assert found.after.hits[0].index == real.after.hits[0].index


def test_the_first_strip_has_both_ends_and_the_rank_in_use() -> None:
    """Catches a first strip that does not reach the slider's ends, or misses where it stands."""
    ranks = [*range(33)]
    some = coarse_ranks(ranks, 7)
    assert {0, 7, 32} <= {*some}
    assert len(some) < 12
    assert np.diff(some)[:2].max() <= 2  # most happens at the low ranks
    assert coarse_ranks([0, 1, 2], 9) == [0, 1, 2]


def test_frames_are_made_once_and_a_new_choice_stops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a strip that is computed again for the next visitor, or on for nobody."""
    service = Service()
    made = []

    def counted(live: LiveErasure, rank: int, atlas: Atlas) -> object:
        made.append(rank)
        return frame_at(live, rank, atlas)

    monkeypatch.setattr(strips, "frame_at", counted)
    one, two = Visit(service, SPACE), Visit(service, SPACE)
    assert strips.Strips(service).of(one) is None
    one.choose(FORGET)
    strip = strips.Strips(service).of(one)
    assert strip is not None
    assert strip.previewed
    some = strips.Strips(service).frames(strip, strip.coarse, ATLAS)
    assert some is not None
    assert made == strip.coarse
    whole = strips.Strips(service).refined(strip, ATLAS)
    assert whole is not None
    assert sorted(made) == strip.ranks == [one.rank for one in whole]
    two.forget(FORGET, "esc")  # what is only chosen by one is forgotten by the other
    theirs = strips.Strips(service).of(two)
    assert theirs is not None
    assert not theirs.previewed
    again = strips.Strips(service).refined(theirs, ATLAS)
    assert again == whole
    assert len(made) == len(whole)
    assert theirs.state(whole[3]).steps[-1].eraser.rank == 3
    two.choose((0,))
    other = strips.Strips(service).of(two)
    assert other is not None
    left = iter([True, True, False])
    assert (
        strips.Strips(service).frames(other, other.ranks, ATLAS, wanted=lambda: next(left)) is None
    )
    assert len(made) == len(whole) + 2
    two.forget((0,), "head-only")
    assert strips.Strips(service).of(two) is None


def test_a_strip_that_would_take_long_stays_coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a large gallery whose strips hold the processor for minutes."""
    service = Service()
    visit = Visit(service, SPACE)
    visit.choose(FORGET)
    strip = strips.Strips(service).of(visit)
    assert strip is not None
    monkeypatch.setattr(strips, "BUDGET", 0.0)
    assert strips.Strips(service).refined(strip, ATLAS) is None
