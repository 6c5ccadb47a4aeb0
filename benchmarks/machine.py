"""What the figures were measured on, without saying where."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "numpy", "scikit-learn", "umap-learn", "onnxruntime", "facenet-pytorch")


def describe() -> dict[str, str | int | float]:
    """Processor, cores, memory in GB, Python and packages; no host or user name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory),
        "load_at_start": round(load, 2),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()
