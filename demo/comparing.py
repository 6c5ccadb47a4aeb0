"""What "Compare all methods" does: a row as each method is done, and a way to stop."""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from demo import painting
from demo.charts import shown
from demo.painting import Updates
from demo.panels import compare as panel
from demo.session import Session
from engine.compare import Row, lineup, title_of
from engine.progress import Watch
from engine.service.visit import Busy
from engine.workspace import start


class Comparisons:
    """The comparisons of all visitors: methods on the same people, each from the start."""

    def show(self, session: Session) -> Updates:
        """The panel as it stands for the people chosen or forgotten."""
        rows = self._rows(session)
        left = () if rows else lineup(session.workspace, session.people)
        return _paint(session, rows, left)

    def follow(self, session: Session) -> Iterator[Updates]:
        """The panel after whatever changed."""
        yield self.show(session)

    def run(self, session: Session) -> Iterator[Updates]:
        """Run every method on the forgotten, or before any deletion the chosen."""
        people, space = session.people, session.workspace
        if not people:
            yield painting.say("Choose people first, then compare the methods on them.", "wrong")
            return
        rest = list(lineup(space, people))
        if len(self._rows(session)) == len(rest):
            yield self.show(session)
            return
        rows: list[Row] = []
        try:
            with session.working_for("compare") as cancel:
                yield painting.busy("Comparing the methods.") | _paint(session, (), rest)
                while rest:
                    method = rest.pop(0)

                    def job(watch: Watch, method: str = method) -> Row:
                        return session.service.row(
                            start(space), people, method, seed=space.seed, watch=watch
                        )

                    # A piece of work a method, so that other visitors' clicks come in between.
                    rows.append((yield from painting.follow(job, cancel, session.service.gate)))
                    yield _paint(session, rows, rest)
            yield painting.idle(session) | painting.say("All methods are done.", "done")
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield painting.failed(error)
            return
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
        yield self.show(session)

    @staticmethod
    def _rows(session: Session) -> tuple[Row, ...]:
        space = session.workspace
        return session.service.rows_known(start(space), session.people, space.seed)


def _paint(session: Session, rows: Sequence[Row], waiting: Sequence[str]) -> Updates:
    names = [session.workspace.gallery.display(label) for label in session.people]
    whole = len(rows) == len(lineup(session.workspace, session.people))
    table = panel.render(
        names,
        rows,
        [title_of(name) for name in waiting],
        ready=whole or not rows,
        running=session.running == "compare",
    )
    return {"compare": {"value": table}, "trade_off": shown(panel.chart(rows))}


def mount(page: Any) -> None:
    """The panel and its events, below the first screen."""
    actions = Comparisons()
    first = actions.show(page.actions.blank())
    with gr.Column(elem_id="compare-panel", elem_classes="lethe-panel"):
        page.parts["compare"] = panel.build(first["compare"]["value"])
        page.parts["trade_off"] = panel.build_chart()
    table = page.parts["compare"]
    page.on(table.compare, actions.run)
    page.on(table.stop, page.stop, plain=True)
    page.follows(actions.follow, ("compare", "trade_off"))
