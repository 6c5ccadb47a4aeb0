"""A stranger's model is tried in a process of its own first: it may crash, hang or eat memory."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from engine.backbones.onnx_file import ModelFile
from engine.backbones.onnx_layout import Layout
from engine.backbones.onnx_session import condensed, refusal
from engine.errors import LetheError
from engine.machine import cores
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said

SECONDS = 10
"""How long opening a model and running one face may take; a large one takes three."""
MEMORY = 3_000_000_000
"""Bytes of address space above some ten times the model's own size; Python and onnxruntime alone
take one and a half."""
BEAT = 0.2
CHILD = Path(__file__).with_name("onnx_child.py")


def try_out(
    file: ModelFile, layout: Layout, watch: Watch = ignore, *, seconds: float = SECONDS
) -> None:
    """Open a model and run one face of zeros, all in a process that is then gone.

    Raises `LetheError` when it cannot be opened or run, takes longer than `seconds`, takes too
    much memory, or brings the process down.
    """
    name = file.path.name
    shape = layout.arrange(np.zeros((1, layout.size, layout.size, 3), np.uint8), 0, 1).shape
    asked = {
        "input": layout.name,
        "shape": [layout.batch or 1, *shape[1:]],
        "type": np.dtype(layout.kind).name,
        "memory": MEMORY + 10 * len(file.data),
        "seconds": int(seconds * cores()) + 1,
        "cores": cores(),
    }
    told = _run(json.dumps(asked).encode() + b"\n" + file.data, name, seconds, watch)
    if told is None:
        raise LetheError(
            said("{name} brought its test run down, so it is not taken here.", name=name)
        )
    if told["memory"]:
        raise LetheError(
            said("{name} takes too much memory to be run here; choose a smaller model.", name=name)
        )
    if told["stage"] == "run":
        raise LetheError(
            said(
                "{name} does not run on faces of {size} x {size}: {problem}.",
                name=name,
                size=layout.size,
                problem=condensed(told["error"]),
            )
        )
    if told["stage"]:
        raise LetheError(refusal(file, told["error"]))


def _run(given: bytes, name: str, seconds: float, watch: Watch) -> dict | None:
    """What the process said; None where it ended without a word."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        [sys.executable, "-I", str(CHILD)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    )
    answer: list[bytes] = []
    # In a thread: `communicate` with a time-out would not go on writing where it stopped.
    talk = threading.Thread(target=lambda: answer.append(child.communicate(given)[0]), daemon=True)
    talk.start()
    until = time.monotonic() + seconds
    try:
        while talk.is_alive():
            watch(Progress(noted("Trying the model in a process of its own"), 0, 0))
            talk.join(BEAT)
            if talk.is_alive() and time.monotonic() > until:
                raise LetheError(
                    said(
                        "{name} did not answer within {seconds:g} seconds; it is too slow for "
                        "this machine, or never ends.",
                        name=name,
                        seconds=seconds,
                    )
                )
    finally:
        child.kill()
        talk.join()
    out = answer[0] if answer else b""
    try:
        return json.loads(out)
    except ValueError:
        return None
