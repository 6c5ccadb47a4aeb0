"""Hostile and odd inputs, `hostile.CASES`: each is used, listed with its reason, or refused in a
sentence; none ends in another error, takes long, runs or writes anything."""

import re
import time
from pathlib import Path

import pytest

from engine.errors import LetheError
from engine.photo import Unreadable
from engine.sources import open_gallery
from tests.engine.hostile import CASES, Case
from tests.engine.intake import reasons

PAGE = Path(__file__).parents[2] / "docs" / "intake.md"
SECONDS = 10


def outcome(path: Path) -> tuple[int, set[str], dict[str, str]]:
    """How many photos of whom give pixels, and why each other file does not."""
    found = open_gallery(path)
    left = reasons(found)
    used = 0
    for photo in found.photos:
        try:
            image = photo.image()
        except Unreadable as error:
            left[photo.key] = error.reason
        else:
            assert image.mode == "RGB"
            used += 1
    assert all("\n" not in one and len(one) < 300 for one in (*left, *left.values()))
    assert found.account().endswith(".")
    return used, set(found.identities), left


@pytest.mark.parametrize("odd", CASES, ids=[one.what for one in CASES])
def test_a_hostile_input_is_used_listed_or_refused(odd: Case, tmp_path, monkeypatch):
    """Would catch a crash, a sentence of a library's, a photo lost or let in, a pickle that runs, a
    file written, and minutes of work for a small file."""
    path = odd.make(tmp_path)
    there = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    kind, _, words = odd.gives.partition(": ")
    start = time.process_time()  # of the processor: other tests may keep the machine busy
    if kind == "refused":
        with pytest.raises(LetheError) as error:
            open_gallery(path)
        text = str(error.value)
        assert words in text
        assert re.fullmatch(r"[^\n]{20,400}\.", text)
        assert not re.search(r"Traceback|Error\b|0x[0-9a-f]{6}", text)
    else:
        used, who, left = outcome(path)
        assert used >= odd.photos
        assert not odd.who or who >= odd.who
        if kind == "used":
            assert not left
            assert not odd.who or who == odd.who
        else:
            assert any(words in one for one in left.values()), left
    assert time.process_time() - start < SECONDS
    assert sorted(tmp_path.rglob("*")) == there


def test_the_table_of_the_docs_is_the_table_of_the_tests():
    """Would catch an input that is promised and not tested, or tested and not told."""
    page = PAGE.read_text(encoding="utf-8").split("### Hostile and odd inputs\n")[1]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", page.split("\n### ")[0], flags=re.MULTILINE)
    assert rows[1:] == [(one.what, one.gives) for one in CASES]
    assert len({one.what for one in CASES}) == len(CASES) >= 80
