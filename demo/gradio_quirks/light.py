"""Answers that cost what they change: Gradio's own cost what they might have changed.

For each panel that an act might change, changed or not, Gradio 6 makes the component anew and
describes it twice, in the one thread that serves everybody; with thirty panels and thirty visitors
that thread does nothing else. It keeps what was sent for links that open a page as it stood, which
Lethe's links do by themselves, without Gradio.
"""

import inspect
from collections.abc import Mapping
from copy import copy
from typing import Any

import gradio as gr
from gradio import utils
from gradio.blocks import Block, BlockFunction
from gradio.state_holder import SessionState

NOTHING = {"__type__": "update"}
"""What Gradio sends for a component that stays as it is."""

OWN = frozenset(inspect.signature(gr.HTML.__init__).parameters) - {"value"}
"""What says how an HTML component is made; anything else are its properties."""


class LightBlocks(gr.Blocks):
    """`gr.Blocks` whose private events tell panels of HTML what is new, and others nothing."""

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """What is sent of `{component: update}`; overrides the step of that name in Gradio 6."""
        if block_fn.api_visibility != "private" or not _by_component(predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        sent = {
            one._id: _sent(one, said) for one, said in predictions.items() if _is_light(one, said)
        }
        rest = {one: said for one, said in predictions.items() if one._id not in sent}
        if rest:
            part = copy(block_fn)
            part.outputs = list(rest)
            said = list(rest.values())
            made = await super().postprocess_data(part, said if len(said) > 1 else said[0], state)
            sent |= dict(zip((one._id for one in rest), made, strict=True))
        return [sent.get(one._id, dict(NOTHING)) for one in block_fn.outputs]


def _by_component(predictions: Any) -> bool:
    return isinstance(predictions, Mapping) and all(isinstance(one, Block) for one in predictions)


def _is_light(component: Block, said: Any) -> bool:
    if said == NOTHING:
        return True
    return isinstance(component, gr.HTML) and not (utils.is_prop_update(said) and said.keys() & OWN)


def _sent(component: Any, said: Any) -> Any:
    if not utils.is_prop_update(said):
        return component.postprocess(said)
    sent: dict[str, Any] = dict(NOTHING)
    props = {
        name: value
        for name, value in said.items()
        if name not in ("__type__", "value") and value is not None
    }
    if props:
        sent["props"] = props
    if "value" in said:
        sent["value"] = component.postprocess(said["value"])
    return sent
