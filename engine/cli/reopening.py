"""What `verify` and `export` have in common: opening again what a report was made from."""

import argparse
from collections.abc import Mapping
from typing import Any

from engine.errors import LetheError
from engine.progress import Watch
from engine.report.verify import reopen
from engine.said import said
from engine.store import default_store
from engine.workspace import Workspace


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where photos, model and strangers are now, if they have moved."""
    parser.add_argument("--faces", metavar="DIR|ZIP|NAME", help="where the photos are now")
    parser.add_argument("--backbone", metavar="NAME|FILE.onnx", help="where the model is now")
    parser.add_argument("--strangers", metavar="DIR|ZIP", help="where the strangers are now")
    parser.add_argument("--no-cache", action="store_true", help="embed every photo anew")


def opened(
    args: argparse.Namespace, document: Mapping[str, Any], watch: Watch
) -> tuple[Workspace, dict[str, Any]]:
    """The report's workspace and how it was opened. Raises `LetheError` as `reopen` does."""
    return reopen(
        document,
        faces=args.faces,
        backbone=args.backbone,
        strangers=args.strangers,
        watch=watch,
        store=None if args.no_cache else default_store(),
    )


def check_inputs(document: Mapping[str, Any], space: Workspace) -> None:
    """Raises `LetheError` where photos or model are not those of the report."""
    same = (
        document["gallery"]["sha256"] == space.gallery.sha256,
        document["backbone"]["fingerprint"] == space.backbone.fingerprint,
    )
    if not all(same):
        raise LetheError(
            said(
                "The photos or the model are not those of the report; `python -m engine verify` "
                "says what differs."
            )
        )
