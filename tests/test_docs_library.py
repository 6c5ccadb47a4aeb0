"""The documentation of the library runs: its code blocks, and the notebook's cells."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def blocks(text: str) -> list[str]:
    """The Python blocks of a page of documentation."""
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", ["library.md", "library.ipynb"])
def test_the_code_in_the_docs_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """Would catch documented names that are gone, and a notebook that was never run."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if page.endswith(".md"):
        code = blocks(text)
    else:
        cells = json.loads(text)["cells"]
        code = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
        assert not any(one.get("outputs") for one in cells), "outputs are not kept in the repo"
    assert len(code) > 3
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, block in enumerate(code, 1):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
    assert "as before" in capsys.readouterr().out
