"""Sentences that remember how they were made."""

import copy
import json
import pickle

from engine.said import Said, either, joined, listed, noted, restored, said, said_n, stored


def test_it_is_the_english_sentence() -> None:
    """Catches a sentence that reads otherwise for whoever does not translate."""
    made = said("There is no {name} among {count:,} people.", name="Asha {b}", count=1234)
    assert made == "There is no Asha {b} among 1,234 people."
    assert json.loads(json.dumps({"error": made})) == {"error": str(made)}


def test_one_and_many() -> None:
    """Catches "1 photos", and a plural that a translator cannot choose again."""
    one, many, none = (said_n("{count} photo", "{count} photos", count) for count in (1, 2, 0))
    assert (one, many, none) == ("1 photo", "2 photos", "0 photos")
    assert (many.template, many.plural, many.number) == ("{count} photo", "{count} photos", 2)


def test_parts_are_known_for_themselves() -> None:
    """Catches a row of sentences of which no catalogue can hold the whole."""
    made = joined(said("{name} is known.", name="Asha"), "Nothing else.")
    assert made == "Asha is known. Nothing else."
    assert [getattr(part, "template", part) for part in made.values.values()] == [
        "{name} is known.",
        "Nothing else.",
    ]


def test_it_outlives_copies_and_other_processes() -> None:
    """Catches an error from a child process that has forgotten how it was made."""
    made = said_n("{count} face in {name}", "{count} faces in {name}", 3, name="a.jpg")
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert isinstance(again, Said)
        assert again == made
        assert (again.template, again.values) == (made.template, made.values)


def test_lists_keep_names_apart_from_the_words_between_them() -> None:
    """Catches an "and" that stays English, and a person's name that is taken for a word."""
    assert listed(["Ada"]) == "Ada"
    assert listed(["Ada", "Bob", "Cid"]) == "Ada, Bob and Cid"
    assert listed(["Ada", "Bob", "Cid"], 2) == "Ada, Bob and 1 more"
    assert either(["Ada", "Bob", "Cid", "Dee"]) == "Ada or Bob or Cid or 1 more"
    assert listed(["Ada", "Bob"]).template == "{names} and {last}"
    assert set(listed(["Ada", "Bob", "Cid"]).values["names"].values.values()) == {"Ada", "Bob"}


def test_a_template_waits_for_its_figures() -> None:
    """Catches a constant with places that cannot be written down before they are known."""
    fact = noted("KR is {kr}.")
    assert fact == "KR is {kr}."
    assert said(fact, kr="12 %") == "KR is 12 %."


def test_it_can_be_kept_as_json() -> None:
    """Catches a remark from the cache that can only be said in English."""
    made = said_n(
        "{count} photo: {why}", "{count} photos: {why}", 2, why=said("over {most} MB", most=5)
    )
    again = restored(json.loads(json.dumps(stored(made))))
    assert again == made
    assert isinstance(again, Said)
    assert (again.template, again.plural, again.number) == (made.template, made.plural, 2)
    assert again.values["why"].values == {"most": 5}
    assert restored(json.loads(json.dumps(stored("Ada")))) == "Ada"


def test_a_constant_stays_as_it_is() -> None:
    """Catches a constant whose braces are taken for places, here or in another process."""
    made = noted("You chose {people}.")
    assert made == made.template == "You chose {people}."
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.format(people="Ada") == "You chose Ada."
