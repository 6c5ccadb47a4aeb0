"""The figures while a slider is dragged: all that a new rank needs is prepared once a selection."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.audit import head_accuracy, kr, retrieval
from engine.audit.sample import narrowed, some_people, widened
from engine.erasure.esc import METHOD
from engine.erasure.factor import ForgetFactor, factor_people
from engine.erasure.spectrum import choose_rank
from engine.live.downdate import DowndatedRetrieval
from engine.probes.ridge import RidgeProbe, fit_ridge
from engine.workspace import State, Step

ESTIMATED = frozenset({"kr"})
"""Questions that `LiveErasure.figures` answers nearly; it answers the others exactly."""

DEEPEST = 256
"""Directions prepared at most; a slider does not go further."""


class LiveErasure:
    """ESC on `base` for the people `forget`, at any rank, with quick figures.

    KR comes from the closed-form probe (`engine.probes.ridge`), which is near the converged
    one but not it: whoever shows these figures says "quick estimate". Retrieval and the head's
    accuracy are exact. `before`, another selection on the same base, lends what it has factored.
    """

    def __init__(
        self, base: State, forget: tuple[int, ...], before: "LiveErasure | None" = None
    ) -> None:
        self.base, self.forget = base, forget
        features = base.workspace.features
        train, classes = features.train, len(features.identities)
        enrolled, labels = base.values[train], features.labels[train]
        same = before is not None and before.base is base
        # The probe is asked about those whom the audit's will be asked about.
        self._people = some_people(classes, (*base.forgotten, *forget), base.workspace.seed)
        self.probe: RidgeProbe | None = None
        self.factor: ForgetFactor
        if same and before is not None:
            if _same(before._people, self._people):
                self.probe = before.probe
            self.factor = before.factor.select(enrolled, labels, forget)
        else:
            self.factor = factor_people(enrolled, labels, forget)
        asked = narrowed(base.view((*base.forgotten, *forget)), self._people)
        if self.probe is None:
            known = asked.train
            self.probe = fit_ridge(asked.values[known], asked.labels[known], asked.classes)
        self._directions = directions = self.factor.directions[:, :DEEPEST]
        self._path = self.probe.path(directions, asked.values)
        judging = base.judging
        self._strangers = None if judging is None else self.probe.path(directions, judging)
        self._retrieval = DowndatedRetrieval(
            base.values,
            features.labels,
            train,
            (*base.forgotten, *forget),
            directions,
            base.workspace.seed,
        )

    @property
    def deepest(self) -> int:
        """The highest rank that there is."""
        return len(self._path)

    def rank(self, options: Mapping[str, Any]) -> int:
        """The number that ESC's options stand for, never above the directions there are."""
        resolved = METHOD.resolve(options)
        dimension = len(self.factor.directions)
        people = len(self.forget)
        chosen = choose_rank(
            resolved["rank"], resolved["p"], self.factor.spectrum, people, dimension
        )
        return min(chosen, self.deepest)

    def state(self, options: Mapping[str, Any]) -> State:
        """The state with these people erased by ESC with `options`, as the button leaves it.

        Raises `LetheError` for an option that ESC would refuse.
        """
        return self.base.after(self.step(self.rank(options), options))

    def step(self, rank: int, options: Mapping[str, Any] | None = None) -> Step:
        """The deletion at a rank, 0 to `deepest`, not yet applied to anything."""
        began = time.perf_counter()
        eraser = self.factor.eraser(rank)
        given = {"rank": rank} if options is None else dict(options)
        return Step(self.forget, METHOD.name, given, eraser, time.perf_counter() - began)

    def cosines(self, query: Tensor, ranks: Sequence[int]) -> Tensor:
        """One feature's [d] cosine to every enrolled photo at each rank, float32 [r, g].

        `query` is as it is on `base`, and nothing is erased from it to begin with.
        """
        return self._retrieval.cosines(query, self._directions, ranks)

    def figures(self, state: State) -> dict[str, dict]:
        """KR, head and retrieval of one of `state`'s results, keyed as the audit keys them."""
        view, rank = state.view(), state.steps[-1].eraser.rank
        asked = narrowed(view, self._people)

        def answers(x: Tensor) -> Tensor:
            path = self._path if x is asked.values else self._strangers
            assert path is not None
            return path.predict(rank)

        return {
            "kr": widened(
                kr.figures(asked, answers, state.workspace.seed), self._people, view.classes
            ),
            "head": head_accuracy.measure(view),
            "retrieval": retrieval.figures(view, self._retrieval.rows, self._retrieval.at(rank)),
        }


def _same(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    return torch.equal(one, other)
