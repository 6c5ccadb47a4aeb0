"""The lesson as a learner takes it: by mouse, on a phone, by keyboard alone; left and resumed."""

from dataclasses import dataclass

import pytest

from demo.lessons.steps import STEPS
from tests.browser.conftest import CUT_OFF, DESKTOP, PHONE, ROOT, Open, Visit, serve
from tests.browser.test_access import _violations

PEOPLE = (2, 9, 20)
TITLES = {
    "Hide the name": "head-only",
    "Erase (ESC)": "esc",
    "Learn to": "esc-t",
    "Stand": "stand-in",
}
LEFT_OPEN = """() => document.querySelector('#lesson .lesson')?.hidden === false
  && !!document.querySelector('#lesson [data-news] > *')"""


@dataclass
class Learner:
    """Somebody who does what the card says, with a pointer or with `keys` alone."""

    one: Visit
    keys: bool = False

    @property
    def page(self) -> object:
        return self.one.page

    def press(self, selector: str, key: str = "Enter") -> None:
        """Use a control."""
        if not self.keys:
            self.page.locator(selector).first.click()
            return
        self.reach(selector)
        self.page.keyboard.press(key)

    def reach(self, selector: str) -> None:
        """Tab to a control, forwards or back, whichever way it lies."""
        look = """(at) => {
          const all = [...document.querySelectorAll(at)], now = document.activeElement;
          if (all.includes(now)) return 'here';
          const to = all[0];
          return now.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_PRECEDING ? 'back' : 'on';
        }"""
        for _ in range(150):
            way = self.page.evaluate(look, selector)
            if way == "here":
                return
            self.page.keyboard.press("Shift+Tab" if way == "back" else "Tab")
        raise AssertionError(f"no way by Tab to {selector}")

    def begin(self) -> None:
        self.press("#views [data-place=learn]")
        self.page.wait_for_function("document.body.dataset.view === 'learn'")
        self.press("#learn [data-start]")
        self.page.wait_for_function(LEFT_OPEN)

    def act(self) -> str:
        """What the card says to do next; empty once the step is done."""
        return self.page.evaluate(
            "document.querySelector('#lesson .acts .next > span')?.textContent.trim() ?? ''"
        )

    def show(self) -> None:
        """Have the control shown: it is in sight, and no card lies over it."""
        if self.page.locator("#lesson [data-folded]").count():
            self.press("#lesson [data-fold]")
        self.press("#lesson [data-where]")
        self.page.wait_for_function(
            """() => {
              const one = document.activeElement, card = document.querySelector('#lesson');
              if (one === document.body || card.contains(one)) return false;
              const box = one.getBoundingClientRect();
              const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return box.top >= 0 && box.bottom <= window.innerHeight && at && !card.contains(at);
            }"""
        )

    def back(self) -> None:
        """To the card again."""
        if self.keys:
            self.page.keyboard.press("Escape")
            self.page.wait_for_function(
                "document.querySelector('#lesson').contains(document.activeElement)"
            )
        elif self.page.locator("#lesson [data-folded]").count():
            self.page.locator("#lesson [data-fold]").click()

    def do(self, act: str) -> None:
        """Do one act, as its words say."""
        page = self.page
        if act.startswith("Go to"):  # which starts the attacks
            self.press("#lesson [data-where]")
            page.wait_for_function("document.body.dataset.view === 'attack'")
            if self.keys:
                page.wait_for_function(
                    "!document.querySelector('#lesson').contains(document.activeElement)"
                )
        elif act.startswith("Choose"):
            self.show()
            few = {"Choose somebody": PEOPLE[:1], "Choose two more": PEOPLE[1:]}
            for label in few.get(act[:15], PEOPLE):
                card = f'#people .card[data-label="{label}"]'
                self.press(f"{card} input" if self.keys else card, "Space")
        elif act.startswith("Pick"):
            method = next(name for title, name in TITLES.items() if title in act)
            self.show()
            way = f'#method label:has(input[value="{method}"])'
            if self.keys:
                page.keyboard.press("Space")
                self.back()
                self.show()
                assert page.evaluate("document.activeElement.id") == "forget"
                page.keyboard.press("Enter")
            else:
                self.press(way)
                self.press("#forget")
        elif act.startswith("Drag"):
            self.show()
            if self.keys:
                page.keyboard.press("End")
            else:
                box = page.locator("#strength").bounding_box()
                page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
        else:
            self.show()
            if self.keys:
                page.keyboard.press("Space")
            elif act.startswith("In “Who"):
                self.press("#query .strip [aria-pressed=false]")
            else:
                page.locator(":focus").click()
        page.wait_for_function(
            """(was) => {
              const next = document.querySelector('#lesson .acts .next > span');
              return (next?.textContent.trim() ?? '') !== was;
            }""",
            arg=act,
            timeout=120_000,
        )
        self.one.settle()

    def step(self, at: int) -> None:
        """Do a whole step, answer its question rightly and look at what the card found."""
        page, step = self.page, STEPS[at]
        page.wait_for_function(
            "(title) => document.querySelector('#lesson [data-title]').textContent === title"
            " && document.querySelector('#lesson [data-news] > *')",
            arg=step.title,
        )
        assert page.inner_text("#lesson [data-at]") == f"Step {at + 1} of {len(STEPS)}"
        for _ in range(6):
            act = self.act()
            if not act:
                break
            assert page.inner_text("#lesson [data-next]") in ("Skip", "End the lesson")
            self.do(act)
            self.back()
        # Of the two sentences on bystanders one is true.
        several = len(step.facts) - (step.id == "strength")
        page.wait_for_function(
            "(many) => document.querySelectorAll('#lesson .facts p').length === many", arg=several
        )
        right = next(place for place, one in enumerate(step.answers) if one.right)
        wrong = (right + 1) % len(step.answers)
        for answer in (wrong, right):
            self.answer(answer)
            told = page.locator("#lesson .because:not([hidden])")
            assert told.count() == 1
            assert step.answers[answer].because in told.inner_text()

    def answer(self, at: int) -> None:
        radio = self.page.locator(f'#lesson [name=lethe-answer][value="{at}"]')
        if not self.keys:
            radio.check()
            return
        self.reach("#lesson [name=lethe-answer]")
        for _ in range(3):
            if radio.is_checked():
                return
            self.page.keyboard.press("Space" if not self._answered() else "ArrowDown")
        assert radio.is_checked()

    def _answered(self) -> bool:
        return self.page.locator("#lesson [name=lethe-answer]:checked").count() > 0


@pytest.mark.parametrize(
    ("size", "keys"),
    [(DESKTOP, False), (PHONE, False), (DESKTOP, True)],
    ids=["mouse", "phone", "keyboard"],
)
def test_the_whole_lesson(visit: Open, size: tuple[int, int], keys: bool) -> None:
    """Catches a step that cannot be done as it says, a control under the card, a figure that never
    comes, and a way through that needs a mouse."""
    one = visit(size)
    learner = Learner(one, keys)
    page = one.page
    learner.begin()
    page.wait_for_function("document.body.dataset.view === 'studio'")
    for at in range(len(STEPS)):
        learner.step(at)
        assert page.locator("#lesson .way .done").count() == at + 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if at + 1 < len(STEPS):
            learner.press("#lesson [data-next]")
    assert page.inner_text("#lesson [data-next]") == "End the lesson"
    learner.press("#lesson [data-next]")
    assert page.locator("#lesson .lesson").is_hidden()


def test_a_lesson_goes_on_where_the_visit_was_dropped(visit: Open) -> None:
    """Catches a card that goes on telling what the server no longer knows was done."""
    with serve("--max-sessions", "1") as small:
        one = visit(address=small.address)
        Learner(one).begin()
        other = visit(address=small.address)  # takes the only place
        one.choose(3)
        one.page.wait_for_selector("#lesson .note")
        assert "began anew" in one.page.inner_text("#lesson .note")
        for window in (one, other):
            window.page.context.close()


def test_a_reload_goes_on_and_leaving_gives_the_page_back(visit: Open) -> None:
    """Catches a lesson that starts over, loses answers, or leaves outlines and gaps behind."""
    one = visit()
    page, learner = one.page, Learner(one)
    width = "document.querySelector('#studio').getBoundingClientRect().width"
    before = page.evaluate(width)
    learner.begin()
    assert page.evaluate(width) < before
    learner.step(0)
    page.locator("#lesson [data-next]").click()
    page.wait_for_function("document.querySelector('#lesson [data-at]').textContent[5] === '2'")
    page.locator("#lesson [data-next]").click()  # skipped
    page.wait_for_function("document.querySelector('#lesson [data-at]').textContent[5] === '3'")
    page.wait_for_selector("#lesson .acts .next")
    learner.answer(1)
    one.reload()
    page.wait_for_function(LEFT_OPEN)
    assert page.inner_text("#lesson [data-at]").startswith("Step 3")
    assert "began anew" in page.inner_text("#lesson .note")
    assert learner.act().startswith("Choose three")
    assert page.locator('#lesson [name=lethe-answer][value="1"]').is_checked()
    assert page.locator("#lesson .way .done").count() == 1
    one.choose(*PEOPLE)
    page.wait_for_function(
        "document.querySelector('#lesson .acts .next').textContent.includes('Hide the name')"
    )
    one.method("head-only")
    one.forget()
    page.wait_for_selector("#lesson .facts p")
    cards = page.inner_html("#people .cards")
    assert page.evaluate("!!document.querySelector('style[data-lesson-outline]')")
    page.locator("#lesson [data-leave]").click()
    assert page.locator("#lesson .lesson").is_hidden()
    assert page.evaluate("document.body.dataset.lesson === undefined")
    assert page.locator("style[data-lesson-outline]").count() == 0
    assert page.evaluate(width) == before
    assert page.inner_html("#people .cards") == cards
    assert page.locator("#steps [data-step]").count() == 1
    assert page.evaluate("sessionStorage.getItem('lethe-lesson')") is None
    one.reload()
    page.wait_for_selector("#compare section", state="attached")
    assert page.locator("#lesson .lesson").is_hidden()


def test_links_open_at_their_step_and_tabs_keep_apart(visit: Open, site: str) -> None:
    """Catches a teacher's link that does not lead to its step, an unknown one that breaks the
    page, and two windows of one pupil that take each other's progress."""
    one = visit()
    page = one.page

    def enter(where: object, step: str) -> None:
        where.goto(f"{site}?view=learn&step={step}")
        where.wait_for_function(LEFT_OPEN)

    enter(page, "hole")
    assert page.inner_text("#lesson [data-at]").startswith("Step 8")
    page.wait_for_function("document.body.dataset.view === 'studio'")
    assert "step=" not in page.url
    other = page.context.new_page()
    enter(other, "nowhere")
    assert other.inner_text("#lesson [data-at]").startswith("Step 1 ")
    assert "There is no step “nowhere”" in other.inner_text("#lesson .note")
    assert other.evaluate("document.body.dataset.view") == "learn"
    one.reload()
    page.wait_for_function(LEFT_OPEN)
    assert page.inner_text("#lesson [data-at]").startswith("Step 8")
    one.go("learn")
    assert page.inner_text("#learn [data-here]").startswith("The erased leave a hole")
    assert page.inner_text("#learn [data-start]") == "Go on with the lesson"
    one.trouble[:] = [line for line in one.trouble if not CUT_OFF.search(line)]


def test_the_hand_out_fits_one_sheet(chromium: object) -> None:
    """Catches a hand-out whose last line needs a second sheet of A4."""
    page = chromium.new_page()
    page.goto((ROOT / "docs" / "handout.html").as_uri())
    assert b"/Count 1" in page.pdf(prefer_css_page_size=True)
    page.close()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_the_card_is_accessible(visit: Open, size: tuple[int, int], scheme: str) -> None:
    """Catches weak contrast, missing names, and text wider than the screen."""
    one = visit(size, scheme)
    page = one.page
    one.go("learn")
    assert not _violations(one)
    page.locator("#learn [data-open=erase]").click()
    page.wait_for_function(LEFT_OPEN)
    page.locator('#lesson [name=lethe-answer][value="0"]').check()
    assert page.evaluate("document.activeElement.closest('#lesson') !== null")
    assert not _violations(one)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("#lesson [data-fold]").click()
    assert page.locator("#lesson [data-fold]").get_attribute("aria-expanded") == "false"
    assert page.locator("#lesson .inside").is_hidden()
    assert not _violations(one)
