"""A stream for answers that stays open as long as the tab.

Gradio opens a stream for the answers when something is asked and closes it when all is told; on a
busy machine an answer can fall between two of them. While this one stays, none does.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from demo.gradio_quirks.progress import SILENT

SECONDS = 15


async def stay() -> AsyncIterator[dict]:
    """An answer without end."""
    while True:
        yield gr.skip()
        await asyncio.sleep(SECONDS)


def keep_open(page: gr.Blocks, part: Any) -> None:
    """Begin the stay when the page is opened; `part` is what it says nothing about."""
    page.load(stay, None, part, **SILENT, concurrency_limit=None)
