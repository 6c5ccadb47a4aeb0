"""What several commands share: the people to forget, the workspace, the progress line."""

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cli.options import backbone_options, check_sources, machine_options
from engine.errors import LetheError
from engine.names import listed
from engine.opening import open_workspace
from engine.placed import placed
from engine.progress import Progress, Watch, ignore
from engine.report.origin import inputs
from engine.store import default_store
from engine.workspace import Workspace


def add_forget_options(
    parser: argparse.ArgumentParser, *, sets: bool = False, steps: bool = False
) -> Any:
    """--forget, --forget-from and --forget-random; with `sets` the last takes several numbers.

    With `steps` a file of saved steps may say who, and how, instead. Gives the group of options of
    which one has to say who.
    """
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--forget",
        action="append",
        metavar="NAME[,NAME...]",
        help="whom to forget; may be repeated, and a whole name may hold commas",
    )
    who.add_argument(
        "--forget-from", type=Path, metavar="FILE", help="a file with a name to forget in each line"
    )
    if steps:
        who.add_argument(
            "--redo", type=Path, metavar="FILE", help="steps of --save-steps, to be done again"
        )
    if sets:
        who.add_argument(
            "--forget-random",
            metavar="N[,N...]",
            help="sets of N people drawn by the seeds 0, 1, ...",
        )
    else:
        who.add_argument(
            "--forget-random", type=int, metavar="N", help="N people drawn by the seed"
        )
    return who


def wanted_names(args: argparse.Namespace) -> list[str] | None:
    """The values of --forget and the lines of --forget-from; None where --forget-random draws.

    Raises `LetheError` for a file that cannot be read or names nobody. Nothing has been opened
    yet, so that this costs nobody a minute.
    """
    others = (getattr(args, name, None) for name in ("forget_random", "redo", "schedule"))
    if any(one is not None for one in others):
        return None
    values = list(args.forget or ())
    if args.forget_from is not None:
        try:
            text = args.forget_from.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise LetheError(
                f"{args.forget_from} is not text in UTF-8; save it as such."
            ) from error
        except OSError as error:
            raise LetheError(
                f"{args.forget_from} cannot be read ({error.strerror or error}); check the path."
            ) from error
        values += [line for line in text.splitlines() if line.strip()]
    if not any(value.strip(", ") for value in values):
        raise LetheError('--forget names nobody; write for example --forget "Ada,Omar".')
    return values


def named_people(values: Sequence[str], workspace: Workspace) -> tuple[int, ...]:
    """The labels that the values of --forget stand for, each a name or names between commas.

    Raises `LetheError` for a name that is not there, or may be several people.
    """
    gallery = workspace.gallery
    return gallery.find(name for value in values for name in listed(value, gallery.identities))


def workspace_of(args: argparse.Namespace, watch: Watch = ignore) -> Workspace:
    """The workspace that the options describe. Raises `LetheError` for what is wrong with them."""
    check_sources(args)
    store = None if args.no_cache else default_store()
    return open_workspace(**opened_by(args), watch=watch, store=store)


def opened_by(args: argparse.Namespace) -> dict[str, Any]:
    """What `open_workspace` is called with, in JSON's types."""
    return inputs(
        args.faces,
        args.backbone,
        strangers=args.strangers,
        aligned=args.aligned,
        encoding=args.names_encoding,
        seed=args.seed,
        backbone_options={**machine_options(args), **backbone_options(args)},
    )


def chosen(args: argparse.Namespace, workspace: Workspace) -> tuple[int, ...]:
    """The labels of the people to forget.

    Raises `LetheError` for a name that is not there, or a number that leaves nobody.
    """
    values = wanted_names(args)
    if values is not None:
        return named_people(values, workspace)
    gallery = workspace.gallery
    people = len(gallery.identities)
    if not 1 <= args.forget_random < people:
        raise LetheError(
            f"--forget-random must lie between 1 and {people - 1}, one fewer than the people in "
            f"{gallery.name}."
        )
    return tuple(random.Random(args.seed).sample(range(people), args.forget_random))


def check_writable(*paths: Path | None) -> None:
    """Raises `LetheError` for an output path that cannot be written, before any work is done."""
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise LetheError(f"{path} is a folder; give the name of a file to write.")
        folder = path.parent
        if not folder.is_dir():
            raise LetheError(
                f"{path} cannot be written: there is no folder {folder}; make it first."
            )
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise LetheError(f"{path} cannot be written; choose another place.")


def say_odd(workspace: Workspace) -> str:
    """What became of the photos, what was assumed and what is odd about them, as lines of text."""
    lines = [workspace.gallery.account(workspace.lost)]
    lines += workspace.notes
    if (others := workspace.strangers) is not None:
        lines.append(f"Strangers: {others.gallery.account(others.lost)}")
        lines += others.gallery.notes
    if workspace.oddities:
        lines.append("\nWhat is odd about these photos")
        lines += [f"- {one.text}" for one in workspace.oddities]
    return "\n".join(lines)


def write_text(text: str, path: Path) -> None:
    """Write `text`, all of it or nothing. Raises `LetheError` when the path cannot be written."""
    whole = path.resolve()
    try:
        if whole.exists() and not whole.is_file():
            whole.write_text(text, encoding="utf-8")  # a pipe or a terminal has no other name
            return
        placed(whole, lambda part: part.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise LetheError(f"{path} cannot be written: {error.strerror or error}.") from error


class ProgressLine:
    """A watcher that writes one line to stderr and rewrites it in place on a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show the report: every stage once, and on a terminal as it moves."""
        now = time.monotonic()
        changed = progress.stage != self._stage
        if not changed and (not self._live or now - self._last < 0.1):
            return
        if self._live:
            share = f" {progress.done}/{progress.total}" if progress.total else ""
            figures = "".join(f"  {name} {value:.3g}" for name, value in progress.values.items())
            sys.stderr.write(f"\r\x1b[K{progress.stage}{share}{figures}")
        else:
            sys.stderr.write(f"{progress.stage} ...\n")
        sys.stderr.flush()
        self._stage, self._last = progress.stage, now

    def done(self) -> None:
        """Clear the line."""
        if self._live and self._stage:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
