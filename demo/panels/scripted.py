"""How a panel is made of the files beside it."""

from typing import Any

import gradio as gr

from demo import templates


def scripted(name: str, *before: str, **properties: Any) -> gr.HTML:
    """A panel with the style and the script of this `name` in `panels/`, which is its id too.

    Files of other names come `before`: a second idea, or what panels have in common, such as
    `plays` of `playing`, to follow a dragged slider. Its HTML is its `value`, or where scripts use
    the value for something else its `markup`.
    """
    if "markup" in properties:
        # The markup comes escaped, from Python: Gradio runs what a `{{ }}` template puts in.
        properties["html_template"] = "${markup}"
    names = *before, name
    styled = [one for one in names if (templates.PANELS / f"{one}.css").exists()]
    return gr.HTML(
        css_template=templates.files(*(f"{one}.css" for one in styled)),
        js_on_load=templates.files(*(f"{one}.js" for one in names)),
        apply_default_css=False,
        elem_id=name,
        **properties,
    )
