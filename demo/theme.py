"""The look of the page: Gradio's controls in the page's colours, and all of its CSS."""

from pathlib import Path

import gradio as gr

from demo import charts, palette
from demo.gradio_quirks import connection, styling
from demo.palette import dark, light
from engine.assets import ASSETS

HEAD = """
<meta name="color-scheme" content="light dark">
<meta name="description" content="Erase people from a face-recognition model and see what remains.">
"""

_SCRIPT = Path(__file__).with_name("on_load.js").read_text("utf-8")
ON_LOAD = f"() => {{ {_SCRIPT} {connection.JS} {styling.JS} }}"


def css() -> str:
    """All of the page's own CSS: its colours, its look and its charts."""
    looks = [(ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in ("studio", "lesson")]
    return "\n".join((palette.css(), *looks, charts.css()))


def theme() -> gr.themes.Base:
    """Gradio's own controls in the page's colours; IBM Plex Sans comes with Gradio."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.gray,
        neutral_hue=gr.themes.colors.stone,
        text_size=gr.themes.sizes.text_md,
        spacing_size=gr.themes.sizes.spacing_md,
        radius_size=gr.themes.sizes.radius_md,
        # Gradio's SemiBold files lack letters, so bold is 700 everywhere.
        font=(gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
    ).set(
        body_background_fill=light("paper"),
        body_background_fill_dark=dark("paper"),
        background_fill_primary=light("card"),
        background_fill_primary_dark=dark("card"),
        background_fill_secondary=light("paper"),
        background_fill_secondary_dark=dark("paper"),
        block_background_fill=light("card"),
        block_background_fill_dark=dark("card"),
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        body_text_color=light("ink"),
        body_text_color_dark=dark("ink"),
        body_text_color_subdued=light("muted"),
        body_text_color_subdued_dark=dark("muted"),
        border_color_primary=light("line"),
        border_color_primary_dark=dark("line"),
        button_secondary_background_fill=light("card"),
        button_secondary_background_fill_dark=dark("card"),
        button_secondary_text_color=light("ink"),
        button_secondary_text_color_dark=dark("ink"),
        button_secondary_border_color=light("line"),
        button_secondary_border_color_dark=dark("line"),
        layout_gap="16px",
        prose_header_text_weight="700",
        button_large_text_weight="700",
        button_medium_text_weight="400",
        block_label_text_weight="400",
        block_title_text_weight="700",
    )
