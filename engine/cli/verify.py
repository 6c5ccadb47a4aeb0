"""`python -m engine verify`: run a report again and say what agrees."""

import argparse
from pathlib import Path
from typing import Any

from engine.backbones import load_backbone
from engine.cli.common import ProgressLine
from engine.cli.reopening import add_options, check_inputs, opened
from engine.errors import LetheError
from engine.export.like import NEAR, like
from engine.report.differences import Verified, compared
from engine.report.given import read_report
from engine.report.verify import again
from engine.said import said_n

TOLD = 20
"""Differing figures that are listed."""


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("verify", help="run a report again and say which figures agree")
    parser.add_argument(
        "report",
        type=Path,
        metavar="REPORT.json|OUT.onnx",
        help="what audit or export wrote",
    )
    parser.add_argument(
        "--like",
        type=Path,
        metavar="REPORT.json",
        help="the report whose figures an exported OUT.onnx must have",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it again: 0 when all agrees, 1 when a figure or an input differs."""
    if args.like is not None:
        return _model(args)
    if args.report.suffix.lower() == ".onnx":
        raise LetheError("A model is verified against a report; add --like REPORT.json.")
    document = read_report(args.report)
    line = ProgressLine()
    try:
        space, inputs = opened(args, document, line)
        found = compared(document, again(document, space, inputs, line))
    finally:
        line.done()
    print(told(found))
    return 0 if found.holds else 1


def _model(args: argparse.Namespace) -> int:
    """An exported model alone: 0 when it has the report's figures, 1 when one differs."""
    document = read_report(args.like)
    options: dict[str, Any] = {}
    if str(args.backbone or document["inputs"]["backbone"]).lower().endswith(".onnx"):
        # It is fed as the original was. Lethe's own networks are written to be fed as most are.
        options |= document["inputs"].get("backbone_options", {})
    options.pop("output", None)
    if args.report.suffix.lower() != ".onnx":
        raise LetheError(f"{args.report} is no ONNX file; give what export --onnx wrote.")
    model = load_backbone(str(args.report), **options)
    line = ProgressLine()
    try:
        space, _ = opened(args, document, line)
        check_inputs(document, space)
        found = like(document, space, model, line)
    finally:
        line.done()
    total = found.same + len(found.differing)
    print(
        f"{found.same:,} of {total:,} figures after the deletion agree with the report within "
        f"{NEAR:g}, measured on what {args.report.name} alone gives."
    )
    for name, was, now in found.differing[:TOLD]:
        print(f"  {name}: {was} in the report, {now} by the model")
    if len(found.differing) > TOLD:
        print(f"  and {len(found.differing) - TOLD:,} more")
    if found.distance is not None:
        print(
            f"Every embedding is the engine's within {found.distance:.1g}, so the model is the "
            "report's; what differs hangs on the last bits, as a freshly trained probe does."
            if found.holds
            else f"Its embeddings differ from the engine's by up to {found.distance:.2g}: it is "
            "another model than that of the report."
        )
    return 0 if found.holds else 1


def told(found: Verified) -> str:
    """What came of it, as lines of text."""
    total = found.same + len(found.differing)
    lines: list[str] = [
        said_n(
            "The {count:,} figure agrees to the last digit.",
            "All {count:,} figures agree to the last digit.",
            total,
        )
        if not found.differing
        else said_n(
            "{same:,} of {count:,} figure agrees to the last digit.",
            "{same:,} of {count:,} figures agree to the last digit.",
            total,
            same=found.same,
        )
    ]
    for name, was, now in found.differing[:TOLD]:
        lines.append(f"  {name}: {was} then, {now} now")
    if len(found.differing) > TOLD:
        lines.append(f"  and {len(found.differing) - TOLD:,} more")
    if found.inputs:
        lines += ["", "Not the same inputs:", *(f"- {one}" for one in found.inputs)]
    elif found.differing:
        lines += ["", "Photos, model, strangers and seed are the same."]
    if found.programs:
        lines += ["", "Not the same programs:", *(f"- {one}" for one in found.programs)]
    return "\n".join(lines)
