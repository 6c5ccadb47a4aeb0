"""A Gradio page whose streamed answers travel whole, so that none is lost or told twice."""

from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction

from demo.gradio_quirks.light import NOTHING, LightBlocks


class WholeBlocks(LightBlocks):
    """A page that sends each update of a private stream as it is.

    Gradio sends differences between a stream's updates and, at its end, the last update again.
    The page applies a difference to the very object that may still wait to be shown, so that an
    update followed fast by another can lose panels; and the repeated one undoes whatever another
    click has changed since. Here each update replaces the last, and the end changes nothing.
    Endpoints of the API keep Gradio's own way, which its Python client expects.
    """

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """One sentence for a call that leaves values out, which Gradio answers with a traceback."""
        wanted, given = len(block_fn.inputs), len(inputs)
        if block_fn.api_visibility == "public" and given < wanted:
            values = "value" if wanted == 1 else "values"
            raise gr.Error(
                f"This endpoint needs {wanted} {values} and got {given}; "
                "gradio_client fills in those that have a default.",
                print_exception=False,
            )
        super().validate_inputs(block_fn, inputs)

    def handle_streaming_diffs(
        self,
        block_fn: BlockFunction,
        data: list,
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """The data of one message of a stream; overrides the step of that name in Gradio 6."""
        if block_fn.api_visibility != "private" or session_hash is None or run is None:
            return super().handle_streaming_diffs(
                block_fn, data, session_hash, run, final, simple_format
            )
        if final:
            self._pop_run_diffs(session_hash, run)
            return [dict(NOTHING) for _ in block_fn.outputs]
        runs = self.pending_diff_streams[session_hash]
        if run not in runs:
            # Gradio frees a run by this entry; the first message is whole by itself.
            runs[run] = []
            return data
        return [[["replace", [], value]] for value in data]
