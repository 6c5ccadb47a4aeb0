"""People whose folder names try to become markup, a template or a script."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.browser.conftest import Open, serve
from tests.demo.world import photo
from tests.engine.onnx_toy import toy

NAMES = (
    "<img src=x onerror=hacked()>",
    "${hacked()}",
    "{{hacked()}}`'\"&",
    "Ada_Plain",
    "Zoe\u0308_Straße",
)
"""One of them spelt as disks may spell it: the letter, then its dots (NFD)."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a folder of such people."""
    folder = tmp_path_factory.mktemp("people")
    for at, name in enumerate(NAMES):
        (folder / name).mkdir()
        for i in range(6):
            (folder / name / f"{i}.png").write_bytes(photo(45 * at + 3 * i))
    model = Path(tmp_path_factory.mktemp("model")) / "toy.onnx"
    model.write_bytes(toy(np.random.default_rng(0).normal(size=(3, 16))))
    with serve("--faces", str(folder), "--backbone", str(model), "--aligned") as site:
        yield site.address


def test_names_stay_names(visit: Open, hostile: str) -> None:
    """Catches a name that runs, or that breaks a panel, anywhere on the page."""
    one = visit(address=hostile)
    shown = one.page.locator("#people .card .name").all_inner_texts()
    spelt = [unicodedata.normalize("NFC", name.replace("_", " ")) for name in NAMES]
    assert sorted(unicodedata.normalize("NFC", name) for name in shown) == sorted(spelt)
    for place in range(3):
        one.choose(place)
    one.page.wait_for_function("document.querySelector('#forget').innerText === 'Forget 3 people'")
    one.forget()
    for place in range(8):
        one.page.locator("#retrieval-after .hit").nth(place).hover()
    assert one.page.locator("#people .card.erased").count() == 3
    assert one.page.evaluate("document.querySelectorAll('img[src=x]').length") == 0


@pytest.mark.parametrize(
    "typed", ["zoe", "ZOË", "Zo\u00eb", "zoe\u0308", "STRASSE", "oe str", "zoë_straße"]
)
def test_the_search_finds_a_name_however_it_is_spelt(visit: Open, hostile: str, typed: str) -> None:
    """Catches a search that hangs on case, accents or how a disk spells them."""
    one = visit(address=hostile)
    one.page.locator("#people input[type=search]").fill(typed)
    seen = one.page.locator("#people .card:visible .name").all_inner_texts()
    assert len(seen) == 1
    assert seen[0].startswith("Zo")
