"""The panels' HTML: one Jinja template beside each panel, and every value in it escaped."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from demo import glossary, languages
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


def files(*names: str) -> str:
    """Scripts or style sheets of `panels/`, one after the other."""
    return "".join((PANELS / name).read_text(encoding="utf-8") for name in names)


def term(key: str, label: str = "", more: str = "") -> Markup:
    """A button that explains the word `key` of the glossary, and then says `more`, a line each.

    It reads `label`, or the word's own name. In a template: `{{ term("KR") }}`.
    """
    label = label or glossary.words()[key].name
    return Markup(render("term", key=key, label=label, more=more).strip())


def worded(text: str, *keys: str) -> Markup:
    """A sentence in which these words of the glossary are terms, each where it comes first."""
    pieces, met = [], set()
    for piece in re.split(rf"\b((?:{'|'.join(keys)})s?)\b", text):
        key = piece if piece in keys else piece.removesuffix("s")
        is_first = key in keys and key not in met
        met.add(key)
        pieces.append(term(key, piece) if is_first else escape(piece))
    return Markup().join(pieces)


def say(text: str, **values: Any) -> Markup:
    """A sentence of a template in the reader's language, its values escaped unless `Markup`."""
    return _filled(translated(text), values)


def say_n(one: str, many: str, count: int, **values: Any) -> Markup:
    """The sentence for so many things, which it may name as `{count}`."""
    book = languages.catalogue(languages.current())
    return _filled(book.ngettext(one, many, count), {"count": count, **values})


def _filled(text: str, values: Mapping[str, Any]) -> Markup:
    spoken = {
        name: translated(value) if isinstance(value, Said) else value
        for name, value in values.items()
    }
    return escape(text).format(**spoken) if spoken else escape(text)


_templates.filters["worded"] = worded
_templates.globals |= {"term": term, "key_of": glossary.key_of, "_": say, "_n": say_n}
