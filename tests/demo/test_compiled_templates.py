"""Templates that are compiled once."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from demo.compiled_templates import BesideThem


class Counting(Environment):
    """Counts what it compiles."""

    count = 0

    def _compile(self, source: str, filename: str) -> object:
        self.count += 1
        return super()._compile(source, filename)


def compiles(folder: Path, maker: Path, text: str = "{{ one }}") -> int:
    """How often a page that comes up compiles its one template."""
    made = Counting(loader=DictLoader({"a": text}), bytecode_cache=BesideThem(folder, maker))
    assert made.get_template("a").render(one="x") == text.replace("{{ one }}", "x")
    return made.count


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "maker.py"
    path.write_text("as it is")
    return path


def test_what_was_compiled_is_kept_until_something_changes(tmp_path: Path, maker: Path) -> None:
    """Catches a page that shows yesterday's template, or compiles at each start."""
    assert compiles(tmp_path, maker) == 1
    assert compiles(tmp_path, maker) == 0
    assert compiles(tmp_path, maker, "now {{ one }}") == 1
    maker.write_text("otherwise")
    assert compiles(tmp_path, maker, "now {{ one }}") == 1


def test_a_folder_that_is_missing_or_damaged_costs_time_alone(tmp_path: Path, maker: Path) -> None:
    """Catches a page that does not come up where nothing may be written."""
    assert compiles(tmp_path / "nowhere", maker) == 1
    compiles(tmp_path, maker)
    (kept,) = tmp_path.glob("*.jinja.pyc")
    kept.write_bytes(b"something else")
    assert compiles(tmp_path, maker) == 1


def test_nothing_is_written_where_python_writes_nothing(
    tmp_path: Path, maker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches files in a folder that was to stay as it is."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiles(tmp_path, maker)
    assert not list(tmp_path.glob("*.jinja.pyc"))
