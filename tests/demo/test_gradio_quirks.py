"""What `demo/gradio_quirks` works around is still so: what fails here can go from there."""

import asyncio
import subprocess
import sys
from contextlib import nullcontext
from copy import deepcopy
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder
from jinja2 import Environment

from demo.gradio_quirks import PINNED, apps, leaving, tongues
from demo.gradio_quirks.progress import SILENT
from demo.gradio_quirks.stay import keep_open
from demo.gradio_quirks.whole import NOTHING, WholeBlocks

ROOT = Path(__file__).parents[2]

IMPORT = """
import sys
from contextlib import nullcontext
from demo.gradio_quirks.stubs import without_stubs
read = []
def note(event, given):
    if event == "open" and str(given[0]).endswith(".pyi"):
        read.append(given[0])
sys.addaudithook(note)
with without_stubs() if sys.argv[1] == "guarded" else nullcontext():
    import gradio
print(len(read))
"""


def test_the_version_is_the_one_that_is_known() -> None:
    """Would catch a newer Gradio whose ways nobody has looked at."""
    assert version("gradio") == PINNED
    assert f"gradio=={PINNED}" in (ROOT / "requirements.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(("how", "needed"), [("plain", True), ("guarded", False)])
def test_an_import_opens_stubs_unless_it_is_guarded(how: str, needed: bool) -> None:
    """Would catch a guard that no longer guards, or that Gradio no longer needs."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, how], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (int(done.stdout) > 0) is needed


REPEATS = """
import ssl, sys
from contextlib import nullcontext
from demo.gradio_quirks.repeats import done_once
from demo.gradio_quirks.stubs import without_stubs
from jinja2 import Environment
counts = {}
def counted(owner, name):
    real = getattr(owner, name)
    def call(*given, **options):
        counts[name] = counts.get(name, 0) + 1
        return real(*given, **options)
    setattr(owner, name, call)
    return call
kept = [counted(Environment, "compile"), counted(ssl, "create_default_context")]
with without_stubs(), done_once() if sys.argv[1] == "guarded" else nullcontext():
    import gradio
print(counts["compile"], counts["create_default_context"])
print(kept == [Environment.compile, ssl.create_default_context])
print(gradio.Button.click.__doc__)
"""


def test_an_import_repeats_itself_unless_it_is_guarded() -> None:
    """Would catch a guard that Gradio no longer needs, that stays, or that mixes up the words."""
    plain, guarded = (
        subprocess.run(
            [sys.executable, "-c", REPEATS, how],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\n", 2)
        for how in ("plain", "guarded")
    )
    compiled, read = map(int, plain[0].split())
    assert compiled > 150
    assert read > 1
    compiled, read = map(int, guarded[0].split())
    assert compiled < 60
    assert read == 1
    assert guarded[1:] == plain[1:]


def told(kind: type[gr.Blocks]) -> list:
    """What a private stream of two updates sends: both, and its end."""
    with kind(analytics_enabled=False) as demo:
        box = gr.Textbox()
    stream = SimpleNamespace(outputs=[box], api_visibility="private")
    return [
        demo.handle_streaming_diffs(stream, [text], "visitor", "run", final)
        for text, final in (("first", False), ("second", False), ("", True))
    ]


def test_plain_blocks_repeat_the_last_update_at_the_end() -> None:
    """Would catch a `WholeBlocks` that Gradio no longer needs."""
    first, _, end = told(gr.Blocks)
    assert first == ["first"]
    assert end == ["second"]


def test_whole_blocks_end_without_a_word() -> None:
    """Would catch an end that undoes what another click has changed since."""
    assert told(WholeBlocks) == [["first"], [[["replace", [], "second"]]], [NOTHING]]


def sent_by(
    kind: type[gr.Blocks], patch: pytest.MonkeyPatch, **said: Any
) -> tuple[list[dict[str, Any]], int]:
    """What a private act sends of what it said of its panels, and how many were described anew."""
    with kind(analytics_enabled=False) as demo:
        panels = {name: gr.HTML(elem_id=name, html_template="${value}") for name in "abc"}
        press = gr.Button()
        press.click(lambda: None, None, [*panels.values(), press], api_visibility="private")
    state, described = SessionState(demo), []
    patch.setattr(state, "_update_config", described.append)
    update = {panels.get(name, press): deepcopy(value) for name, value in said.items()}
    sent = asyncio.run(demo.postprocess_data(demo.fns[0], update, state))
    for one in sent:
        if isinstance(one, dict) and "props" in one:
            one["props"].pop("__type__", None)  # Gradio's own slip: no property of a panel
            if not one["props"]:
                del one["props"]
    return sent, len(described)


@pytest.mark.parametrize(
    "said",
    [
        {"b": "<p>new</p>"},
        {"b": gr.update(value="", one={"two": None}, three=None)},
        {"a": gr.update(visible=False), "press": gr.update(interactive=False)},
        {"c": gr.skip()},
    ],
)
def test_light_answers_say_what_plain_ones_do(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    """Would catch an answer that means something else to the page, and panels that are described
    anew for nothing; or that Gradio does so no longer."""
    plain, many = sent_by(gr.Blocks, monkeypatch, **said)
    light, few = sent_by(WholeBlocks, monkeypatch, **said)
    assert light == plain
    assert many >= 3
    assert few == len({"a", "press"} & said.keys())


def test_plain_blocks_answer_missing_values_with_no_sentence_of_ours() -> None:
    """Would catch a check of inputs that Gradio has by now as an error for people."""
    with gr.Blocks(analytics_enabled=False) as demo:
        box = gr.Textbox()
        box.change(lambda text: text, box, box, api_name="echo")
    with pytest.raises(ValueError, match="needed"):
        demo.validate_inputs(demo.fns[0], [])


def test_hidden_progress_is_told_to_every_output_unless_it_has_no_place() -> None:
    """Would catch a `SILENT` that Gradio's page no longer needs."""
    frontend = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
    code = "".join(path.read_text(encoding="utf-8") for path in frontend.glob("Blocks-*.js"))
    assert "get progress_targets(){return this.show_progress_on||this.outputs}" in code
    assert SILENT["show_progress_on"] == []


GARBAGE = """
import gc, sys
from demo.gradio_quirks import garbage
searches = []
if sys.argv[1] == "guarded":
    garbage.pause()
gc.callbacks.append(lambda phase, info: searches.append(phase))
from demo import launch
found = len(searches)
garbage.resume()
print(found, gc.isenabled(), gc.get_freeze_count() > 0)
"""


@pytest.mark.parametrize(("how", "needed"), [("plain", True), ("guarded", False)])
def test_imports_are_searched_for_garbage_unless_it_is_paused(how: str, needed: bool) -> None:
    """Would catch a pause that is not needed, does not pause, or never ends."""
    done = subprocess.run(
        [sys.executable, "-c", GARBAGE, how], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    searches, enabled, frozen = done.stdout.split()
    assert (int(searches) > 20) is needed
    assert (enabled, frozen) == ("True", "True")


@pytest.mark.parametrize(("guarded", "needed"), [(False, True), (True, False)])
def test_applications_are_made_and_thrown_away_unless_it_is_guarded(
    monkeypatch: pytest.MonkeyPatch, guarded: bool, needed: bool
) -> None:
    """Would catch a guard that Gradio no longer needs, or that stays after its block."""
    create = App.create_app
    made = []

    def noted(*given: object, **options: object) -> object:
        made.append(given)
        return create(*given, **options)

    monkeypatch.setattr(App, "create_app", staticmethod(noted))
    guard = apps.only_the_last() if guarded else nullcontext()
    with guard, gr.Blocks(analytics_enabled=False) as demo:
        gr.Textbox()
    assert bool(made) is needed
    App.create_app(demo)
    assert len(made) == (3 if needed else 1)


@pytest.mark.parametrize("held", [False, True])
def test_gradio_closes_the_stream_when_all_is_told_unless_one_stays(held: bool) -> None:
    """Would catch an endless answer that Gradio no longer needs, or that holds nothing open."""
    with gr.Blocks(analytics_enabled=False) as demo:
        box = gr.Textbox()
        box.change(lambda text: text, box, box)
        keep_open(demo, box)
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    try:
        for index in (1, 0) if held else (0,):
            asked = {"fn_index": index, "data": ["x"] if index == 0 else [], "session_hash": "me"}
            httpx.post(f"{address}gradio_api/queue/join", json=asked).raise_for_status()
        heard = []
        stream = httpx.stream("GET", f"{address}gradio_api/queue/data?session_hash=me", timeout=3)
        with pytest.raises(httpx.ReadTimeout) if held else nullcontext(), stream as answers:
            for line in answers.iter_lines():
                heard.append(line)
        assert any("process_completed" in line for line in heard)
        assert any("close_stream" in line for line in heard) is not held
    finally:
        demo.close()


def test_gradio_remembers_what_a_closed_page_showed_unless_it_is_dropped() -> None:
    """Would catch pictures of somebody's photos that stay with Gradio, and a way of dropping them
    that it no longer needs, or that drops other visitors' too."""
    with gr.Blocks() as page:
        gr.HTML("empty")
    holder = StateHolder()
    holder.set_blocks(page)
    for key in ("gone", "wiped", "here"):
        holder[key].config_values["picture"] = key
        page.pending_diff_streams[key] = {}
    holder.session_data["gone"].is_closed = True
    holder.delete_state("gone")
    holder.delete_all_expired_state()
    assert holder.session_data["gone"].config_values["picture"] == "gone"
    # A running stream holds on to the state itself.
    held = holder["wiped"]
    leaving.keep_only(page, lambda key: key != "gone", {"wiped"})
    assert set(holder.session_data) == set(holder.time_last_used) == {"wiped", "here"}
    assert "picture" not in held.config_values
    assert holder.session_data["here"].config_values["picture"] == "here"
    # An open page goes on hearing its streams.
    assert list(page.pending_diff_streams) == ["wiped", "here"]


def test_gradio_s_page_says_that_it_is_english_unless_it_is_told() -> None:
    """Would catch a page of Gradio that has a language of its own by now, or another place for the
    script that speaks it."""
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.HTML("Hola")
    assert "lethe" not in demo.config
    text = Path(gr.__file__).parent / "templates" / "frontend" / "index.html"
    html = text.read_text(encoding="utf-8")
    assert html.count(tongues.SAYS_ENGLISH) >= 1
    assert html.count(tongues.SCRIPT_GOES) == 1
    told = html.replace(tongues.SAYS_ENGLISH, tongues.SAYS, 1)
    page = Environment(autoescape=True).from_string(told[: told.index(">", told.index("<html"))])
    assert 'lang="es"' in page.render(config={"lethe": {"language": "es", "towards": "ltr"}})
    assert 'lang="en"' in page.render(config={})


def test_gradio_paints_a_page_once_for_everybody_unless_each_language_has_its_own() -> None:
    """Would catch components in another language that are taken for others, or for everybody's."""

    def paint(word: str) -> tongues.SpokenBlocks:
        with tongues.SpokenBlocks(analytics_enabled=False) as demo:
            gr.HTML(word)
        return demo

    demo, asked = paint("Undo"), ["en"]
    demo.first, demo.more, demo.speaks = "en", lambda key: {"language": key}, lambda: asked[-1]
    demo.paint = lambda key: paint("Deshacer").get_config_file()["components"]
    ids = []
    for language, word in (("en", "Undo"), ("es", "Deshacer"), ("en", "Undo")):
        asked.append(language)
        assert demo.config["lethe"] == {"language": language}
        (shown,) = demo.config["components"]
        assert shown["props"]["value"] == word
        ids.append(shown["id"])
    assert len(set(ids)) == 1
