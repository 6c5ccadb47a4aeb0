"""Paper, ink and four colours with one meaning each; the rest of the look is in `studio.css`."""

import gradio as gr

from engine.assets import ASSETS

CSS = ASSETS / "studio.css"

PAPER, CARD, INK, MUTED, LINE = "#faf9f6", "#ffffff", "#1d2026", "#5f6672", "#e3e1da"
DARK_PAPER, DARK_CARD, DARK_INK, DARK_MUTED, DARK_LINE = (
    "#14161a",
    "#1b1e23",
    "#eceae4",
    "#a2a8b3",
    "#2f3339",
)

HEAD = """
<meta name="color-scheme" content="light dark">
<meta name="description" content="Erase people from a face-recognition model and see what remains.">
"""

ON_LOAD = """
() => {
  const saved = localStorage.getItem('lethe-theme');
  if (saved) document.body.classList.toggle('dark', saved === 'dark');
  document.documentElement.lang = 'en';
  document.title = 'Lethe';
  const say = (text, tone) => {
    const line = document.querySelector('#status .say');
    if (!line) return;
    line.className = `say ${tone}`;
    line.querySelector('.whole')?.remove();
    line.querySelector('p').textContent = text;
  };
  const ask = window.fetch;
  window.fetch = async (...what) => {
    try {
      return await ask(...what);
    } catch (error) {
      if (error.name !== 'AbortError') {
        say('The connection to the server is lost; this page goes on when it is back.', 'wrong');
      }
      throw error;
    }
  };
  window.addEventListener('online', () => say('The connection is back; please try again.', 'calm'));
  // The first word after the click comes from the page itself, however busy the server is.
  document.addEventListener('click', (event) => {
    const button = event.target.closest('#forget, #undo, #reset, [data-step]');
    if (button && !button.disabled) say('On its way.', 'busy');
  });
}
"""


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
        body_background_fill=PAPER,
        body_background_fill_dark=DARK_PAPER,
        background_fill_primary=CARD,
        background_fill_primary_dark=DARK_CARD,
        background_fill_secondary=PAPER,
        background_fill_secondary_dark=DARK_PAPER,
        block_background_fill=CARD,
        block_background_fill_dark=DARK_CARD,
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        body_text_color=INK,
        body_text_color_dark=DARK_INK,
        body_text_color_subdued=MUTED,
        body_text_color_subdued_dark=DARK_MUTED,
        border_color_primary=LINE,
        border_color_primary_dark=DARK_LINE,
        button_secondary_background_fill=CARD,
        button_secondary_background_fill_dark=DARK_CARD,
        button_secondary_text_color=INK,
        button_secondary_text_color_dark=DARK_INK,
        button_secondary_border_color=LINE,
        button_secondary_border_color_dark=DARK_LINE,
        layout_gap="16px",
        prose_header_text_weight="700",
        button_large_text_weight="700",
        button_medium_text_weight="400",
        block_label_text_weight="400",
        block_title_text_weight="700",
    )
