"""What "Compare all methods" does: a row as each method is done, and a way to stop."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.charts import shown
from demo.painting import Updates
from demo.panels import compare as panel
from demo.places import is_free, outdated
from demo.session import Session
from engine.compare import Row, lineup, title_of, trains
from engine.durations import about
from engine.progress import Watch
from engine.said import noted
from engine.service.visit import Busy, GaveWay, Outdated
from engine.service.work import NEXT
from engine.workspace import start


class Comparisons:
    """The comparisons of all visitors: methods on the same people, each from the start."""

    def show(self, session: Session) -> Updates:
        """The panel as it stands for the people chosen or forgotten."""
        people = session.people
        return _paint(session, people, self._rows(session, people))

    def follow(self, session: Session) -> Iterator[Updates]:
        """The panel after whatever changed."""
        yield self.show(session)

    def open(self, session: Session) -> Iterator[Updates]:
        """Somebody came to the place: methods that need no training are compared by themselves."""
        if session.people and not session.runs("compare"):
            if session.is_working:
                # Whom it is about is said at once, also while other work goes on.
                yield self.show(session)
            if is_free(session):
                yield from self.run(session, quick=True)

    def run(self, session: Session, *, quick: bool = False) -> Iterator[Updates]:
        """Run every method on the forgotten, or before any deletion the chosen.

        `quick` is what begins by itself: it leaves out those that train the network, and gives
        way to any click and to other people.
        """
        whom, space = session.about, session.workspace
        _, people = whom
        if not people:
            yield painting.say(
                noted("Choose people first, then compare the methods on them."), "wrong"
            )
            return
        rows = list(self._rows(session, people))
        known = {row.method for row in rows}
        wanted = (one for one in lineup(space, people) if not (quick and trains(one)))
        rest = [one for one in wanted if one not in known]
        if not rest:
            yield self.show(session)
            return
        paint = partial(_paint, session, people)
        try:
            with session.working_for("compare", whom, asked=not quick) as cancel:
                begun = painting.busy(noted("Comparing the methods."), asked=not quick)
                yield begun | paint(rows, rest)
                while rest:
                    method = rest.pop(0)

                    def job(watch: Watch, method: str = method) -> Row:
                        return session.service.row(
                            start(space), people, method, seed=space.seed, watch=watch
                        )

                    # A piece of work a method, so that other visitors' clicks come in between.
                    row = yield from painting.follow(
                        job,
                        cancel.then(NEXT),
                        session.service.gate,
                        beside=partial(paint, rows, (method, *rest)),
                    )
                    rows.append(row)
                    yield paint(rows, rest)
                yield from painting.follow(
                    partial(session.service.seconds_to_train, space),
                    cancel.then(NEXT),
                    session.service.gate,
                )
            if not session.is_held:
                yield painting.idle(session) | painting.say(
                    noted("The comparison is done."), "done"
                )
        except GaveWay:
            pass  # what goes on instead tells of itself
        except Outdated:
            yield outdated(session)
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield painting.failed(error)
            return
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
        yield self.show(session)

    @staticmethod
    def _rows(session: Session, people: tuple[int, ...]) -> tuple[Row, ...]:
        space = session.workspace
        return session.service.rows_known(start(space), people, space.seed)


def _paint(
    session: Session,
    people: tuple[int, ...],
    rows: Sequence[Row],
    waiting: Sequence[str] = (),
    waits: str = "",
) -> Updates:
    names = [session.workspace.gallery.display(label) for label in people]
    done = {row.method for row in rows}
    left = [
        one for one in lineup(session.workspace, people) if one not in done and one not in waiting
    ]
    table = panel.render(
        names,
        rows,
        [title_of(name) for name in waiting],
        left=[title_of(name) for name in left],
        ready=not rows or all(trains(name) for name in left),
        running=session.running == "compare",
        waits=waits,
        lasts=_lasts(session, left),
    )
    return {"compare": {"value": table}, "trade_off": shown(panel.chart(rows) if rows else None)}


def _lasts(session: Session, left: Sequence[str]) -> str:
    """How long the methods that are left will take, empty where that is not known."""
    seconds = session.service.seconds_known(session.workspace)
    return about(sum(seconds[one] for one in left)) if left and seconds.keys() >= {*left} else ""


def mount(page: Any) -> None:
    """The panel and its events, a place of its own."""
    actions = Comparisons()
    first = actions.show(page.actions.blank())
    with gr.Column(elem_id="compare-panel", elem_classes="lethe-panel"):
        page.parts["compare"] = panel.build(first["compare"]["value"])
        page.parts["trade_off"] = panel.build_chart()
    page.actions.doors.append("compare")
    table = page.parts["compare"]
    page.on(table.open, actions.open)
    page.on(table.compare, actions.run)
    page.on(table.stop, page.stop, plain=True)
    page.follows(actions.follow, ("compare", "trade_off"))
