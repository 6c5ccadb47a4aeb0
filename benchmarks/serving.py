"""The page in a process of its own, for whoever measures it from outside."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


@contextmanager
def served(
    *options: str, port: int = 0, before: Sequence[str] = (), **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """The page in a process of its own for the length of a block: its address and the process.

    `before` goes before the command. The block may have ended the process itself.

    Raises `RuntimeError` as `await_page` does.
    """
    port = port or free_port()
    app = subprocess.Popen(
        [*before, sys.executable, str(ROOT / "app.py"), "--port", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        yield await_page(port, app), app
    finally:
        app.terminate()
        try:
            app.wait(20)
        except subprocess.TimeoutExpired:
            app.kill()
            app.wait()


def health(address: str) -> dict[str, Any]:
    """What the page says of itself at `/health`."""
    with urllib.request.urlopen(f"{address}health", timeout=10) as answer:
        return json.loads(answer.read())


def await_ready(address: str) -> None:
    """Wait until the first deletion would wait for nothing. Raises `RuntimeError` after long."""
    until = time.monotonic() + PATIENCE
    while not health(address)["ready"]:
        if time.monotonic() > until:
            raise RuntimeError("the page did not become ready in time")
        time.sleep(0.2)
