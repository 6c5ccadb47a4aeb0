"""After two visitors are gone, nothing of their photos is in memory or on the disk."""

import io
import re
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import Open, Visit, serve
from tests.browser.test_yours import bring, open_studio, packed, to_place
from tests.traces import Needles, files, in_files, in_memory

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="/proc is Linux's alone"
)
PATIENCE = 30.0


def needles(archives: list[Path], pictures: set[str]) -> Needles:
    """The photos' bytes as they were sent, the pixels of each, and the small pictures of a page."""
    sent, pixels = [], []
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            names = [one for one in archive.namelist() if one.endswith(".jpg")]
            sent += [archive.read(one) for one in names if not one.endswith("broken.jpg")]
    for data in sent:
        photo = np.asarray(Image.open(io.BytesIO(data)))
        pixels.append(photo[60:420, 140:500].tobytes())  # the face, without the ground
    # Their first halves hold tables that all small pictures share.
    halves = [one[len(one) // 2 :].encode() for one in pictures]
    return Needles({"sent": sent, "pixels": pixels, "pictures": halves})


def pictures(one: Visit) -> set[str]:
    """The pictures that stand in the page itself."""
    return set(re.findall(r"base64,([A-Za-z0-9+/=]{200,})", one.page.content()))


def test_nothing_is_left_of_two_visitors(visit: Open, tmp_path: Path) -> None:
    """Catches photos or small pictures of them that Gradio, a cache, a thread, a traceback or freed
    memory still holds, and files that were written: while in use the search finds them."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    archives = [
        packed(folders[0], "Asha", "Diego", "Greta"),
        packed(folders[1], "Omar", "Priya", "Chidi"),
    ]
    scratch, cache = tmp_path / "scratch", tmp_path / "cache"
    scratch.mkdir()
    with serve(TMPDIR=str(scratch), LETHE_CACHE=str(cache)) as site:
        pid = site.pid
        nobody = visit(address=site.address)
        everybodys = pictures(nobody)
        visits = [visit(address=site.address) for _ in archives]
        own: set[str] = set()
        for one, path in zip(visits, archives, strict=True):
            to_place(one, "yours")
            bring(one, path)
            own |= pictures(one)
            open_studio(one)
            one.choose(0)
            one.forget()
            own |= pictures(one)
        wanted = needles(archives, own - everybodys)
        there = in_memory(pid, wanted)
        # Whole photos are decoded for a moment only, and overwritten even now.
        assert min(there["sent"], there["pictures"]) > 50
        visits[0].page.context.close()
        to_place(visits[1], "yours")
        visits[1].page.locator("#yours [data-wipe]").click()
        visits[1].page.locator("#yours [data-really]").click()
        visits[1].page.wait_for_function(
            "document.querySelector('#yours [data-said]').innerText.includes('gone')",
            timeout=60_000,
        )
        # The second page stays open: it is not closing it that makes them go.
        until = time.monotonic() + PATIENCE
        while (left := in_memory(pid, wanted)) and time.monotonic() < until:
            time.sleep(2)
        assert left == {}
        assert in_files(scratch, wanted) == {}
        assert in_files(cache, wanted) == {}
        for one in (nobody, visits[1]):
            one.page.context.close()
    assert not [name for name in files(scratch) if "gradio" in name]
