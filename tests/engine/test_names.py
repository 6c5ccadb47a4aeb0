"""Whom a name means: the exact one, the only one that fits, or a question back."""

import unicodedata

import pytest

from engine.errors import LetheError
from engine.names import find, listed, plain

TWINS = ("Ada", "Anna B", "Doe, John", "ada", "ada_", "anna_b", "-dash", "Zoë")


def test_the_exact_name_wins_over_its_twins() -> None:
    """Catches `--forget Ada` erasing `ada_`, the last of several that look alike."""
    assert find(["Ada", "ada", "ada_"], TWINS, "here") == (0, 3, 4)
    assert find(["anna_b"], TWINS, "here") == (5,)
    assert find(["Anna B"], TWINS, "here") == (1,)


@pytest.mark.parametrize("typed", ["ADA", "anna b", "Anna_B", " ada "])
def test_what_fits_several_is_refused_with_all_of_them(typed: str) -> None:
    """Catches a guess where the wrong person would be erased."""
    with pytest.raises(LetheError, match=r"may be '.*' or '.*' in here; write the name exactly"):
        find([typed], TWINS, "here")


def test_the_only_one_that_fits_is_meant() -> None:
    """Catches a search that insists on case or underscores where nothing else fits."""
    people = ("George_W_Bush", "Ada")
    assert find(["george w bush", "ADA", "Ada"], people, "here") == (0, 1)


def test_both_spellings_of_unicode_are_one_name() -> None:
    """Catches a name typed on one system and stored on another that is not found."""
    for form in ("NFC", "NFD"):
        assert find([unicodedata.normalize(form, "Zoë")], TWINS, "here") == (7,)
    with pytest.raises(LetheError, match="did you mean Zoë"):
        find(["Zoe"], TWINS, "here")  # near, but somebody else may be called so


def test_a_value_that_is_a_name_is_not_split() -> None:
    """Catches `Doe, John` read as two people, and lists that are not split any more."""
    assert listed("Doe, John", TWINS) == ["Doe, John"]
    assert listed("doe,  john", TWINS) == ["doe,  john"]
    assert listed("Ada, Zoë,", TWINS) == ["Ada", "Zoë"]


def test_a_search_needs_no_accents() -> None:
    """Catches a search that misses Zoë for `zoe`."""
    assert plain("Zoë_Ångström") == "zoe angstrom"
    assert plain(unicodedata.normalize("NFD", "Zoë")) == "zoe"
    assert plain("STRAßE") == "strasse"
