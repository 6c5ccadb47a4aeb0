"""Every colour of the page has one place."""

import re
from pathlib import Path

from demo import charts, palette, theme

ROOT = Path(__file__).parents[2]
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")


def test_no_colour_is_written_anywhere_else() -> None:
    """Catches a colour that only one of light, dark, charts and map follows."""
    sources = [
        path
        for path in [*(ROOT / "demo").rglob("*"), *(ROOT / "assets").glob("*.css")]
        if path.suffix in {".py", ".css", ".js", ".html", ".j2"} and path.name != "palette.py"
    ]
    assert len(sources) > 30
    found = [f"{path.name}: {one}" for path in sources for one in HEX.findall(path.read_text())]
    assert not found


def test_each_property_that_is_used_exists() -> None:
    """Catches a misspelt property, which a browser drops without a word."""
    css = theme.css() + "".join(path.read_text() for path in (ROOT / "demo").rglob("*.css"))
    inline = "".join(
        path.read_text() for end in ("py", "html") for path in (ROOT / "demo").rglob(f"*.{end}")
    )
    used = set(re.findall(r"var\(--([a-z-]+)\)", css))
    set_somewhere = set(re.findall(r"--([a-z-]+): ?", css + inline))
    assert used <= set_somewhere, used - set_somewhere
    assert {"known", "forgotten", "innocent", "ink"} <= used


def test_light_and_dark_differ_where_they_must() -> None:
    """Catches a dark page with dark ink, and a chart that keeps the light page's lines."""
    for name in ("paper", "card", "ink", "muted", "line", "known", "forgotten", "innocent"):
        assert palette.light(name) != palette.dark(name)
    assert palette.css().count("--known:") == 2
    assert "rgb(47, 109, 179)" in charts.css()
