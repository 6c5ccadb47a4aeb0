"""One visitor's state, kept by session hash, freed when the tab closes or nobody comes back."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.errors import LetheError
from engine.workspace import State, Workspace, start

CAPACITY = 200
IDLE_SECONDS = 3600.0


class Busy(LetheError):
    """A click while the last one is still being worked on."""

    def __init__(self) -> None:
        super().__init__("Still working on the last click; let it finish, or press Cancel.")


@dataclass
class Session:
    """What belongs to one visitor alone.

    `query` is the row of the photo asked about, `chosen` are labels and
    `last` the one ticked last, `turn` counts the page's choices, `positions` [n + m, 2] is
    where the points are on the map `sheet` after the deletions, None before the first, and
    `spread` says that each person's KR is looked at. `running` is the panel below whose own
    work is under way.
    """

    workspace: Workspace
    state: State
    query: int
    chosen: tuple[int, ...] = ()
    last: int | None = None
    turn: int = 0
    positions: np.ndarray | None = None
    sheet: Any = None
    spread: bool = False
    running: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)
    used: float = field(default_factory=time.monotonic)
    _working: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def working(self, patience: float = 0.0, panel: str = "") -> Iterator[threading.Event]:
        """Hold the session for one piece of work and yield its cancel event.

        A `panel` that has a Stop of its own is named, so that its Stop is ready meanwhile.
        Raises `Busy` when it is held already, after `patience` seconds: clicks are answered,
        never piled up.
        """
        if not self._working.acquire(timeout=patience):
            raise Busy
        try:
            self.cancel, self.running = threading.Event(), panel
            yield self.cancel
        finally:
            self.running = ""
            self._working.release()

    @property
    def is_working(self) -> bool:
        """Whether a piece of work is under way."""
        return self._working.locked()


class Sessions:
    """All visitors of one running page; at most `capacity`, the longest unused go first."""

    def __init__(self, capacity: int = CAPACITY, idle: float = IDLE_SECONDS) -> None:
        self._by_key: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._capacity, self._idle = capacity, idle

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str, workspace: Workspace, query: int) -> Session:
        """The visitor's session; a fresh one in `workspace` where there is none (any more)."""
        now = time.monotonic()
        with self._lock:
            session = self._by_key.get(key)
            if session is None:
                session = Session(workspace, start(workspace), query)
                self._by_key[key] = session
            session.used = now
            self._by_key.move_to_end(key)
            self._expire(now)
            return session

    def known(self, key: str) -> bool:
        """Whether this visitor has a session."""
        return key in self._by_key

    def drop(self, key: str) -> None:
        """Forget the visitor and stop what runs on their behalf."""
        with self._lock:
            session = self._by_key.pop(key, None)
        if session is not None:
            session.cancel.set()

    def _expire(self, now: float) -> None:
        for key in list(self._by_key):
            session = self._by_key[key]
            too_many = len(self._by_key) > self._capacity
            if not too_many and now - session.used < self._idle:
                break
            if session.is_working:
                continue
            del self._by_key[key]
