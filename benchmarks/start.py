"""Seconds from `python app.py` to the page's first byte, bytecode and disk warm."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving import ROOT, await_page, free_port

IMPORTS = """
import gc, os
from demo.gradio_quirks.repeats import done_once
from demo.gradio_quirks.stubs import without_stubs
gc.disable()
with without_stubs(), done_once():
    import gradio
import torch
os._exit(0)
"""
"""As the page imports them, and out without tidying up."""


@dataclass(frozen=True)
class Start:
    """Seconds of each start, and of importing Gradio and torch alone, in turns."""

    seconds: tuple[float, ...]
    imports: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the starts serve the page within this."""
        return statistics.median(self.seconds)


def measure(options: Sequence[str], repeats: int) -> Start:
    """Start the page `repeats` times after one start that warms up, and end it each time.

    Raises `RuntimeError` when `app.py` does not serve.
    """
    # Imports are warm when their bytecode lies on the disk.
    warm = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    served, imported = [], []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, env=warm, check=True)
        imported.append(time.perf_counter() - began)
        port = free_port()
        command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), *options]
        began = time.perf_counter()
        app = subprocess.Popen(
            command, cwd=ROOT, env=warm, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            await_page(port, app)
            served.append(time.perf_counter() - began)
        finally:
            app.terminate()
            app.wait(20)
    return Start(tuple(served[1:]), tuple(imported[1:]))
