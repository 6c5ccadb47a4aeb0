"""Embeddings alone in a real browser: brought, forgotten from, saved as steps and done again."""

import json
from pathlib import Path

import numpy as np

from tests.browser.conftest import PHONE, Open
from tests.browser.test_yours import bring, open_studio
from tests.engine.toy import cluster

NAMES = ("Ada Lovelace", "Bo", "Çelik", "Dan", "Eve", "Finn")


def test_embeddings_are_brought_and_steps_come_back(visit: Open, tmp_path: Path) -> None:
    """Catches a studio without photos that breaks, steps that lose a figure on the way, and a
    company offered to embeddings of another system."""
    values, labels = cluster(6, 8)
    file, steps = tmp_path / "people.npz", tmp_path / "steps.json"
    np.savez(file, embeddings=values.numpy(), labels=np.array(NAMES)[labels.numpy()])
    one = visit(PHONE, "dark")
    one.go("yours")
    assert one.page.locator("#yours .company").is_visible()
    bring(one, file)
    assert not one.page.locator("#yours .company").is_visible()
    assert "48 rows of embeddings of 6 people" in one.page.locator("#yours .found").inner_text()
    open_studio(one)
    assert one.page.locator('#people .card img[src^="data:image/svg"]').count() == 6
    assert one.page.locator("#who [data-camera]").count() == 0
    assert not one.page.locator("#saved [data-away]").is_visible()
    one.choose(1, 4)
    one.forget()
    figures = one.page.locator("#scoreboard [data-metric]").all_inner_texts()
    one.settle()
    one.page.locator("#saved [data-away]").click()
    assert one.page.locator("#take .why").count() == 2  # there is no model to take
    with one.page.expect_download() as download:
        one.page.locator("#take [data-key=steps]").click()
    download.value.save_as(steps)
    saved = json.loads(steps.read_text(encoding="utf-8"))
    assert all(who.startswith("sha256:") for who in saved["steps"][0]["forget"])
    one.page.locator("#reset").click()
    one.page.locator("#saved [data-away]").wait_for(state="hidden")
    one.settle()
    one.page.locator("#saved input").set_input_files(steps)
    one.page.locator("#saved [data-away]").wait_for()
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('These are the saved steps')"
    )
    again = one.page.locator("#scoreboard [data-metric]").all_inner_texts()
    assert again[:-1] == figures[:-1]  # the last one is how long it took
    width = one.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
