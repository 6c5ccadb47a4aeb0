"""The page in a process of its own, for whoever measures it from outside."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 240
"""Seconds after which a page that does not come is given up."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_page(port: int, app: subprocess.Popen) -> str:
    """Wait for the first byte of the page that `app` serves; returns its address.

    Raises `RuntimeError` when the process ends or `PATIENCE` does.
    """
    address = f"http://127.0.0.1:{port}/"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if app.poll() is not None:
            raise RuntimeError("app.py ended at once; run it by itself to see why")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                answer.read(1)
            return address
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError("app.py did not serve its page in time")
