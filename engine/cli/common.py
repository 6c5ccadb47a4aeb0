"""What several commands share: the options that open a workspace, the progress line."""

import argparse
import random
import sys
import time
from pathlib import Path

from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.store import default_store
from engine.workspace import Workspace, open_workspace


def add_workspace_options(parser: argparse.ArgumentParser) -> None:
    """--faces, --backbone, --strangers and how to read them."""
    parser.add_argument(
        "--faces",
        required=True,
        metavar="DIR|ZIP|NAME",
        help="a folder with one folder of photos per person, a zip of it, or a named gallery",
    )
    parser.add_argument(
        "--backbone", required=True, metavar="NAME|FILE.onnx", help="see `python -m engine list`"
    )
    parser.add_argument(
        "--strangers", metavar="DIR|ZIP", help="other people, to fit against and to judge with"
    )
    aligned = parser.add_mutually_exclusive_group()
    aligned.add_argument(
        "--aligned",
        dest="aligned",
        action="store_true",
        default=None,
        help="the photos are face crops on the ArcFace template already",
    )
    aligned.add_argument(
        "--align", dest="aligned", action="store_false", help="find and align the faces"
    )
    parser.add_argument(
        "--backbone-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the backbone, for example channel_order=bgr or weights=FILE",
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    parser.add_argument("--seed", type=int, default=0, help="of the split and of every draw")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep embeddings")


def add_forget_options(parser: argparse.ArgumentParser) -> None:
    """--forget and --forget-random, one of them required."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--forget", metavar='"A,B"', help="the names of the people to forget")
    who.add_argument("--forget-random", type=int, metavar="N", help="N people drawn by the seed")


def workspace_of(args: argparse.Namespace, watch: Watch = ignore) -> Workspace:
    """The workspace that the options describe."""
    options: dict[str, str] = {"device": args.device, "precision": args.precision}
    for pair in args.backbone_option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise LetheError(f"--backbone-option takes NAME=VALUE, not {pair!r}.")
        options[name] = value
    return open_workspace(
        args.faces,
        args.backbone,
        strangers=args.strangers,
        aligned=args.aligned,
        seed=args.seed,
        backbone_options=options,
        watch=watch,
        store=None if args.no_cache else default_store(),
    )


def chosen(args: argparse.Namespace, workspace: Workspace) -> tuple[int, ...]:
    """The labels of the people to forget.

    Raises `LetheError` for a name that is not there, or a number that leaves nobody.
    """
    gallery = workspace.gallery
    if args.forget is not None:
        names = [name.strip() for name in args.forget.split(",") if name.strip()]
        if not names:
            raise LetheError('--forget names nobody; write for example --forget "Ada,Omar".')
        return gallery.find(names)
    people = len(gallery.identities)
    if not 1 <= args.forget_random < people:
        raise LetheError(
            f"--forget-random must lie between 1 and {people - 1}, one fewer than the people in "
            f"{gallery.name}."
        )
    return tuple(random.Random(args.seed).sample(range(people), args.forget_random))


def write_text(text: str, path: Path) -> None:
    """Write `text`. Raises `LetheError` when the path cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
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
