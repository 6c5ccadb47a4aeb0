"""Torch's shared libraries, linked while Python is busy importing Gradio."""

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path

LIBRARIES = ("libtorch_global_deps.so", "libtorch_cpu.so", "libtorch_cuda.so")
"""In the order in which `import torch` brings them in; a build without CUDA lacks the last."""


def link_torch() -> threading.Thread | None:
    """Begin to link torch's libraries in a thread; on Linux only, elsewhere None.

    Linking half a gigabyte takes a tenth of the start, and Python's own loaders hold the
    interpreter's lock meanwhile. Called as a C function, dlopen does not. A library that cannot be
    linked is left to `import torch`, which tells about it.
    """
    found = importlib.util.find_spec("torch") if sys.platform == "linux" else None
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "lib"
    thread = threading.Thread(target=_link, args=(folder,), name="lethe-link", daemon=True)
    thread.start()
    return thread


def _link(folder: Path) -> None:
    link = ctypes.CDLL(None).dlopen
    link.restype, link.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in LIBRARIES:
        # torch wants the first one's symbols for all that it loads later
        scope = os.RTLD_GLOBAL if name == LIBRARIES[0] else os.RTLD_LOCAL
        if (folder / name).is_file() and not link(os.fsencode(folder / name), os.RTLD_NOW | scope):
            return
