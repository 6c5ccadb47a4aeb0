"""The panels' HTML: one Jinja template beside each panel, and every value in it escaped."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from demo import glossary, languages
from demo.compiled_templates import BesideThem
from demo.languages import translated
from engine.audit.figures import written
from engine.said import Said

PANELS = Path(__file__).parent / "panels"

_templates = Environment(
    loader=FileSystemLoader((PANELS, PANELS.parent)),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    bytecode_cache=BesideThem(PANELS / "__pycache__", Path(__file__)),
    # What comes from the engine says itself in the reader's language.
    finalize=lambda value: translated(value) if isinstance(value, Said) else value,
)
_templates.filters["written"] = written
_templates.filters["share"] = lambda value: f"{100 * min(max(value, 0.0), 1.0):.2f}%"


def render(panel: str, **values: Any) -> str:
    """The HTML of `panels/<panel>.html`, its values escaped unless they are `Markup`.

    Raises `jinja2.UndefinedError` for a value that the template needs and nobody gave.
    """
    return _templates.get_template(f"{panel}.html").render(values)


def playing(panel: str) -> str:
    """The script by which a panel whose value is HTML follows a dragged slider."""
    return files("playing.js") + f"plays('value', (panels) => panels['{panel}']);\n"


def files(*names: str) -> str:
    """Scripts or style sheets of `panels/`, one after the other."""
    return "".join((PANELS / name).read_text(encoding="utf-8") for name in names)


def term(key: str, label: str = "", more: str = "") -> Markup:
    """A button that explains the word `key` of the glossary, and then says `more`, a line each.

    It reads `label`, or the word's own name. In a template: `{{ term("KR") }}`.
    """
    label = translated(label or glossary.words()[key].name)
    return Markup(render("term", key=key, label=label, more=more).strip())


def worded(text: str, *keys: str) -> Markup:
    """A sentence in which these words of the glossary are terms, each where it comes first.

    Words are found in the reader's language, in the plural too, as English and Spanish make it.
    """
    text = translated(text)
    known = {_bare(translated(glossary.words()[key].name)): key for key in keys}
    pieces, met, begin = [], set(), 0
    for found in re.finditer(rf"\b({'|'.join(map(re.escape, known))})(?:e?s)?\b", _bare(text)):
        key = known[found[1]]
        if key in met:
            continue
        met.add(key)
        pieces += [
            escape(text[begin : found.start()]),
            term(key, text[found.start() : found.end()]),
        ]
        begin = found.end()
    return Markup().join([*pieces, escape(text[begin:])])


def _bare(text: str) -> str:
    """The same signs without their accents: `direcciones` is the plural of `dirección`."""
    return "".join(unicodedata.normalize("NFD", sign)[0] for sign in text)


def say(text: str, **values: Any) -> Markup:
    """A sentence of a template in the reader's language, its values escaped unless `Markup`."""
    return _filled(translated(text), values)


def say_n(one: str, many: str, count: int, **values: Any) -> Markup:
    """The sentence for so many things, which it may name as `{count}`."""
    book = languages.catalogue(languages.current())
    return _filled(book.ngettext(one, many, count), {"count": f"{count:,}", **values})


def _filled(text: str, values: Mapping[str, Any]) -> Markup:
    spoken = {
        name: translated(value) if isinstance(value, Said) else value
        for name, value in values.items()
    }
    return escape(text).format(**spoken) if spoken else escape(text)


_templates.filters["worded"] = worded
_templates.filters["spoken"] = translated
_templates.globals |= {
    "term": term,
    "key_of": glossary.key_of,
    "_": say,
    "_n": say_n,
    "language": languages.current,
    "languages": lambda: languages.known().values(),
}
