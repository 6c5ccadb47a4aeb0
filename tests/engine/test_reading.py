"""The layman's sentence: never more than the figures carry."""

import random
import re

import pytest

from engine.audit.reading import guess, read

FIVE = ("Mei", "Luca", "Samir", "Yuki", "Zola")


def figures(
    known: float | None,
    low: float,
    *,
    named: float = 0.0,
    rest: float = 0.99,
    rest_named: float = 0.99,
    people: int = 5,
    floor: float | None = None,
    **more: dict,
) -> dict[str, dict]:
    """An audit in the shape that the engine answers with."""
    kr = {
        "forget_test": known,
        "forget_test_low": low,
        "forget_test_high": 1.0,
        "retain_test": rest,
        "retain_test_low": rest - 0.02,
        "chance_all": 1 / 64,
        "chance_forgotten": 1 / people,
    }
    kr["chance"], kr["chance_kind"] = (1 / people, "forgotten") if people > 1 else (1 / 64, "all")
    if floor is not None:
        kr["stranger_floor"] = kr["chance"] = floor
        kr["chance_kind"] = "strangers"
    return {"kr": kr, "head": {"forget_test": named, "retain_test": rest_named}, **more}


BEFORE = figures(1.0, 0.95, named=1.0)


def test_a_hidden_name_is_not_called_forgotten() -> None:
    """Catches praise for head-only forgetting."""
    reading = read(BEFORE, figures(1.0, 0.9), FIVE)
    assert reading.verdict == "remembered"
    assert "no longer names the five, but its features still tell them apart" in reading.text
    assert "always right; guessing gives 20" in reading.text


def test_a_figure_near_chance_is_not_called_knowledge() -> None:
    """Catches a claim that a 95 % interval does not carry."""
    reading = read(BEFORE, figures(0.3, 0.15), FIVE)
    assert reading.verdict == "guessing"
    assert "30 of 100" in reading.text
    assert "too close to guessing (20)" in reading.text
    assert read(BEFORE, figures(0.3, 0.25), FIVE).verdict == "traces"
    assert "no more often than by guessing (20)" in read(BEFORE, figures(0.1, 0.02), FIVE).text


def test_one_person_is_measured_against_strangers() -> None:
    """Catches the trap of a single forgotten person, whom any leftover is taken for."""
    one = {"people": 1, "named": 0.0}
    caught = read(BEFORE, figures(1.0, 0.57, floor=0.8, **one), FIVE[:1])
    assert caught.verdict == "guessing"
    assert "takes 80 of 100 strangers for Mei too" in caught.text
    known = read(BEFORE, figures(1.0, 0.57, floor=0.02, **one), FIVE[:1])
    assert known.verdict == "remembered"
    assert "still know the face" in known.text
    assert "2 of 100 strangers" in known.text
    assert guess(figures(1.0, 0.5, people=1)) == (1 / 64, "all")


def test_harm_to_others_is_said() -> None:
    """Catches a sentence that only looks at the forgotten."""
    harmed = read(BEFORE, figures(0.0, 0.0, rest=0.62), FIVE)
    assert "Everybody else was harmed" in harmed.text
    assert "62 of 100" in harmed.text
    slight = figures(0.0, 0.0, rest=0.975)
    assert "may have lost a little" in read(BEFORE, slight, FIVE).text
    kept = read(BEFORE, figures(0.0, 0.0), FIVE)
    assert "Everybody else is known as before (99 of 100)" in kept.text
    silent = read(BEFORE, figures(0.0, 0.0, rest_named=0.4), FIVE)
    assert "the output names them less often" in silent.text


def test_photos_that_find_each_other_are_said() -> None:
    """Catches praise for a deletion after which a person's photos still lead to each other."""
    found = {"forget_recall_at_1": 0.48, "chance_forgotten": 0.02}
    leak = read(BEFORE, figures(0.1, 0.02, retrieval=found), FIVE)
    assert "still find each other: 48 of 100" in leak.text
    found = {"forget_recall_at_1": 0.08, "chance_forgotten": 0.02}
    assert "each other" not in read(BEFORE, figures(0.1, 0.02, retrieval=found), FIVE).text
    assert "each other" not in read(BEFORE, figures(0.1, 0.02), FIVE).text


def test_a_hole_and_innocents_are_named_only_where_they_are() -> None:
    """Catches claims about questions that were not asked, or that chance would answer too."""
    hole = {"norm": 1.0, "norm_low": 0.98, "mlp": 0.9, "mlp_low": 0.8}
    was = figures(1.0, 0.95, named=1.0, detectability={"norm": 0.6, "mlp": 0.55})
    found = read(was, figures(0.2, 0.1, detectability=hole), FIVE)
    assert "left a hole: feature length alone" in found.text
    assert "hole" not in read(BEFORE, figures(0.2, 0.1), FIVE).text
    vague = {"norm": 0.66, "norm_low": 0.45, "mlp": 0.5, "mlp_low": 0.3}
    assert "hole" not in read(was, figures(0.2, 0.1, detectability=vague), FIVE).text
    shared = {"forget": 0.16, "forget_low": 0.08, "strangers": 0.01}
    taken = read(BEFORE, figures(0.2, 0.1, innocent=shared), FIVE)
    assert "16 of 100 of their photos pass as somebody innocent" in taken.text
    rare = {"forget": 0.02, "forget_low": 0.005, "strangers": 0.01}
    assert "innocent" not in read(BEFORE, figures(0.2, 0.1, innocent=rare), FIVE).text


def test_the_headline_weighs_the_worst() -> None:
    """Catches a failure that a layman would read as a success, and the other way round."""
    quiet = {"forget_recall_at_1": 0.05, "chance_forgotten": 0.02}
    clean = figures(0.15, 0.05, floor=0.16, retrieval=quiet)
    assert read(BEFORE, clean, FIVE).headline == "Forgotten as far as these attacks see."
    named = figures(0.15, 0.05, floor=0.16, named=0.9)
    assert read(BEFORE, named, FIVE).headline == "Not forgotten."
    for leak in (
        figures(1.0, 0.9, floor=0.16),
        figures(0.3, 0.2, floor=0.16),
        figures(0.15, 0.05, floor=0.16, retrieval={**quiet, "forget_recall_at_1": 0.7}),
        figures(
            0.15,
            0.05,
            floor=0.16,
            mlp={
                "forget_test": 0.6,
                "forget_test_low": 0.5,
                "chance": 0.01,
                "chance_kind": "strangers",
            },
        ),
    ):
        assert read(BEFORE, leak, FIVE).headline == "Hidden, not forgotten."
    hole = {"norm": 1.0, "norm_low": 0.98, "mlp": 0.5, "mlp_low": 0.4}
    taken = {"forget": 0.5, "forget_low": 0.3, "strangers": None}
    for shown in ({"detectability": hole}, {"innocent": taken}):
        reading = read(BEFORE, figures(0.15, 0.05, floor=0.16, **shown), FIVE)
        assert reading.outcome == "shows"
        assert reading.text.startswith("Forgotten as far as the probes see, but it shows. ")
    assert "50 of 100 of their photos pass as somebody innocent." in reading.text
    few = figures(1.0, 0.34, people=2)
    assert read(BEFORE, few, FIVE[:2]).headline == "Too few test photos to tell."
    lost = figures(0.15, 0.05, floor=0.16, retrieval={**quiet, "retain_recall_at_1": 0.52})
    was = figures(1.0, 0.95, named=1.0, retrieval={"retain_recall_at_1": 0.99})
    assert (
        "found the right person 99 of 100 times before, 52 of 100 now" in read(was, lost, FIVE).text
    )
    assert read(BEFORE, None, ()).headline == ""


def test_several_people_are_measured_against_strangers_where_there_are_any() -> None:
    """Catches 1/F as the bar where the same probe shows that strangers score less."""
    reading = read(BEFORE, figures(0.28, 0.17, floor=0.13), FIVE)
    assert reading.verdict == "traces"
    assert "with strangers in their place, 13" in reading.text


def test_nothing_measured_nothing_claimed() -> None:
    """Catches a verdict without test photos, and one before any deletion; and photos said to be
    missing where it was the question that nobody asked."""
    photoless = read(BEFORE, figures(None, 0), FIVE)
    assert photoless.verdict == "unmeasured"
    assert "no test photo" in photoless.text
    unasked = read(BEFORE, {"retrieval": {"forget_recall_at_1": 0.5}}, FIVE)
    assert unasked.verdict == "unmeasured"
    assert "was not asked" in unasked.text
    assert "no test photo" not in unasked.text
    assert read(BEFORE, None, ()).verdict == "nobody"
    assert read({}, None, ()).text == "Nobody has been forgotten yet."


@pytest.mark.parametrize("seed", range(40))
def test_every_number_in_the_sentence_was_measured(seed: int) -> None:
    """Catches numbers that come from nowhere, and nearly none or nearly all rounded away."""
    rng = random.Random(seed)
    count = rng.choice([1, 2, 5, 30])
    known = rng.choice([0.0, 1.0, 0.996, 0.003, rng.random()])
    after = figures(
        known,
        max(0.0, known - rng.random() * 0.4),
        named=rng.choice([0.0, rng.random()]),
        rest=rng.random(),
        people=count,
        floor=rng.choice([None, rng.random()]),
    )
    names = tuple(f"Person {chr(65 + at % 26)}" for at in range(count))
    reading = read(BEFORE, after, names)
    measured = {
        round(100 * value)
        for side in (BEFORE, after)
        for question in side.values()
        for value in question.values()
        if not isinstance(value, str)
    }
    said = {int(number) for number in re.findall(r"\d+", reading.text)}
    assert said <= measured | {100, 99, 1, count}, reading.text
    if 0.995 < known < 1:
        assert "right 100 of 100" not in reading.text
    assert reading.text.endswith(".")
    assert "guarantee" not in reading.text


def test_one_at_the_level_of_strangers_is_not_called_found() -> None:
    """Catches 'finds the face' said of a person found no more often than strangers are taken."""
    for known in (0.3, 0.303, 0.297):
        text = read(BEFORE, figures(known, 0.0, people=1, floor=0.3), ("Mei",)).text
        assert "hardly know the face" in text
        assert "too many to call that knowing" not in text
    above = read(BEFORE, figures(0.35, 0.0, people=1, floor=0.3), ("Mei",)).text
    assert "too many to call that knowing" in above
