"""A served page and a Chromium for the browser tests."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools import languages

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
DESKTOP, PHONE = (1440, 900), (390, 844)
START_SECONDS = 240
DRAFT = "ar-XB"
"""The usual key of a made-up language that runs from right to left."""
CUT_OFF = re.compile(r"AbortError: (signal is|BodyStreamBuffer was) aborted|Connection errored out")
ENDED = re.compile(
    "ERR_INCOMPLETE_CHUNKED_ENCODING|TypeError: network error|Unexpected error 404: Not Found"
)
"""A page says goodbye as it is left, and a quick server ends what the browser still reads."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def _without(reason: str) -> None:
    """Skip with a reason, or fail where browser tests are required."""
    if os.environ.get("LETHE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"Browser tests are required, but {reason}")
    pytest.skip(reason)


@dataclass(frozen=True)
class Served:
    """A page that is up: where, and by which process."""

    address: str
    pid: int


@contextmanager
def serve(*options: str, **environment: str) -> Iterator[Served]:
    """`app.py` on a free port until the block ends, with more variables in its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LETHE_AHEAD": "0", **environment},
    )
    try:
        _await(address, process)
        yield Served(address, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(address: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"app.py ended at once:\n{process.stdout.read()[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=5).read(1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    pytest.fail("app.py did not serve its page in time")


@pytest.fixture(scope="session")
def site(own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page as it comes, and one more language, `DRAFT`: English in brackets, right to left.

    LETHE_TEST_OPTIONS runs the same tests on other faces, LETHE_TEST_SITE on a page that is up.
    """
    if running := os.environ.get("LETHE_TEST_SITE"):
        yield running
        return
    drafts = tmp_path_factory.mktemp("drafts")
    languages.pseudo(drafts / DRAFT, towards="rtl")
    options = shlex.split(os.environ.get("LETHE_TEST_OPTIONS", ""))
    with serve(*options, LETHE_LANGUAGES=str(drafts)) as served:
        yield served.address


@pytest.fixture(scope="session")
def names(site: str) -> list[str]:
    """Who is in the gallery, in the order of the cards."""
    config = json.loads(urllib.request.urlopen(f"{site}config", timeout=30).read())
    people = next(
        one["props"] for one in config["components"] if one["props"].get("elem_id") == "people"
    )
    return re.findall(r'class="name">([^<]+)<', people["props"]["markup"])


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One Chromium for all tests."""
    api = pytest.importorskip("playwright.sync_api")
    found = os.environ.get("CHROMIUM") or next(
        (
            path
            for name in ("chromium", "chromium-browser", "google-chrome")
            if (path := shutil.which(name))
        ),
        None,
    )
    with api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except api.Error as error:
            _without(f"no Chromium could be started ({str(error).splitlines()[0]})")
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser window on the page, and whatever went wrong in it."""

    page: object
    trouble: list[str] = field(default_factory=list)
    was_offline: bool = False

    def offline(self, off: bool) -> None:
        """Cut the window's connection or give it back; Chromium reports what fails meanwhile."""
        self.was_offline = True
        self.page.context.set_offline(off)

    @property
    def faults(self) -> list[str]:
        """What went wrong and was not brought about by the test itself."""
        if not self.was_offline:
            return self.trouble
        return [line for line in self.trouble if "ERR_INTERNET_DISCONNECTED" not in line]

    def choose(self, *places: int) -> None:
        """Tick the cards at these places."""
        for place in places:
            self.page.locator("#people .card").nth(place).check()

    def go(self, place: str) -> None:
        """Enter a place of the page."""
        self.page.locator(f"#views [data-place={place}]").click()
        self.page.wait_for_function(f"document.body.dataset.view === '{place}'")

    def method(self, name: str) -> None:
        """Set the method."""
        radio = self.page.locator(f'#method input[value="{name}"]')
        radio.evaluate("one => { const d = one.closest('details'); if (d) d.open = true; }")
        radio.check(force=True)

    def forget(self) -> None:
        """Press Forget and wait until the work is done."""
        said = self.page.locator("#status .say").get_attribute("data-count")
        self.page.locator("#forget").click()
        # Work that has not begun yet looks like work that is done.
        self.page.wait_for_function(
            "said => document.querySelector('#status .say').dataset.count !== said", arg=said
        )
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_function(
            "() => document.querySelector('#cancel')?.disabled"
            " && !document.querySelector('#status .busy')",
            timeout=60_000,
        )

    def see_curve(self) -> None:
        """Scroll down to the forgetting curve and wait until it is drawn."""
        self.page.wait_for_selector("#curve")
        self.page.locator("#curve").scroll_into_view_if_needed()
        self.page.wait_for_selector("#forgetting-curve .js-plotly-plot")

    def reload(self) -> None:
        """Load the page anew; Gradio logs the streams that this cuts off."""
        before = len(self.trouble)
        self.page.reload()
        leaving = [line for line in self.trouble[before:] if not ENDED.search(line)]
        both = self.trouble[:before] + leaving
        self.trouble[:] = [line for line in both if not CUT_OFF.search(line)]
        self.page.wait_for_selector("#people .card")

    @property
    def status(self) -> str:
        """The status line."""
        return self.page.locator("#status [role=status]").text_content().strip()

    def figure(self, metric: str) -> str:
        """A cell of the scoreboard."""
        return self.page.locator(f'#scoreboard [data-metric="{metric}"]').inner_text()


Open = Callable[..., Visit]


@dataclass
class Unknown:
    """For `visit(before=...)`: the server does not know the page, whose first word is held back."""

    first: object = None

    def __call__(self, page: object) -> None:
        """Hold it back."""
        page.route("**/run/predict", self._hold)

    def _hold(self, route: object) -> None:
        if self.first is None:
            self.first = route
        else:
            route.continue_()

    def known(self) -> None:
        """Let it go."""
        self.first.continue_()


@pytest.fixture
def visit(chromium: object, site: str) -> Iterator[Open]:
    """Open the page in a window of its own; trouble in it fails the test at the end."""
    visits, contexts = [], []

    def enter(
        size: tuple[int, int] = DESKTOP,
        scheme: str = "light",
        address: str = site,
        query: str = "",
        before: Callable[[object], object] = lambda page: None,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        one = Visit(page)
        page.on("pageerror", lambda error: one.trouble.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: (
                message.type == "error" and one.trouble.append(f"console: {message.text}")
            ),
        )
        page.on(
            "request",
            lambda request: (
                request.url.startswith((address, "data:", "blob:"))
                or one.trouble.append(f"external: {request.url}")
            ),
        )
        before(page)
        page.goto(address + query)
        there = "attached" if "view=" in query else "visible"
        page.wait_for_selector("#people .card", state=there)
        page.wait_for_selector("#map canvas", state=there)
        page.wait_for_selector("#compare section", state="attached")
        visits.append(one)
        return one

    yield enter
    for context in contexts:
        context.close()
    trouble = [line for one in visits for line in one.faults]
    assert not trouble, "\n".join(trouble)
