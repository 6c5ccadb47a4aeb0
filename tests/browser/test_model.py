"""An own model on the page: brought, fed otherwise, used, and gone."""

from pathlib import Path

import numpy as np
import pytest

from tests.browser.conftest import Open
from tests.engine.onnx_toy import mini, toy
from tests.engine.test_own_model import INSIDE, MIDDLE, WEIGHT


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    """A model that normalises inside, so that the usual settings are wrong for it."""
    path = tmp_path / "twice <b>.onnx"
    path.write_bytes(mini(first=INSIDE, constants=MIDDLE))
    return path


def test_from_file_to_studio(visit: Open, twice: Path) -> None:
    """Catches a picker that leads nowhere, wrong settings passed over, a proposal that cannot be
    taken, and a studio that still looks through another backbone."""
    one = visit()
    page = one.page
    page.select_option("#header [data-backbone]", "yours")
    page.wait_for_function("document.body.dataset.view === 'yours'")
    assert page.evaluate("document.activeElement.matches('#model [data-choose]')")
    page.set_input_files("#model [data-pick]", twice)
    page.wait_for_selector("#model .check.poor")
    assert "twice <b>.onnx" in page.inner_text("#model .facts")
    page.click("#model [data-better]")
    page.wait_for_selector("#model .check:not(.poor)")
    assert page.input_value("#model [data-pixels]") == "0.0,1.0"
    assert page.locator("#model [data-use]").is_enabled()
    page.select_option("#model [data-set=channel_order]", "bgr")
    assert page.locator("#model [data-use]").is_disabled()
    page.select_option("#model [data-set=channel_order]", "rgb")
    page.click("#model [data-use]")
    page.wait_for_function("document.body.dataset.view === 'studio'", timeout=120_000)
    assert page.input_value("#header [data-backbone]") == "yours"
    one.choose(1)
    one.forget()
    assert "Forgot 1 person" in one.status
    page.click("#views [data-place=yours]")
    page.click("#model [data-remove]")
    page.wait_for_function(
        "document.querySelector('#header [data-backbone]').value === 'mini'", timeout=60_000
    )
    page.wait_for_function("!document.querySelector('#model .seen')")


def test_what_is_no_model_is_told_in_place(visit: Open, tmp_path: Path) -> None:
    """Catches an error that only the studio shows, and one after which nothing more is taken."""
    wrong, right = tmp_path / "notes.onnx", tmp_path / "toy.onnx"
    wrong.write_bytes(b"hello")
    right.write_bytes(toy(np.abs(WEIGHT)))
    (tmp_path / "model.pt").write_bytes(b"x")
    page = visit().page
    page.click("#views [data-place=yours]")
    for path, says in ((tmp_path / "model.pt", "ends in .onnx"), (wrong, "not an ONNX model")):
        page.set_input_files("#model [data-pick]", path)
        page.wait_for_function(
            "says => document.querySelector('#model [data-said]').innerText.includes(says)",
            arg=says,
        )
    page.set_input_files("#model [data-pick]", right)
    page.wait_for_selector("#model .seen")
