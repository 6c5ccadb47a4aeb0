"""torch's libraries are linked by one core while the other imports Gradio.

That is half a second of the C library's work, which needs nothing of Python. `ctypes.CDLL` holds
the interpreter's lock meanwhile, a function that is called through it does not.
"""

import ctypes
import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path


def link_ahead() -> None:
    """Begin, in a thread. Linux alone; whoever imports torch meanwhile waits for what is left.

    Where libraries lie elsewhere too (`LD_LIBRARY_PATH`), torch itself says which come first.
    """
    torch = find_spec("torch")
    if not sys.platform.startswith("linux") or torch is None or "LD_LIBRARY_PATH" in os.environ:
        return
    folder = Path(str(torch.origin)).parent / "lib"
    threading.Thread(target=_link, args=[folder], name="lethe-link", daemon=True).start()


def _link(folder: Path) -> None:
    """As torch does: what all need for all, then the rest. What fails here, torch tells."""
    link = ctypes.CDLL(None).dlopen
    link.argtypes, link.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
    for name, how in (
        ("libtorch_global_deps.so", os.RTLD_NOW | os.RTLD_GLOBAL),
        ("libtorch.so", os.RTLD_NOW),
    ):
        link(os.fsencode(folder / name), how)
