"""The start: what is brought in beside Gradio must be the same torch."""

import subprocess
import sys
from pathlib import Path

import pytest

LINKED = """
import sys
from demo.early import link_torch
link_torch().join()
assert "torch" not in sys.modules
assert "libtorch_cpu.so" in open("/proc/self/maps").read()
import torch
torch.nn.Linear(3, 2)(torch.ones(4, 3)).sum().backward()
print(torch.get_num_threads(), torch.cuda.is_available())
"""
PLAIN = """
import torch
print(torch.get_num_threads(), torch.cuda.is_available())
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are linked ahead on Linux only")
def test_torch_linked_ahead_is_the_torch_of_a_plain_import():
    """Would catch libraries loaded twice, in the wrong order or not at all."""
    assert run(LINKED) == run(PLAIN)


def test_elsewhere_the_import_does_it_alone(monkeypatch):
    """Would catch a start that fails where there is no dlopen, or no torch yet."""
    from demo import early

    monkeypatch.setattr(sys, "platform", "win32")
    assert early.link_torch() is None
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(early.importlib.util, "find_spec", lambda name: None)
    assert early.link_torch() is None


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are linked ahead on Linux only")
def test_a_library_that_cannot_be_linked_is_left_alone(tmp_path):
    """Would catch an exception in the thread, printed into everybody's terminal."""
    from demo import early

    early._link(tmp_path)
    (tmp_path / early.LIBRARIES[0]).write_bytes(b"no library")
    early._link(tmp_path)
