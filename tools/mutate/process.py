"""A copy of the tree to change, and tests run there by forks of one process.

The process has imported the slow libraries and started no thread, so a fork is ready at once and
safe; it imports the engine anew, with the fault in it.
"""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SLOW = ("numpy", "torch", "torchvision", "sklearn.linear_model", "umap", "plotly.graph_objects")
OURS = ("engine", "demo", "tests", "tools", "benchmarks")

HUNG = -1
"""The exit code of a run that did not end in time."""


def copy_tree(root: Path, into: Path) -> Path:
    """The files of the tree that git would keep, changed ones as they are; what lies beside too."""
    copy = into / "main"
    listed = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    done = subprocess.run(listed, check=True, capture_output=True, text=True)
    for name in filter(None, done.stdout.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    if (root.parent / "shared").exists():
        (into / "shared").symlink_to((root.parent / "shared").resolve())
    return copy


def settle(copy: Path) -> None:
    """Make this process one that can be forked for tests of `copy`."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # a pool of threads does not survive a fork
    os.environ["NUMBA_CACHE_DIR"] = str(copy.parent / "numba")
    os.chdir(copy)
    sys.path[:] = [str(copy), *(one for one in sys.path[1:] if one)]
    for name in SLOW:
        importlib.import_module(name)
    importlib.import_module("pytest_cov.plugin")


def run_tests(arguments: list[str], *plugins: Any) -> int:
    """Run pytest in this process, which ends afterwards; its exit code."""
    import pytest

    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    quiet = ["-q", "-p", "no:cacheprovider", "-m", "not browser"]
    return int(pytest.main([*quiet, *arguments], plugins=list(plugins)))


def in_fork(work: Callable[[], int], log: Path, timeout: float) -> int:
    """The exit code of `work` in a fork that writes to `log`; `HUNG` if it had to be ended."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(file, stream)
            code = work()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return HUNG
