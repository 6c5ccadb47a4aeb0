"""The panels' templates: a value stays text, and HTML is nowhere else."""

import ast
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from demo.panels import curve, forget, header, people, status
from demo.templates import PANELS
from engine.erasure.base import Method, Option
from tests.demo.world import gallery

PLAIN = "Ada"
HOSTILE = ("<img src=x onerror=alert(1)>", '"><script>', "O'Neil & Söhne", "&lt;b&gt;", "{{7*7}}")
TAG = re.compile("<[a-z/]", re.IGNORECASE)


class Read(HTMLParser):
    """What a browser makes of some HTML: its elements, and everything that is text to it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.words += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.append(("!", data))


def method(name: str, text: str) -> Method:
    """A method whose every word is `text`, with a knob of each kind."""
    return Method(
        name + text,
        f"{text} ({text})",
        text,
        text,
        fit=lambda *_: None,  # type: ignore[arg-type,return-value]
        options=(
            Option(text, "rank", "auto", text),
            Option(text, "float", 0.5, text, 0, 1),
            Option(text, "int", None, text),
            Option(text, "choice", text, text, choices=(text, "other")),
        ),
    )


def every_template(text: str, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """The HTML of each template with `text` wherever a text goes in."""
    methods = [method(name, text) for name in (*forget.FIRST, "fog", "haze")]
    patch.setattr(forget, "METHODS", {one.name: one for one in methods})
    patch.setattr(people, "face", lambda *_: "data:,")
    patch.setattr(status, "_count", itertools.repeat(0))
    # The other names are sorted after any of the texts, so labels do not depend on the text.
    known = gallery((text, "Ödön", "Östen", "Özge"))
    choices = [header.Choice(text, text, text, text)]
    return {
        "header": header.markup(choices, choices),
        "status": status.render([text, status.FITS * "long "], "wrong", 0.5),
        "curve": curve.heading(text),
        "forget": forget.markup(frozenset()),
        "steps": forget.steps([(text, text), (text, text)]),
        "people": people.markup(known, [people.Group(text, (0, 1))]),
        "cards": people.further({"here": known}.get, "here/0,1"),
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_text_in_every_template(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a value that is not escaped, or escaped twice: it makes an element or an attribute
    that the template does not make, or is not read as it was written."""
    plain = every_template(PLAIN, monkeypatch)
    for name, html in every_template(text, monkeypatch).items():
        expected, found = Read(plain[name]), Read(html)
        assert found.elements == expected.elements, name
        assert found.words == [one.replace(PLAIN, text) for one in expected.words], name
        assert any(PLAIN in one for one in expected.words), name


def strings(node: ast.AST) -> Iterator[str]:
    """Every string below `node`, `x` for the values in it; not what a name ending in JS holds."""
    if isinstance(node, ast.Assign) and all(
        isinstance(one, ast.Name) and one.id.endswith("JS") for one in node.targets
    ):
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            str(one.value) if isinstance(one, ast.Constant) else "x" for one in node.values
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from strings(child)


def html_in(source: str) -> list[str]:
    """The strings of a module that have a tag in them."""
    return [one for one in strings(ast.parse(source)) if TAG.search(one)]


@pytest.mark.parametrize("path", sorted(PANELS.glob("*.py")), ids=lambda one: one.stem)
def test_html_is_in_templates_only(path: Path) -> None:
    """Catches a panel that puts its HTML together in Python, where escaping can be forgotten."""
    assert html_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('def f(a): return f"<p>{a}"', True),
        ('def f(a): return f"<{a}>"', True),
        ('def f(a): return "".join(f"{one}</li>" for one in a)', True),
        ('HEAD = "a" "<b>"', True),
        ("STEPS_JS = \"box.innerHTML = '<b>'\"", False),
        ('def f(a): return f"{a} < {1}"', False),
    ],
)
def test_html_in_python_is_seen(source: str, caught: bool) -> None:
    """Catches a search for tags that finds none wherever it looks."""
    assert bool(html_in(source)) is caught
