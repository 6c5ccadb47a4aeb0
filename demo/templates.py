"""The panels' HTML: one Jinja template beside each panel, and every value in it escaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.audit.figures import written

PANELS = Path(__file__).parent / "panels"

_templates = Environment(
    loader=FileSystemLoader(PANELS),
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


def files(*names: str) -> str:
    """Scripts or style sheets of `panels/`, one after the other."""
    return "".join((PANELS / name).read_text(encoding="utf-8") for name in names)
