"""The strip that a dragged slider plays: decoded and played by its script, never seen itself."""

import gradio as gr

from demo.panels.scripted import scripted


def build() -> gr.HTML:
    """Prop `packet` is what `demo.strips` packs, base64 of a deflated packet; empty for none."""
    return scripted("strip", value="", packet="")
