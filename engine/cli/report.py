"""What `audit` writes: the report as JSON, and as a page to read and print."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.cli.common import opened_by
from engine.compare import ORIGINAL, checked
from engine.erasure import METHODS
from engine.progress import Watch
from engine.report.evidence import Wanted, gather, measure
from engine.report.files import plain, write, write_json
from engine.report.page import page
from engine.report.pictures import pictures
from engine.report.whole import PAPER, whole
from engine.service.attacks import Attacks
from engine.service.visit import Visit


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """--html and what goes with it."""
    parser.add_argument(
        "--html",
        type=Path,
        metavar="OUT",
        help="write the report as one page to read and print; runs every attack too",
    )
    parser.add_argument(
        "--photos",
        action="store_true",
        help="with --html: show the example photos themselves, which are people's faces",
    )
    parser.add_argument(
        "--compare",
        nargs="?",
        const="",
        metavar="A,B",
        help=f"compare methods on the same people in the report, of {', '.join(METHODS)} "
        "(default: all that can run)",
    )


def compared_rows(args: argparse.Namespace) -> tuple[str, ...] | None:
    """The rows of --compare, () for all; None without. Raises `LetheError` for an unknown one."""
    if args.compare is None:
        return None
    names = checked(one.strip() for one in args.compare.split(",") if one.strip())
    methods = tuple(one for one in names if one != ORIGINAL)
    return (ORIGINAL, *methods) if methods else ()


def written_out(
    args: argparse.Namespace,
    visit: Visit,
    questions: tuple[str, ...],
    rows: tuple[str, ...] | None,
    watch: Watch,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """The report of a visit, written where --json and --html say; a page has all that there is.

    `more` are further parts of the JSON.
    """
    full = args.html is not None
    if full and PAPER not in questions:
        questions = (*questions, PAPER)
    wanted = Wanted(
        questions=questions,
        attacks=full,
        depths=full and Attacks.has_depths(visit.state),
        curve=full,
        compare=rows,
    )
    measured = measure(visit, questions, watch)
    document = whole(visit, measured, gather(visit, wanted, watch), wanted, opened_by(args))
    document |= plain(more)
    if args.html is not None:
        shown = pictures(visit, document, photos=args.photos, watch=watch)
        write(page(document, shown), args.html)
    if args.json is not None:
        write_json(document, args.json)
    return document
