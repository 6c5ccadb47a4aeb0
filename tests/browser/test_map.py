"""The map alone, in Chromium: faces on hover, a pick on click, points that glide."""

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from demo import languages, palette
from demo.gradio_quirks import tongues
from demo.map_view import Frame, Sheets, map_value, map_view
from engine.maps import Atlas
from tests.demo.world import NAMES, workspace

FORGET = (1, 5)
HOSTILE = "<img src=x onerror=alert(1)>"

INK = """() => {
  const canvas = document.querySelector('#map canvas.lm-canvas');
  if (!canvas) return {};
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let blue = 0, red = 0, sum = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] < 128) continue;
    const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    if (b > r + 40) blue++;
    if (r > b + 60) red++;
    sum = (sum * 31 + r + 2 * g + 3 * b + i) % 1000000007;
  }
  return {blue, red, sum};
}"""


BARE = """() => {
  const canvas = document.querySelector('#map canvas.lm-canvas');
  const { x, y, width, height } = canvas.getBoundingClientRect();
  return document.querySelector('#settle')
    && document.elementFromPoint(x + width / 2, y + height / 2) === canvas;
}"""
"""Nothing lies over the map, and the last of the buttons is there."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A page with nothing but the map, a button that forgets and one that takes it back."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    space = workspace((HOSTILE.replace("/", ""), *NAMES[1:]))
    sheets, atlas = Sheets(), Atlas(space.features.values)
    frame = Frame.of(space, atlas, sheets)
    labels = space.features.labels
    rows = space.features.values[torch.isin(labels, torch.tensor(FORGET))]
    factor = torch.linalg.svd(rows.T, full_matrices=False)[0][:, :2]
    changed = space.features.values - (space.features.values @ factor) @ factor.T
    after = np.array(atlas.after(changed))
    # Far enough for a test to see, wherever the layout put them.
    after[np.isin(labels.numpy(), FORGET)] = [0.5, 0.5]

    def pick(event: gr.EventData) -> str:
        return f"{event.index}|{event.label}|{event.name}|{event.stranger}"

    def twice() -> Iterator[dict]:
        """The page's own order: placed at once, settled while the points still glide."""
        yield map_value(frame, atlas.before * 0.5, forgotten=FORGET)
        time.sleep(0.25)
        yield map_value(frame, after, forgotten=FORGET, play=False)

    quiet = {"show_progress": "hidden"}
    with gr.Blocks(analytics_enabled=False) as demo:
        view = map_view(map_value(frame), sheets)
        picked = gr.Textbox(elem_id="picked")
        buttons = ("forget", "back", "none", "settle")
        forget, undo, empty, settle = (gr.Button(name, elem_id=name) for name in buttons)
        forget.click(lambda: map_value(frame, after, forgotten=FORGET), None, view, **quiet)
        undo.click(lambda: map_value(frame), None, view, **quiet)
        empty.click(lambda: {"note": "Nothing to show."}, None, view, **quiet)
        settle.click(twice, None, view, **quiet)
        view.pick(pick, None, picked, **quiet)
    tongues.say_which(languages.SCRIPT.read_text("utf-8"))  # its scripts ask for their words
    _, url, _ = demo.launch(
        prevent_thread_lock=True,
        quiet=True,
        server_name="127.0.0.1",
        server_port=None,
        css=palette.css(),
    )
    yield url
    demo.close()


@pytest.fixture
def opened(chromium: object, address: str) -> Iterator[object]:
    """Open the map; anything on the console and any dialog fails the test."""
    contexts, trouble = [], []

    def enter(**options: object) -> object:
        options.setdefault("viewport", {"width": 900, "height": 800})
        options.setdefault("reduced_motion", "reduce")
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda line: line.type == "error" and trouble.append(line.text))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        page.wait_for_selector("#map canvas.lm-canvas")
        page.wait_for_function(f"() => ({INK})().blue > 50")
        # A slow machine leaves a moment in which Gradio's veil still lies over what it mounted.
        page.wait_for_function(BARE)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not trouble, trouble


def over_a_point(page: object) -> None:
    """Move the pointer until the map says that it is over a photo."""
    box = page.locator("#map canvas.lm-canvas").bounding_box()
    for x in range(4, 97, 2):
        for y in range(6, 95, 6):
            page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)
            if page.locator(".lm-over").count():
                return
    pytest.fail("no photo lies under the pointer anywhere")


def test_hover_shows_the_face_and_its_name(opened: object) -> None:
    """Catches a map without faces, and a name that is not the point's."""
    page = opened()
    assert page.locator(".lm-tip").is_hidden()
    over_a_point(page)
    assert page.locator(".lm-tip b").inner_text() in {"Mei Lin", HOSTILE, *NAMES}
    assert page.locator(".lm-tip small").inner_text() == "known"
    page.wait_for_function(
        """() => { const c = document.querySelector('.lm-tip canvas');
        return c.getContext('2d').getImageData(88, 88, 1, 1).data[3] === 255; }"""
    )
    page.mouse.move(1, 1)
    page.wait_for_selector(".lm-tip", state="hidden")


def test_a_name_with_markup_stays_text(opened: object) -> None:
    """Catches a folder name that runs as a script on hover or in a label."""
    page = opened()
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('lethe:chosen', {detail: {labels: [0]}}))"
    )
    page.wait_for_timeout(200)
    assert page.locator("#map img").count() == 0


def test_a_click_picks_the_photo(opened: object) -> None:
    """Catches a click that the server never hears of, or that names another photo."""
    page = opened()
    over_a_point(page)
    name = page.locator(".lm-tip b").inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('#picked textarea').value !== ''")
    index, label, picked, stranger = page.input_value("#picked textarea").split("|")
    assert picked == name
    assert int(index) // 10 == int(label)
    assert stranger == "False"


def test_forgetting_moves_points_and_the_slider_takes_them_back(opened: object) -> None:
    """Catches a slider that changes nothing, and an undo that leaves the forgotten painted."""
    page = opened()
    slider = page.locator("#map-morph")
    assert slider.is_disabled()
    before = page.evaluate(INK)
    assert before["red"] == 0
    page.click("#forget")
    page.wait_for_function(f"() => ({INK})().red > 30")
    assert slider.input_value() == "100"
    assert page.locator('.lm-end[aria-pressed="true"]').inner_text() == "After"
    assert "Forgotten" in page.locator("canvas.lm-canvas").get_attribute("aria-label")
    after = page.evaluate(INK)
    slider.focus()
    page.keyboard.press("Home")
    start = page.evaluate(
        f"async () => {{ await new Promise(requestAnimationFrame); return ({INK})(); }}"
    )
    assert start["sum"] != after["sum"]
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    middle = page.evaluate(
        f"async () => {{ await new Promise(requestAnimationFrame); return ({INK})(); }}"
    )
    assert middle["sum"] not in (start["sum"], after["sum"])
    page.get_by_role("button", name="After", exact=True).click()
    page.wait_for_function(f"sum => ({INK})().sum === sum", arg=after["sum"])
    page.click("#back")
    page.wait_for_function(f"() => ({INK})().red === 0")
    assert slider.is_disabled()


def test_points_glide_and_do_not_jump(opened: object) -> None:
    """Catches an update that repaints at the goal, or one that never gets there."""
    page = opened(reduced_motion="no-preference")
    page.evaluate(
        f"""() => {{ window.seen = new Set(); const look = () => {{
        window.seen.add(({INK})().sum); requestAnimationFrame(look); }}; look(); }}"""
    )
    page.click("#forget")
    page.wait_for_function("() => document.querySelector('#map-morph').value === '100'")
    assert page.evaluate("window.seen.size") > 3


def test_an_update_during_the_glide_does_not_stop_it(opened: object) -> None:
    """Catches a map that stays near "before" because the settled positions came too early."""
    page = opened(reduced_motion="no-preference")
    page.click("#settle")
    page.wait_for_function("() => document.querySelector('#map-morph').value === '100'")
    page.wait_for_timeout(900)
    assert page.locator("#map-morph").input_value() == "100"


def test_zoom_by_wheel_and_buttons_and_back(opened: object) -> None:
    """Catches a zoom without a way back, and a wheel that keeps the page from scrolling."""
    page = opened()
    whole = page.evaluate(INK)["sum"]
    box = page.locator("canvas.lm-canvas").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 150)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"sum => ({INK})().sum !== sum", arg=whole)
    page.locator("canvas.lm-canvas").dblclick(position={"x": 5, "y": 5})
    page.mouse.move(1, 1)
    page.wait_for_function(f"sum => ({INK})().sum === sum", arg=whole)
    page.get_by_role("button", name="Zoom in").press("Enter")
    page.wait_for_function(f"sum => ({INK})().sum !== sum", arg=whole)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Show the whole map").press("Enter")
    page.wait_for_function(f"sum => ({INK})().sum === sum", arg=whole)


def test_dark_repaints_and_phones_fit(opened: object) -> None:
    """Catches colours read once at the start, and a map wider than a phone."""
    page = opened(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True)
    light = page.evaluate(INK)["sum"]
    page.evaluate(
        "() => { document.body.style.setProperty('--known', '#6ba4e3');"
        "document.body.classList.toggle('dark'); }"
    )
    page.wait_for_function(f"sum => ({INK})().sum !== sum", arg=light)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    width = page.evaluate("document.querySelector('canvas.lm-canvas').width")
    assert width == pytest.approx(
        2 * page.locator("canvas.lm-canvas").bounding_box()["width"], abs=2
    )


def test_an_empty_map_says_so_and_recovers(opened: object) -> None:
    """Catches a map that breaks when there is nothing to show."""
    page = opened()
    page.click("#none")
    page.wait_for_selector(".lm-empty:has-text('Nothing to show.')")
    page.click("#forget")
    page.wait_for_function(f"() => ({INK})().red > 30")
    assert page.locator(".lm-empty").is_hidden()


LISTEN = """() => { window.told = []; document.addEventListener('lethe:choose',
  (event) => window.told.push(event.detail)); }"""

BOXES = [(0, 0, 1, 1), (0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 0.5), (0.3, 0.2, 0.8, 0.9)]
"""Corners as shares of the canvas."""


def places(page: object) -> np.ndarray:
    """Where each photo's point is on the screen, by the map's own rule, from what the page got."""
    before = page.evaluate(
        """() => { const find = (key) => JSON.stringify(window.gradio_config).match(key);
        const raw = atob(find(/"before":"([^"]+)"/)[1]);
        return Array.from(raw, (one) => one.charCodeAt(0)); }"""
    )
    points = np.frombuffer(bytes(before), "<u2").reshape(-1, 2) / 65535 * 2 - 0.5
    frame = page.locator("#map canvas.lm-canvas").bounding_box()
    size = np.array([frame["width"], frame["height"]])
    low, high = points.min(0), points.max(0)
    scale = (size - 40) / (high - low)
    scale = np.minimum(scale, 1.6 * scale.min())
    return np.array([frame["x"], frame["y"]]) + size / 2 + scale * (points - (low + high) / 2)


def inside(points: np.ndarray, corners: tuple[float, ...], grown: float) -> set[int]:
    """Who has half of their ten photos or more in a box that is `grown` by so many pixels."""
    left, top, right, bottom = corners
    x, y = points[:80].T
    within = (x >= left - grown) & (x <= right + grown) & (y >= top - grown) & (y <= bottom + grown)
    return {label for label in range(8) if within[10 * label : 10 * label + 10].sum() >= 5}


def drag(page: object, corners: tuple[float, ...], up: bool = True) -> None:
    """Draw a box with the mouse."""
    left, top, right, bottom = corners
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    if up:
        page.mouse.up()


def corners(page: object, shares: tuple[float, ...]) -> tuple[float, ...]:
    """A box on the screen, just inside the canvas."""
    frame = page.locator("#map canvas.lm-canvas").bounding_box()
    x, y, w, h = frame["x"] + 2, frame["y"] + 2, frame["width"] - 4, frame["height"] - 4
    left, top, right, bottom = shares
    return x + left * w, y + top * h, x + right * w, y + bottom * h


@pytest.mark.parametrize("by", ["toggle", "Shift"])
@pytest.mark.parametrize("shares", BOXES)
def test_a_box_chooses_who_lies_in_it(opened: object, shares: tuple, by: str) -> None:
    """Catches a box that takes in others than it shows, or people by a stray point alone."""
    page = opened()
    page.evaluate(LISTEN)
    where = corners(page, shares)
    points = places(page)
    if by == "toggle":
        page.get_by_role("button", name="Choose by box").press("Enter")
    else:
        page.keyboard.down("Shift")
    drag(page, where, up=False)
    # Chromium tells of moves with the next picture.
    page.wait_for_selector(".lm-box", state="visible")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    count = page.locator(".lm-box b").inner_text()
    page.mouse.up()
    assert page.locator(".lm-box").is_hidden()
    told = page.evaluate("window.told")
    labels = set(told[0]["labels"]) if told else set()
    assert inside(points, where, -1.5) <= labels <= inside(points, where, 1.5)
    assert count == (f"+{len(labels)}" if labels else "")
    assert labels or shares != BOXES[0]
    assert page.input_value("#picked textarea") == ""


def test_alt_takes_out_of_the_choice(opened: object) -> None:
    """Catches a box that only ever adds, and one that takes out who was not chosen."""
    page = opened()
    page.evaluate(LISTEN)
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('lethe:chosen', {detail: {labels: [2, 6]}}))"
    )
    page.get_by_role("button", name="Choose by box").click()
    page.keyboard.down("Alt")
    drag(page, corners(page, BOXES[0]))
    page.keyboard.up("Alt")
    assert page.evaluate("window.told") == [{"labels": [2, 6], "on": False}]


def test_escape_drops_the_box_and_then_the_mode(opened: object) -> None:
    """Catches a box that cannot be taken back, and a mode without a way out by keyboard."""
    page = opened()
    page.evaluate(LISTEN)
    button = page.get_by_role("button", name="Choose by box")
    button.focus()
    page.keyboard.press("Space")
    assert button.get_attribute("aria-pressed") == "true"
    drag(page, corners(page, BOXES[0]), up=False)
    page.keyboard.press("Escape")
    assert page.locator(".lm-box").is_hidden()
    page.mouse.up()
    assert page.evaluate("window.told") == []
    assert button.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-pressed") == "false"
    drag(page, corners(page, BOXES[0]))
    assert page.evaluate("window.told") == []


def test_one_finger_draws_only_in_the_mode(opened: object) -> None:
    """Catches a map that cannot be scrolled past by touch, and a mode in which it is."""
    page = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.evaluate(LISTEN)
    finger = page.context.new_cdp_session(page)

    def swipe() -> None:
        left, top, right, bottom = corners(page, BOXES[0])
        for share in (0, 0.2, 0.5, 0.8, 1):
            x, y = left + share * (right - left), top + share * (bottom - top)
            kind = "touchStart" if share == 0 else "touchMove"
            finger.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            )
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe()
    assert page.evaluate("window.told") == []
    page.evaluate("window.scrollTo(0, 0)")
    page.get_by_role("button", name="Choose by box").tap()
    swipe()
    page.wait_for_function("window.told.length === 1")
    assert sorted(page.evaluate("window.told[0].labels")) == list(range(8))
    assert page.evaluate("window.scrollY") == 0


def test_cards_button_and_count_follow_a_box(visit: object, names: list[str]) -> None:
    """Catches a box that only the map knows of, and one that chooses who is forgotten already."""
    one = visit()
    one.choose(0)
    one.forget()
    page, everybody = one.page, len(names)
    page.locator("#map canvas.lm-canvas").scroll_into_view_if_needed()
    page.keyboard.down("Shift")
    drag(page, corners(page, BOXES[0]))
    page.keyboard.up("Shift")
    page.wait_for_function(
        f"document.querySelector('#people [data-count]').textContent === "
        f"'{everybody - 1} of {everybody} chosen'"
    )
    assert not page.locator("#people .card input").nth(0).is_checked()
    assert page.locator("#people .card input:checked").count() == everybody - 1
    page.wait_for_function(
        f"document.querySelector('#forget').innerText.includes('{everybody - 1}')"
    )
