"""No search for garbage while Gradio and torch are imported and the page is built.

They make a million objects that stay; looking for garbage among them again and again would take a
sixth of the start. What is there when the page is served is never looked at again.
"""

import gc


def pause() -> None:
    """Stop looking for garbage."""
    gc.disable()


def resume() -> None:
    """Look again, but only among what is made from now on."""
    gc.freeze()
    gc.enable()
