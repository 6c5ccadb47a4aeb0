"""What was computed once, for everybody: bounded, and never computed twice at the same time."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

from engine.progress import Progress, Watch, ignore
from engine.said import noted

T = TypeVar("T")
BEAT = 0.1
"""Seconds between two looks whether somebody who waits has been told to stop."""


class Cache(Generic[T]):
    """The last values by their keys, `bound` of them or of what `weigh` says. Safe in threads.

    Keys are made of what a value follows from, never of who asked. What weighs more than all that
    may be kept is given to who asked and not kept.
    """

    def __init__(self, bound: float, weigh: Callable[[T], float] | None = None) -> None:
        self._kept: LRUCache[Hashable, T] = LRUCache(bound, weigh)
        self._flights: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> float:
        """What all that is kept weighs; their number where nothing weighs."""
        return self._kept.currsize

    def get(self, key: Hashable) -> T | None:
        """The value of `key`, None where there is none."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value that somebody made, in pieces perhaps."""
        with self._lock, suppress(ValueError):  # heavier than all that may be kept
            self._kept[key] = value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def once(self, key: Hashable, make: Callable[[], T], watch: Watch = ignore) -> T:
        """The value of `key`, made where there is none; whoever asks meanwhile waits for it.

        Where making it fails or is stopped, the next in line makes it. Raises what `make` raises,
        and `Cancelled` when the watcher stops one who waits.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
                flight = self._flights.setdefault(key, threading.Lock())
                mine = flight.acquire(blocking=False)
            if mine:
                break
            if flight.acquire(timeout=BEAT):
                flight.release()
            watch(Progress(noted("waiting for the same figures"), 0, 0))
        try:
            value = make()
            self.put(key, value)
            return value
        finally:
            with self._lock:
                del self._flights[key]
            flight.release()
