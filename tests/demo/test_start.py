"""What the page does not load before it is served."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

LATER = """
    concept_erasure facenet_pytorch matplotlib numba onnx onnxruntime plotly.basedatatypes
    pynndescent scipy sklearn torchvision umap
"""
"""Nothing of the first screen needs them; each takes a share of a second."""

SERVE = """
import os, sys
import gradio
from demo import serve

def launch(*_, **__):
    print(*sorted(set(sys.argv[1:]) & sys.modules.keys()), flush=True)
    os._exit(0)

gradio.Blocks.launch = launch
serve.main(["--port", "0"])
"""


def test_nothing_is_loaded_that_the_first_screen_does_not_need(own_cache: Path) -> None:
    """Would catch a library imported where a module begins that only one act needs."""
    done = subprocess.run(
        [sys.executable, "-c", SERVE, *LATER.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
