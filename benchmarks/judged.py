"""The gallery that an eraser is tried on, with strangers who judge: options and opening."""

import argparse

from engine.errors import LetheError
from engine.opening import open_workspace
from engine.workspace import Workspace


def parser(name: str, *, sets: int, help: str | None = None) -> argparse.ArgumentParser:
    """The options that all such commands take; `sets` is how many random sets there are."""
    options = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=help)
    options.add_argument("--faces", default="synthetic")
    options.add_argument("--backbone", default="mini")
    options.add_argument("--strangers")
    options.add_argument("--aligned", action="store_true", default=None)
    options.add_argument("--sets", type=int, default=sets, help="random sets of people")
    return options


def opened(given: argparse.Namespace, seed: int = 0) -> Workspace:
    """The workspace of these options. Raises `LetheError` where no strangers can judge."""
    space = open_workspace(
        given.faces,
        given.backbone,
        strangers=given.strangers,
        aligned=given.aligned,
        seed=seed,
    )
    if space.strangers is None:
        raise LetheError("Name photos of strangers with --strangers; they are the judges here.")
    return space
