"""`python -m engine export`: write the erased model, and the erasers, of a report."""

import argparse
from pathlib import Path
from typing import Any

from engine.backbones import BACKBONES
from engine.backbones.onnx_file import read_model
from engine.cli.common import ProgressLine, check_writable
from engine.cli.reopening import add_options, check_inputs, opened
from engine.errors import LetheError
from engine.export.embeddings import as_npz
from engine.export.erased import changing, check_alone, erased_onnx, erasers_alone
from engine.export.files import eraser_paths, side_paths, write_erasers, write_model
from engine.export.folding import NOT_HERE, check_foldable, erased_weights
from engine.export.network import NO_NETWORK
from engine.export.onnx import check_methods, check_model
from engine.report.given import read_report
from engine.report.verify import redo
from engine.said import said


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("export", help="write the erased model of a report")
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="what audit --json wrote")
    parser.add_argument(
        "--onnx", type=Path, metavar="OUT.onnx", help="write the model with the erasers at its end"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="OUT.safetensors",
        help="write the network itself, the deletion in its last layer (mini, facenet, dlib)",
    )
    parser.add_argument(
        "--eraser",
        type=Path,
        metavar="OUT.safetensors",
        help="write the eraser; of several deletions, one numbered file each",
    )
    parser.add_argument(
        "--embeddings",
        type=Path,
        metavar="OUT.npz",
        help="write every photo's embedding, to OUT-before.npz and OUT-after.npz",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do the report's deletions again and write what comes of them; all is checked before."""
    if all(one is None for one in (args.onnx, args.weights, args.eraser, args.embeddings)):
        raise LetheError(
            "There is nothing to write; give --onnx OUT.onnx, --weights OUT, --eraser OUT or "
            "--embeddings OUT.npz."
        )
    document = read_report(args.report)
    methods = changing([step["method"] for step in document["steps"]])
    places = [] if args.eraser is None else eraser_paths(args.eraser, len(methods))
    rows = {} if args.embeddings is None else side_paths(args.embeddings)
    given = (args.onnx, args.weights, *places, *rows.values())
    outputs = [one for one in given if one is not None]
    check_writable(*outputs)
    if len({one.resolve() for one in (*outputs, args.report)}) <= len(outputs):
        raise LetheError("Two files have the same name; give each one of its own.")
    _check(args, document, methods)
    line = ProgressLine()
    try:
        space, _ = opened(args, document, line)
        check_inputs(document, space)
        state = redo(document, space, line).state
        erasers = [] if args.eraser is None else erasers_alone(state)
        weights = None if args.weights is None else erased_weights(state)
        embeddings = as_npz(state) if rows else {}
        model = None if args.onnx is None else erased_onnx(state, line)
    finally:
        line.done()
    if model is not None:
        write_model(model, args.onnx)
        print(f"{args.onnx} is the erased model: the same faces in, erased embeddings out.")
    if weights is not None:
        write_model(weights, args.weights)
        print(f"{args.weights} is the erased network, with the tensors that it had.")
    if args.eraser is not None:
        for path in write_erasers(erasers, args.eraser):
            print(f"{path} is the eraser alone, for embeddings of length 1.")
    for side, data in embeddings.items():
        write_model(data, rows[side])
        print(f"{rows[side]} holds the embeddings {side} the deletion(s); --features reads it.")
    return 0


def _check(args: argparse.Namespace, document: dict[str, Any], methods: list[str]) -> None:
    """Raises `LetheError` for what cannot be written, as far as that is known before the work."""
    path = None
    if args.onnx is not None or args.weights is not None:
        path = model_path(args.backbone, document)
    if args.weights is not None:
        if path is not None:
            raise LetheError(NOT_HERE)
        check_foldable(methods)
    if args.eraser is not None:
        check_alone(methods)
    if args.onnx is not None and path is not None:
        check_methods(methods)
        if args.onnx.resolve() == path.resolve():
            raise LetheError(
                said("{path} is the model itself; give another name to write to.", path=args.onnx)
            )
        check_model(read_model(path))


def model_path(given: str | None, document: dict[str, Any]) -> Path | None:
    """The ONNX file that a report's backbone is, None for one of Lethe's own networks.

    Raises `LetheError` where there is no model at all.
    """
    spec = str(given or document["inputs"]["backbone"] or "")
    if spec.lower().endswith(".onnx"):
        return Path(spec).expanduser()
    if spec and spec not in BACKBONES:
        raise LetheError(NO_NETWORK)
    return None
