"""How much memory and processor a process takes, looked at from outside while it works."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

EACH = 0.5
"""Seconds between two looks."""


@dataclass(frozen=True)
class Resident:
    """Megabytes that are in memory: `own` written by the process, `files` mapped from libraries."""

    own: float
    files: float

    @property
    def all(self) -> float:
        """What `ps` calls RSS."""
        return self.own + self.files


def resident(pid: int) -> Resident:
    """The memory of a process now; Linux alone. Raises `OSError` where it has ended."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.startswith("Rss"):
            found[name] = int(value.split()[0]) / 1024
    return Resident(found["RssAnon"], found["RssFile"] + found["RssShmem"])


def processor_seconds(pid: int) -> float:
    """Seconds of processors that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Seconds of processors that the whole machine has worked so far, whoever asked for it."""
    user, nice, system, _, _, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) / os.sysconf("SC_CLK_TCK")


class Watched:
    """Looks at a process for the length of a block; `most` is the largest that it was."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.looks: list[tuple[float, Resident]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def most(self) -> Resident:
        """The look at which most was in memory."""
        return max((one for _, one in self.looks), key=lambda one: one.all)

    def _look(self) -> None:
        began = time.monotonic()
        while not self._over.wait(EACH):
            try:
                self.looks.append((time.monotonic() - began, resident(self.pid)))
            except OSError:
                return

    def __enter__(self) -> "Watched":
        self.looks.append((0.0, resident(self.pid)))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
