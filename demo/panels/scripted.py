"""How a panel is made of the files beside it."""

from typing import Any

import gradio as gr

from demo import templates


def scripted(name: str, *, plays: bool = False, **properties: Any) -> gr.HTML:
    """A panel with the style and the script of this `name` in `panels/`, which is its id too.

    Its HTML is its `value`, or where scripts use the value for something else its `markup`. One
    that `plays` has `plays` of `playing.js`, to follow a dragged slider.
    """
    if "markup" in properties:
        # The markup comes escaped, from Python: Gradio runs what a `{{ }}` template puts in.
        properties["html_template"] = "${markup}"
    return gr.HTML(
        css_template=templates.files(f"{name}.css"),
        js_on_load=templates.files(*(["playing.js"] if plays else []), f"{name}.js"),
        apply_default_css=False,
        elem_id=name,
        **properties,
    )
