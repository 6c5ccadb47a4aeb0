"""What "Attack it yourself" does: every attack on one state, telling as each is done."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from torch import Tensor

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.panels import attack
from demo.panels.attack import ATTACKS, Findings
from demo.session import Busy, Session
from engine.audit import QUESTIONS, audit
from engine.audit.collateral import collateral
from engine.audit.depth import kr_by_depth
from engine.audit.probe_strength import by_penalty, by_training, papers
from engine.audit.sample import narrowed, some_people
from engine.progress import Watch
from engine.service.cache import Cache
from engine.workspace import State, Workspace

REMEMBERED = 64


class Attacks:
    """The attacks of all visitors; what was found of a state is kept, for undo shows it again."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._found: Cache[Findings] = Cache(REMEMBERED)
        self._depths: tuple[str, dict[str, Tensor]] | None = None

    def show(self, session: Session) -> Updates:
        """The panel as it stands for this state: what was found, or the invitation."""
        found = self._found.get(_key(session)) or Findings(_names(session))
        return _paint(session, found)

    def run(self, session: Session) -> Iterator[Updates]:
        """Attack the forgotten, or before any deletion the chosen; a row at a time."""
        asked = _asked(session)
        if not asked:
            yield painting.say("Choose people first, then attack what is known of them.", "wrong")
            return
        state, key = session.state, _key(session)
        if self._found.get(key) is not None:
            yield self.show(session)
            return
        try:
            with session.working(panel="attack") as cancel:
                found = Findings(_names(session))
                yield painting.busy("Attacking.") | _paint(session, found)
                for step in self._steps(state, asked):
                    job = partial(step, found)
                    found = yield from painting.follow(job, cancel, self._actions.gate)
                    yield _paint(session, found)
                self._found.put(key, found)
            yield painting.idle(session) | painting.say("All attacks are done.", "done")
            yield self.show(session)
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield painting.failed(error)
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
            yield self.show(session)

    def _steps(
        self, state: State, asked: tuple[int, ...]
    ) -> Iterator[Callable[[Findings, Watch], Findings]]:
        space = state.workspace
        before, view = state.before(asked), state.view(asked)
        done = bool(state.steps)
        names = [
            name
            for name in ATTACKS
            if view.strangers is not None or not QUESTIONS[name].needs_strangers
        ]

        def ask(name: str) -> Callable[[Findings, Watch], Findings]:
            def job(found: Findings, watch: Watch) -> Findings:
                seed = space.seed
                was = {**found.before, **audit(before, (name,), seed, watch)}
                now = {**found.after, **audit(view, (name,), seed, watch)} if done else {}
                return replace(found, before=was, after=now)

            return job

        yield from map(ask, names)
        if done:
            yield lambda found, watch: replace(found, people=tuple(collateral(before, view)))
        some = narrowed(view, some_people(view.classes, view.forget, space.seed))
        yield lambda found, watch: replace(
            found,
            training=by_training(some, seed=space.seed, watch=watch),
            paper=papers(some, space.seed),
        )
        yield lambda found, watch: replace(found, penalty=by_penalty(some, watch=watch))
        if hasattr(state.model, "embed_depths") and space.features.faces is not None:
            yield lambda found, watch: replace(found, layers=self._layers(state, asked, watch))

    def _layers(self, state: State, asked: tuple[int, ...], watch: Watch) -> tuple:
        features = state.workspace.features
        depths = {**self._activations(state.workspace, state.model)}
        depths["after erasing" if state.steps else "embedding"] = state.values
        return tuple(
            kr_by_depth(
                depths, features.labels, features.train, asked, len(features.identities), watch
            )
        )

    def _activations(self, space: Workspace, model: Any) -> dict[str, Tensor]:
        key = f"{space.features.key} {model.fingerprint}"
        if self._depths is None or self._depths[0] != key:
            self._depths = (key, model.embed_depths(space.features.pixels()))
        return self._depths[1]


def _paint(session: Session, found: Findings) -> Updates:
    running = session.running == "attack"
    table = attack.render(found, running=running)
    return {"attack": {"value": table}, **attack.beside(session.workspace, found)}


def _asked(session: Session) -> tuple[int, ...]:
    return tuple(sorted(session.state.forgotten or session.chosen))


def _key(session: Session) -> tuple:
    return (session.workspace.key, session.state.trail, _asked(session))


def _names(session: Session) -> tuple[str, ...]:
    return tuple(session.workspace.gallery.display(label) for label in _asked(session))


def mount(page: Any) -> None:
    """The panel and its events, below the first screen."""
    actions = Attacks(page.actions)
    with gr.Column(elem_id="attack-panel", elem_classes="lethe-panel"):
        page.parts["attack"] = attack.build(actions.show(page.actions.blank())["attack"]["value"])
        with gr.Column(elem_id="attack-beside"):
            beside = attack.build_beside()
    page.parts.update(beside)
    panel = page.parts["attack"]

    def stop(session: Session) -> Updates:
        session.cancel.set()
        return {}

    page.on(panel.attack, actions.run)
    page.on(panel.stop, stop)
    page.on(page.parts["scoreboard"].rested, actions.show, plain=True, touches=("attack", *beside))
