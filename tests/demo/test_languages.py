"""The page's languages: catalogues that are whole, and no sentence beside them."""

import ast
import gettext
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from demo import languages
from demo.languages import asked_for, spoken, translated
from demo.templates import say_n
from engine.said import joined, noted, row, said, said_n
from tools import languages as catalogues

DEMO = Path(__file__).parents[2] / "demo"
WORDS = re.compile(r"[A-Za-z]{2,}[,;:.]? [a-z]{2,}")
LETTERS = re.compile(r"[^\W\d_]{2,}")

SPEAKS = {"said", "said_n", "noted", "joined", "_"}
NOT_SHOWN = ("api.py", "command.py", "freed.py", "headers.py", "launch.py", "serve.py", "theme.py")
"""What the command line, the named API and other programs are told stays English."""
UNTRANSLATED = {
    "the work ended without a result",
    "not among what it touches: ",
    "not readable",
    "what is still known of the forgotten",
    "everybody else, KR",
}
"""Faults that nobody is shown, a cause to look for, and titles that the page does not take."""

SEEN = {"aria-label", "aria-description", "placeholder", "alt", "aria-valuetext"}
SIGNS = re.compile(r"[\[\]<>{}#=]|^[.(]|px|\bspan\b|:not|:root")
"""What a selector, a style or markup has and a sentence has not."""


# ---- the catalogues ----
def test_every_catalogue_is_whole_and_compiled() -> None:
    """Catches a new text without a translation, one that lost or made up a place, a missing plural
    form, one word said in two ways, and catalogues that were not compiled."""
    assert catalogues.check() == []


@pytest.mark.parametrize(
    ("text", "string", "fault"),
    [
        ("{count} of {all}", "{count} de {todos}", "places"),
        ("{share:.0f} %", "", "not translated"),
        (("{count} photo", "{count} photos"), ("una foto", ""), "not translated"),
        (("{count} photo", "{count} photos"), ("una foto",), "has 1 forms"),
        (("{count} photo of {who}", "{count} photos of {who}"), ("una foto", "fotos"), "places"),
        (("{count} photo", "{count} photos"), ("una foto", "{count:,} fotos"), ""),
    ],
)
def test_a_wrong_translation_is_found(text: object, string: object, fault: str) -> None:
    """Catches a check that looks past what it is for."""
    assert catalogues.fault(Message(text, string), 2).startswith(fault)
    assert catalogues.fault(Message(text, string, flags=["fuzzy"]), 2) == "fuzzy"


def test_a_catalogue_is_the_same_file_whenever_it_is_written() -> None:
    """Catches a date or a program's name in a file, by which every update would be a change."""
    for folder in catalogues.languages():
        first = catalogues.compiled(folder)
        assert b"Date" not in first[folder / "LC_MESSAGES" / "lethe.mo"]
        for part in catalogues.PARTS:
            path = folder / f"{part}.po"
            old = catalogues.read(path, folder.name)
            again = catalogues.updated(old, catalogues.found(part), folder.name)
            assert catalogues.written(again) == path.read_bytes()


# ---- no sentence beside them ----
def docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) else ():
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
                yield one.value


def plain_in_python(source: str) -> list[str]:
    """The texts of a module that no catalogue can know; scripts and styles are no texts."""
    tree = ast.parse(source)
    known = {id(one) for one in docstrings(tree)}
    for node in ast.walk(tree):
        inside: object = None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKS:
            inside = node
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(("JS", "FONT")):
            inside = node
        if isinstance(inside, ast.AST):
            known |= {id(one) for one in ast.walk(inside)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in known
        and node.value not in UNTRANSLATED
        and WORDS.search(node.value)
        and not SIGNS.search(node.value)
    ]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(DEMO.rglob("*.py"))
        if path.name not in NOT_SHOWN and path.parent.name != "gradio_quirks"
    ],
    ids=lambda path: path.relative_to(DEMO).as_posix(),
)
def test_no_sentence_of_the_page_is_a_plain_string(path: Path) -> None:
    """Catches a sentence in Python that is English in every language."""
    assert plain_in_python(path.read_text("utf-8")) == []


class Seen(HTMLParser):
    """The texts of a template that stand in no expression."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in SEEN and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def plain_in_template(template: str) -> list[str]:
    return [
        one for one in Seen(template).texts if LETTERS.search(one) and one not in ("Lethe", "MB,")
    ]


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.html")), ids=lambda path: path.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(path: Path) -> None:
    """Catches a word in a template that is English in every language."""
    assert plain_in_template(path.read_text("utf-8")) == []


LITERAL = re.compile(r"(?<![\w$])('(?:[^'\\\n]|\\.)*'|`[^`]*`)")
ASKS = re.compile(r"(?<![\w.$])tn?\($|(?<![\w.$])tn\('(?:[^'\\\n]|\\.)*',$")
SHOWS = re.compile(r"(textContent|innerText|placeholder|ariaLabel)\s*=$|(say|halt|text)\($")


def plain_in_script(script: str) -> list[str]:
    """The texts of a script that it does not ask the catalogue for."""
    script = re.sub(r"^\s*//.*$|/\*.*?\*/", "", script, flags=re.MULTILINE | re.DOTALL)
    found = []
    for literal in LITERAL.finditer(script):
        before, text = script[: literal.start()].rstrip(), literal[1][1:-1]
        if ASKS.search(before):
            continue
        sentence = WORDS.search(text) and not SIGNS.search(text)
        if sentence or (SHOWS.search(before) and LETTERS.search(re.sub(r"\$\{.*?\}", "", text))):
            found.append(text)
    return found


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.js")), ids=lambda path: path.name)
def test_no_text_of_a_script_stands_outside_the_catalogue(path: Path) -> None:
    """Catches a sentence in a script that is English in every language, and a `t(…)` that the
    catalogues do not find, such as one inside of a template string."""
    script = path.read_text("utf-8")
    assert plain_in_script(script) == []
    asked = re.findall(r"(?<![\w.$])tn?\('", re.sub(r"^//.*$", "", script, flags=re.MULTILINE))
    assert len(asked) == len(list(catalogues.texts_of(path)))


@pytest.mark.parametrize(
    "path", sorted((*DEMO.rglob("*.css"), *DEMO.parent.glob("assets/*.css"))), ids=lambda p: p.name
)
def test_no_text_stands_in_a_style_sheet(path: Path) -> None:
    """Catches a word that a style sheet puts on the page."""
    assert re.findall(r'content:[^;}"]*"[^";]*[A-Za-z]{2,}[^";]*"', path.read_text("utf-8")) == []


def test_a_sentence_beside_the_catalogue_would_be_found() -> None:
    """Catches a search that finds nothing wherever it looks."""
    for line in ('say("nobody was found")', 'x = f"{one} of them is here"', 'x = {"a": "one day"}'):
        assert plain_in_python(line), line
    assert plain_in_python('say(noted("nobody was found"), said(f"nobody {is_} here"))') == []
    assert plain_in_template('<p>Hi {{ _("there") }}</p>') == ["Hi"]
    assert plain_in_template('<img alt="A face">') == ["A face"]
    assert plain_in_template('<p id="there">{{ _("there") }}</p>') == []
    for line in ("say('Gone.')", "box.textContent = `${n} left`", "x = 'one of them'"):
        assert plain_in_script(line), line
    assert plain_in_script("say(t('one of them'), tn('a day', 'many days', 3))") == []


# ---- who is spoken to how ----
@pytest.mark.parametrize(
    ("header", "lang", "spoken_to"),
    [
        ("", None, "en"),
        ("es", None, "es"),
        ("es-MX,es;q=0.9,en;q=0.8", None, "es"),
        ("fr-CH, fr;q=0.9, es;q=0.8, en;q=0.7", None, "es"),
        ("en-GB,es;q=0.9", None, "en"),
        ("en;q=0.2, ES-ar;q=0.3", None, "es"),
        ("es;q=0", None, "en"),
        ("xx, *;q=0.5", None, "en"),
        ("es;q=many, en;q=0.1", None, "en"),
        ("es", "en", "en"),
        ("", "es", "es"),
        ("es", "../../etc", "es"),
    ],
)
def test_a_wish_is_heard(header: str, lang: str | None, spoken_to: str) -> None:
    """Catches an Accept-Language whose order, weights or regions are not read, and an address that
    asks for what there is not."""
    assert asked_for({"accept-language": header} if header else {}, lang) == spoken_to


@pytest.mark.parametrize(("count", "photos"), [(0, "0 fotos"), (1, "1 foto"), (2, "2 fotos")])
def test_plural_forms_are_the_language_s_own(count: int, photos: str) -> None:
    """Catches English plurals in another language, in Python, templates and scripts."""
    assert translated(said_n("{count:,} photo", "{count:,} photos", count), "es") == photos
    with languages.speaking("es"):
        assert say_n("{count} photo", "{count} photos", count) == photos
    own = languages.for_scripts("es")
    assert own["texts"]["{count} file"] == ["{count} archivo", "{count} archivos"]
    book = gettext.c2py(own["plural"])
    assert book(count) == (count != 1)


def test_what_a_sentence_is_made_of_is_translated_and_names_are_not() -> None:
    """Catches half a sentence in English, and a person called Rest who is translated."""
    whose = said("{names} and {last}", names=row(["the rest"]), last="Ada")
    assert translated(joined(whose, noted("Undo")), "es") == "the rest y Ada Deshacer"
    assert translated(whose, "en") == "the rest and Ada"
    assert translated("a name that nobody knows", "es") == "a name that nobody knows"


def test_steps_are_made_in_the_language_of_whoever_waits() -> None:
    """Catches two visitors' long work in one language, that of whoever asked last."""

    def work() -> Iterator[str]:
        yield translated(noted("Undo"))
        yield translated(noted("Undo"))

    one, other = spoken("es", work()), spoken("en", work())
    assert [next(one), next(other), next(one), next(other)] == ["Deshacer", "Undo"] * 2
    assert languages.current() == "en"


def test_a_draft_can_be_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a made-up language that lacks a text, or a folder of drafts that is not read."""
    catalogues.pseudo(tmp_path / "xx-YY", towards="rtl")
    monkeypatch.setenv(languages.MORE, str(tmp_path))
    languages.known.cache_clear()
    try:
        assert languages.known()["xx-YY"].towards == "rtl"
        # A browser may spell it otherwise.
        assert asked_for({"accept-language": "XX-yy"}) == asked_for({}, "xx-yy") == "xx-YY"
        assert translated(noted("Undo"), "xx-YY") == "⟦Undo⟧"
        texts = json.loads((tmp_path / "xx-YY" / "scripts.json").read_text("utf-8"))["texts"]
        assert texts["Copied."] == "⟦Copied.⟧"
        assert set(texts) == {catalogues._first(one) for one in catalogues.in_scripts()}
    finally:
        languages.known.cache_clear()
        languages.catalogue.cache_clear()
