"""The panels' HTML: one Jinja template beside each panel, and every value in it escaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from demo import glossary
from engine.audit.figures import written

PANELS = Path(__file__).parent / "panels"

_templates = Environment(
    loader=FileSystemLoader((PANELS, PANELS.parent)),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters["written"] = written
_templates.filters["share"] = lambda value: f"{100 * min(max(value, 0.0), 1.0):.2f}%"


def render(panel: str, **values: Any) -> str:
    """The HTML of `panels/<panel>.html`, its values escaped unless they are `Markup`.

    Raises `jinja2.UndefinedError` for a value that the template needs and nobody gave.
    """
    return _templates.get_template(f"{panel}.html").render(values)


def term(key: str, label: str = "", more: str = "") -> Markup:
    """A button that explains the word `key` of the glossary, and then says `more`, a line each.

    It reads `label`, or the word's own name. In a template: `{{ term("KR") }}`.
    """
    label = label or glossary.words()[key].name
    return Markup(render("term", key=key, label=label, more=more).strip())


_templates.globals |= {"term": term, "key_of": glossary.key_of}
