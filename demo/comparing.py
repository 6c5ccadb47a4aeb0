"""What "Compare all methods" does: a row as each method is done, and a way to stop."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import Actions
from demo.charts import shown
from demo.painting import Updates
from demo.panels import compare as panel
from demo.session import Busy, Session
from engine.compare import Row, lineup, one_row, title_of
from engine.progress import Watch
from engine.service.cache import Cache
from engine.workspace import start

REMEMBERED = 64


class Comparisons:
    """The comparisons of all visitors, kept by gallery and people."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._rows: Cache[tuple[Row, ...]] = Cache(REMEMBERED)

    def show(self, session: Session) -> Updates:
        """The panel as it stands for the people chosen or forgotten."""
        rows = self._rows.get(_key(session)) or ()
        left = () if rows else _titles(lineup(session.workspace, _asked(session)))
        return _paint(session, rows, left, ready=_complete(session, rows))

    def run(self, session: Session) -> Iterator[Updates]:
        """Run every method on the forgotten, or before any deletion the chosen."""
        people, space = _asked(session), session.workspace
        if not people:
            yield painting.say("Choose people first, then compare the methods on them.", "wrong")
            return
        key, rows = _key(session), list[Row]()
        done = self._rows.get(key)
        if done and _complete(session, done):
            yield self.show(session)
            return
        rest = list(lineup(space, people))
        try:
            with session.working(panel="compare") as cancel:
                yield painting.busy("Comparing the methods.") | _paint(session, (), _titles(rest))
                while rest:
                    row = yield from self._one(session, people, rest.pop(0), cancel)
                    rows.append(row)
                    self._rows.put(key, tuple(rows))
                    yield _paint(session, rows, _titles(rest))
            yield painting.idle(session) | painting.say("All methods are done.", "done")
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield painting.failed(error)
            return
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
        yield self.show(session)

    def _one(
        self, session: Session, people: tuple[int, ...], method: str, cancel: Any
    ) -> Generator[Updates, None, Row]:
        space = session.workspace

        def job(watch: Watch) -> Row:
            return one_row(start(space), people, method, seed=space.seed, watch=watch)

        # A piece of work a method, so that other visitors' clicks come in between.
        return (yield from painting.follow(job, cancel, self._actions.gate))


def mount(page: Any) -> None:
    """The panel and its events, below the first screen."""
    actions = Comparisons(page.actions)
    first = actions.show(page.actions.blank())
    with gr.Column(elem_id="compare-panel", elem_classes="lethe-panel"):
        page.parts["compare"] = panel.build(first["compare"]["value"])
        page.parts["trade_off"] = panel.build_chart()
    table = page.parts["compare"]

    def stop(session: Session) -> Updates:
        session.cancel.set()
        return {}

    page.on(table.compare, actions.run)
    page.on(table.stop, stop)
    page.on(
        page.parts["scoreboard"].rested,
        actions.show,
        plain=True,
        touches=("compare", "trade_off"),
    )


def _paint(
    session: Session, rows: Sequence[Row], waiting: Sequence[str], *, ready: bool = True
) -> Updates:
    names = [session.workspace.gallery.display(label) for label in _asked(session)]
    return {
        "compare": {
            "value": panel.render(
                names, rows, waiting, ready=ready, running=session.running == "compare"
            )
        },
        "trade_off": shown(panel.chart(rows)),
    }


def _asked(session: Session) -> tuple[int, ...]:
    return tuple(sorted(session.state.forgotten or session.chosen))


def _key(session: Session) -> tuple:
    return (session.workspace.key, _asked(session))


def _complete(session: Session, rows: Sequence[Row]) -> bool:
    return not rows or len(rows) == len(lineup(session.workspace, _asked(session)))


def _titles(names: Sequence[str]) -> list[str]:
    return [title_of(name) for name in names]
