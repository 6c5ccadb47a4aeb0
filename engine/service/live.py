"""The strength slider while it is dragged: what is factored once a selection, for all visitors."""

import threading
from contextlib import suppress

from cachetools import LRUCache

from engine.erasure.esc import METHOD
from engine.live.slider import LiveErasure
from engine.service.weights import weight
from engine.workspace import State

KEPT = 64_000_000
"""Bytes of selections whose factors are kept; each holds a few times the embeddings."""


class Live:
    """Quick erasures by the deletions that they would replace. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple, LiveErasure] = LRUCache(KEPT, weight)
        self._lock = threading.Lock()

    @staticmethod
    def follows(state: State, method: str) -> bool:
        """Whether the last deletion can be dragged: made by ESC and not trained."""
        return bool(state.steps) and state.steps[-1].method == method == METHOD.name

    def of(self, state: State) -> LiveErasure:
        """What the last deletion of `state` takes at any rank, prepared at the first drag.

        Raises `LetheError` when there is nothing to erase.
        """
        return self.on(state.undo(-1), state.steps[-1].forget)

    def on(self, base: State, forget: tuple[int, ...]) -> LiveErasure:
        """What erasing these people from `base` takes at any rank. Raises as `of` does."""
        whole = (base.workspace.key, base.trail)
        key = (whole, forget)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                near = next((one for k, one in self._kept.items() if k[0] == whole), None)
                found = LiveErasure(near.base if near is not None else base, forget, near)
                with suppress(ValueError):  # heavier than all that may be kept
                    self._kept[key] = found
        return found
