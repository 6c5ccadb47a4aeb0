"""`python -m engine compare`: all methods on the same people, as a table."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.audit.figures import written
from engine.averages import Summary, legend, markdown, summarise
from engine.cli.common import (
    ProgressLine,
    add_forget_options,
    check_writable,
    named_people,
    say_odd,
    wanted_names,
    workspace_of,
    write_text,
)
from engine.cli.options import add_workspace_options
from engine.compare import Row, columns, random_people
from engine.erasure import METHODS
from engine.errors import LetheError
from engine.report import SCHEMA, plain, write_json
from engine.service.service import Service
from engine.workspace import Workspace, start


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("compare", help="run all methods on the same people")
    add_workspace_options(parser)
    add_forget_options(parser, sets=True)
    parser.add_argument(
        "--sets", type=int, default=5, metavar="N", help="random sets of each size (default 5)"
    )
    parser.add_argument(
        "--methods", metavar="A,B", help=f"of {', '.join(METHODS)} (default: all that can run)"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="METHOD.NAME=VALUE",
        help="an option of a method other than its default",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every row as JSON")
    parser.add_argument(
        "--markdown", type=Path, metavar="OUT", help="write the table of means as Markdown"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the comparison and print a line for each row as it comes."""
    counts = _counts(args.forget_random)
    methods = _names(args.methods)
    options = _options(args.option)
    if not 1 <= args.sets <= 1000:
        raise LetheError("--sets must lie between 1 and 1000.")
    names = wanted_names(args)
    check_writable(args.json, args.markdown)
    line, service = ProgressLine(), Service()
    rows: list[Row] = []
    try:
        space = workspace_of(args, line)
        line.done()
        print(f"{say_odd(space)}\n")
        if names is not None:
            people = named_people(names, space)
            stream = service.compare(
                start(space), people, methods, options=options, seed=args.seed, watch=line
            )
        else:
            for count in counts:
                random_people(space, count, 0)
            stream = service.compare_sets(
                space, counts, range(args.sets), methods, options=options, watch=line
            )
        print(_line("", *(one.column for one in columns())))
        for row in stream:
            rows.append(row)
            line.done()
            print(_shown(row), flush=True)
    finally:
        line.done()
    summaries = summarise(rows)
    text = markdown(summaries)
    print(f"\n{text}")
    if args.markdown:
        write_text(_document(args, space, text), args.markdown)
    if args.json:
        write_json(_json(space, rows, summaries), args.json)
    return 0


def _counts(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        counts = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        counts = ()
    if not counts:
        raise LetheError(f"--forget-random takes numbers, for example 1,5,10, not {text!r}.")
    return counts


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in METHODS:
            raise LetheError(f"There is no method {name!r}; choose of {', '.join(METHODS)}.")
    return names


def _options(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    out: dict[str, dict[str, str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        method, dot, name = key.partition(".")
        if not equals or not dot or method not in METHODS:
            raise LetheError(
                f"--option takes METHOD.NAME=VALUE, for example esc.rank=3, not {pair!r}."
            )
        METHODS[method].resolve({name: value})
        out.setdefault(method, {})[name] = value
    return out


def _shown(row: Row) -> str:
    name = f"{row.method}, {len(row.forget)} people, set {row.seed}"
    if row.error is not None:
        return f"{name:32}  {row.error}"
    return _line(
        name, *(written(row.figures.get(one.key), one.unit, exact=True) for one in columns())
    )


def _line(name: str, *cells: str) -> str:
    return f"{name:32}" + "".join(f"{cell:>11}" for cell in cells)


def _document(args: argparse.Namespace, space: Workspace, table: str) -> str:
    gallery, train = space.gallery, space.features.train
    strangers = ""
    if space.strangers is not None:
        strangers = (
            f" Strangers: {space.strangers.gallery.name}, "
            f"{int(space.strangers.reference.sum())} photos for fitting and "
            f"{int(space.strangers.judging.sum())} of other people for judging."
        )
    return (
        f"# Methods compared on {gallery.name}\n\n"
        f"{len(gallery.identities)} people, {int(train.sum())} enrolled and "
        f"{int((~train).sum())} test photos, backbone {space.backbone.name} "
        f"({space.features.values.shape[1]} dimensions). Every method with its default options "
        f"on the same random people; mean and standard deviation over the sets. Erasers see "
        f"enrolled photos only; the figures are of test photos.{strangers}\n\n"
        f"```\n{_command(args)}\n```\n\n{legend()}\n\n{table}"
    )


def _command(args: argparse.Namespace) -> str:
    words = ["python", "-m", "engine", "compare"]
    for name, value in vars(args).items():
        flag = "--" + name.replace("_", "-")
        if name in ("run", "command", "device", "precision", "no_cache", "json"):
            continue
        if name == "aligned":
            words += [] if value is None else ["--aligned" if value else "--align"]
        elif name in ("faces", "backbone") and args.features is not None:
            continue
        elif isinstance(value, list):
            words += [word for one in value for word in (flag, one)]
        elif value is not None:
            words += [flag, str(value)]
    return shlex.join(words)


def _json(space: Workspace, rows: Sequence[Row], summaries: Sequence[Summary]) -> dict[str, Any]:
    gallery = space.gallery
    return {
        "schema": SCHEMA,
        "gallery": {
            "name": gallery.name,
            "identities": len(gallery.identities),
            "sha256": gallery.sha256,
        },
        "backbone": {
            "name": space.backbone.name,
            "dimension": space.features.values.shape[1],
        },
        "columns": [
            {"key": one.key, "title": one.column, "help": one.help, "good": one.good}
            for one in columns()
        ],
        "rows": [
            {
                "method": row.method,
                "seed": row.seed,
                "forget": [gallery.identities[label] for label in row.forget],
                "figures": plain(row.figures),
                "metrics": plain(row.metrics),
                "parameters": plain(row.parameters),
                "warnings": list(row.warnings),
                "error": row.error,
            }
            for row in rows
        ],
        "summary": [
            {
                "method": one.method,
                "people": one.people,
                "sets": one.runs,
                "mean": plain(one.mean),
                "spread": plain(one.spread),
                "errors": list(one.errors),
            }
            for one in summaries
        ],
    }
