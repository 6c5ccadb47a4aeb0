"""The glossary: every term of the page has a word behind it, and nothing needs a mouse."""

import re
from pathlib import Path

import pytest

from demo import glossary, templates
from demo.glossary import key_of, words
from demo.words import WORDS
from engine.audit import metrics
from engine.audit.figures import explained
from engine.compare import columns
from engine.erasure import METHODS

DEMO = Path(glossary.__file__).parent
TEMPLATES = sorted(DEMO.rglob("*.html"))
SENTENCE = re.compile(r"[.?](?= [A-Z●]|$)")


def test_every_term_in_a_template_is_a_word() -> None:
    """Catches a button with nothing behind it."""
    named = {
        key for path in TEMPLATES for key in re.findall(r'term\("([^"]+)"', path.read_text("utf-8"))
    }
    assert len(named) > 15
    assert named <= words().keys()


def test_figures_and_methods_are_explained_by_what_specifies_them() -> None:
    """Catches a figure or a method without a word, and a second text that may say otherwise."""
    for metric in columns():
        assert explained(metric) in words()[key_of(metric.name)].says
    for metric in metrics().values():
        if metric.aspect or metric.column:
            assert explained(metric) in words()[key_of(metric.name)].says, metric.key
    for method in METHODS.values():
        assert words()[key_of(method.title)].says[0] == method.summary
    assert not {one.key for one in metrics().values()} & WORDS.keys()


def test_words_are_short_and_in_order() -> None:
    """Catches an essay behind a word, two words under one key, and a list nobody can search."""
    for name, text in WORDS.items():
        assert 1 <= len(SENTENCE.findall(text)) <= 2, name
        assert len(text) < 220, name
    names = [one.name.casefold() for one in words().values()]
    assert names == sorted(names)
    assert len(words()) == len(list(glossary._all()))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Knowledge kept (KR)", "KR"),
        ("Found first (recall@1)", "recall@1"),
        ("Stand-in (ours)", "Stand-in"),
        ("Told by length", "Told by length"),
    ],
)
def test_a_name_is_looked_up_by_its_short_form(name: str, key: str) -> None:
    """Catches a term that is looked for under another key than it is kept."""
    assert key_of(name) == key


def test_a_sentence_has_each_hard_word_once_and_stays_text() -> None:
    """Catches names that become markup, and a sentence of nothing but buttons."""
    html = templates.worded("<b> probes and a probe of rank 1", "probe", "rank")
    assert html.startswith("&lt;b&gt; <button")
    assert re.findall(r">([^<]+)</button>", html) == ["probes", "rank"]
    assert templates.worded("problems", "probe") == "problems"


@pytest.mark.parametrize(
    "path", [*TEMPLATES, *sorted(DEMO.rglob("*.js"))], ids=lambda one: one.name
)
def test_nothing_is_told_to_a_mouse_alone(path: Path) -> None:
    """Catches tooltips that neither a finger nor a keyboard can open."""
    text = path.read_text("utf-8").replace("document.title =", "")
    assert not re.search(r"""[\s"'`]title=|\.title\s*=[^=]|setAttribute\(['"]title""", text)
