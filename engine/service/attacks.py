"""Every attack on one state, a step at a time, so that each can be shown, stopped and shared."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.audit import QUESTIONS
from engine.audit.collateral import Person, collateral
from engine.audit.depth import Layer, kr_by_depth
from engine.audit.probe_strength import Strength, by_penalty, by_training, papers
from engine.audit.sample import narrowed, some_people
from engine.backbones.base import LayeredBackbone
from engine.progress import Watch
from engine.said import noted
from engine.service.service import Service
from engine.workspace import State, start


@dataclass(frozen=True)
class Findings:
    """What the attacks found; whatever is not done yet is empty. `before` and `after` by question.

    `training`, `penalty` and `paper` are how hard a probe has to try, `people` the kept ones
    before and after, `layers` KR by the network's depth.
    """

    before: Mapping[str, dict] = field(default_factory=dict)
    after: Mapping[str, dict] = field(default_factory=dict)
    people: tuple[Person, ...] | None = None
    training: Strength | None = None
    penalty: Strength | None = None
    paper: Strength | None = None
    layers: tuple[Layer, ...] | None = None


Step = Callable[[Findings, Watch], Findings]
"""One attack: what was found so far in, that and its own finding out."""


class Attacks:
    """The attacks of a service: what one visit has found of a state, the next is told at once."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def found(self, state: State, people: tuple[int, ...]) -> Findings | None:
        """What the attacks found of `people` in this state; None where they are not done.

        Where only the quick ones are, `layers` is None though `has_depths`.
        """
        known = self._service.known
        return known(("findings", people), state) or known(("quick findings", people), state)

    @staticmethod
    def has_depths(state: State) -> bool:
        """Whether the network's layers can be asked too, which takes a pass over all photos."""
        layered = isinstance(state.model, LayeredBackbone)
        return layered and state.workspace.features.faces is not None

    def run(self, state: State, people: tuple[int, ...], *, quick: bool = False) -> Iterator[Step]:
        """The attacks that are not done, to be called in order, each with what the last one gave.

        The first is given what `found` has, or nothing; `quick` leaves out the network's depths.
        """
        done = self.found(state, people)
        if done is None:
            yield from self._quick(state, people)
            yield self._kept("quick findings", state, people)
        model = state.model
        if quick or (done is not None and done.layers is not None):
            return
        if isinstance(model, LayeredBackbone) and self.has_depths(state):
            yield lambda found, watch: replace(
                found, layers=self._layers(state, model, people, watch)
            )
            yield self._kept("findings", state, people)

    def _kept(self, name: str, state: State, people: tuple[int, ...]) -> Step:
        return lambda found, watch: self._service.once((name, people), state, lambda: found, watch)

    def _quick(self, state: State, people: tuple[int, ...]) -> Iterator[Step]:
        before, view = state.before(people), state.view(people)
        attacks = [
            name
            for name, one in QUESTIONS.items()
            if any(metric.aspect for metric in one.metrics) and one.possible(view)
        ]
        yield from (self._ask(state, people, name) for name in attacks)
        if state.steps:
            yield lambda found, watch: replace(found, people=tuple(collateral(before, view)))
        some = narrowed(view, some_people(view.classes, view.forget, state.workspace.seed))
        seed = state.workspace.seed
        yield lambda found, watch: replace(
            found, training=by_training(some, seed=seed, watch=watch), paper=papers(some, seed)
        )
        yield lambda found, watch: replace(found, penalty=by_penalty(some, watch=watch))

    def _ask(self, state: State, people: tuple[int, ...], name: str) -> Step:
        def step(found: Findings, watch: Watch) -> Findings:
            before = self._service.audit(start(state.workspace), people, watch, (name,))
            found = replace(found, before={**found.before, **before})
            if not state.steps:
                return found
            after = self._service.audit(state, people, watch, (name,))
            return replace(found, after={**found.after, **after})

        return step

    def _layers(
        self, state: State, model: LayeredBackbone, people: tuple[int, ...], watch: Watch
    ) -> tuple[Layer, ...]:
        features = state.workspace.features
        key = (features.key, model.fingerprint)
        depths = dict(
            self._service.depths.once(key, lambda: model.embed_depths(features.pixels()), watch)
        )
        depths[noted("after erasing") if state.steps else noted("embedding")] = state.values
        return tuple(
            kr_by_depth(
                depths, features.labels, features.train, people, len(features.identities), watch
            )
        )
