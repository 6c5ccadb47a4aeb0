"""`audit --schedule FILE`: requests in the order in which they came, and what each did."""

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.cli.common import ProgressLine, check_writable, write_text
from engine.cli.requests import Asked, meant, read_requests
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.report.requests import sentences, share
from engine.report.requests import told as reported
from engine.service.schedule import Group, Moment, Request, check, play
from engine.service.visit import Visit
from engine.workspace import Workspace

WHO = 28
"""Width of the column that names the people of a request."""


def add_schedule_options(who: Any, parser: argparse.ArgumentParser) -> None:
    """--schedule among the ways to say `who`, and --schedule-csv."""
    who.add_argument(
        "--schedule",
        type=Path,
        metavar="FILE",
        help="requests in the order in which they came (CSV, TOML or lines: date, names, method); "
        "audits after each, see docs/schedule.md",
    )
    parser.add_argument(
        "--schedule-csv", type=Path, metavar="OUT", help="write the schedule's figures as CSV"
    )


class Schedule:
    """A schedule at work."""

    def __init__(self, asked: tuple[Asked, ...], out: Path | None) -> None:
        self._asked, self._out = asked, out
        self._requests: tuple[Request, ...] = ()
        self._moments: tuple[Moment, ...] = ()

    def people(self, space: Workspace, method: str, options: Mapping[str, Any]) -> tuple[int, ...]:
        """Everybody whom it is about. `method` and `options` are for requests that name none.

        Raises `LetheError` for a request that cannot be done here, before any is.
        """
        self._requests = meant(self._asked, space.gallery, method, options)
        check(self._requests, space)
        return tuple(label for one in self._requests for label in one.people)

    def play(self, visit: Visit, questions: Sequence[str], line: ProgressLine) -> None:
        """Forget one request after another, with figures after each."""
        self._moments = tuple(play(visit, self._requests, line, questions))

    def data(self, gallery: Gallery) -> Mapping[str, Any]:
        """What a report has of it."""
        return reported(self._requests, self._moments, gallery)

    def told(self, gallery: Gallery) -> str:
        """A table of the requests and two sentences, for a terminal; writes --schedule-csv."""
        if self._out is not None:
            write_text(as_csv(self._requests, self._moments, gallery), self._out)
        return told(self._requests, self._moments, gallery)


def scheduled(args: argparse.Namespace) -> Schedule | None:
    """The schedule that the options give, None without one.

    Raises `LetheError` for all that can be wrong before a gallery is open.
    """
    if args.schedule is None:
        if args.schedule_csv is not None:
            raise LetheError("--schedule-csv tells of a schedule; give one by --schedule.")
        return None
    if args.save is not None:
        raise LetheError(
            "--save writes one eraser and a schedule makes several; write --save-steps instead."
        )
    check_writable(args.schedule_csv)
    return Schedule(read_requests(args.schedule), args.schedule_csv)


def told(requests: Sequence[Request], moments: Sequence[Moment], gallery: Gallery) -> str:
    """Recall@1 and KR after each request, who came back, and which bystander paid most."""
    heads = ("its own", "so far", "bystanders")
    columns = "".join(f"{one:>20}" for one in heads)
    lines = ["Found first (recall@1) and known to a probe (KR) after each request"]
    lines += [f"{'':{11 + WHO}}{columns}"]
    for moment in moments:
        one = requests[moment.done - 1] if moment.done else None
        who = ", ".join(gallery.display(label) for label in one.people) if one else "before"
        day = one.day.isoformat() if one and one.day else ""
        who = who if len(who) < WHO else f"{who[: WHO - 2]}…"
        own = moment.requests[moment.done - 1] if one else None
        cells = "".join(
            f"{_pair(group):>20}" for group in (own, moment.forgotten, moment.bystanders)
        )
        lines.append(f"{day:11}{who:{WHO}}{cells}")
    return "\n".join((*lines, "", *sentences(requests, moments, gallery)))


def as_csv(requests: Sequence[Request], moments: Sequence[Moment], gallery: Gallery) -> str:
    """A row a moment: of the request's people, all forgotten so far, and bystanders."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    groups = ("request", "forgotten", "bystanders")
    figures = ("recall_at_1", "kr", "photos_test")
    titles = [f"{group}_{figure}" for group in groups for figure in figures]
    writer.writerow(("done", "date", "people", "method", "seconds", *titles))
    for moment in moments:
        one = requests[moment.done - 1] if moment.done else None
        own = moment.requests[moment.done - 1] if one else None
        cells: list[object] = []
        for group in (own, moment.forgotten, moment.bystanders):
            cells += ("", "", "") if group is None else (group.recall, group.kr, group.photos)
        who = "; ".join(gallery.identities[label] for label in one.people) if one else ""
        writer.writerow(
            (
                moment.done,
                one.day.isoformat() if one and one.day else "",
                who,
                one.method if one else "",
                f"{moment.seconds:.4f}" if one else "",
                *("" if cell is None else cell for cell in cells),
            )
        )
    return out.getvalue()


def _pair(group: Group | None) -> str:
    if group is None:
        return ""
    return f"{share(group.recall)}  {share(group.kr)}"
