"""The options that open a workspace, the same for every command and for the page.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse

from engine.errors import LetheError


def add_workspace_options(parser: argparse.ArgumentParser) -> None:
    """--faces, --backbone, --features, --strangers and how to read them; see `check_sources`."""
    parser.add_argument(
        "--faces",
        metavar="DIR|ZIP|NAME",
        help="a folder with one folder of photos per person, a zip of it, or a named gallery",
    )
    parser.add_argument(
        "--backbone",
        metavar="NAME|FILE.onnx",
        help="see `python -m engine list`",
    )
    add_features_option(parser)
    parser.add_argument(
        "--strangers",
        metavar="DIR|ZIP",
        help="other people, to fit against and to judge with; beside --features their embeddings",
    )
    parser.add_argument(
        "--names-encoding",
        metavar="CODEC",
        help="how a zip spells its names, for example cp932, where the guess is wrong",
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


def add_features_option(parser: argparse.ArgumentParser) -> None:
    """--features, in place of photos and a backbone."""
    parser.add_argument(
        "--features",
        metavar="FILE",
        help="embeddings instead of photos and a backbone: .npz, .npy with a .csv, or .parquet",
    )


def check_sources(
    args: argparse.Namespace, *, faces: str | None = None, backbone: str | None = None
) -> None:
    """Settle what `faces` and `backbone` are: as named, by these defaults, or embeddings.

    Raises `LetheError` where neither photos and a backbone nor embeddings are named, or both.
    """
    if args.features is None:
        args.faces, args.backbone = args.faces or faces, args.backbone or backbone
        missing = [name for name in ("faces", "backbone") if getattr(args, name) is None]
        if missing:
            raise LetheError(
                f"--{missing[0]} is missing: name the photos with --faces and a model with "
                "--backbone, or embeddings with --features."
            )
        return
    if args.faces is not None or args.backbone is not None:
        raise LetheError("--features takes the place of --faces and --backbone; leave those out.")
    if args.aligned is not None or args.backbone_option:
        raise LetheError(
            "--aligned, --align and --backbone-option are for photos; leave them out beside "
            "--features."
        )
    args.faces, args.backbone = args.features, "features"


def machine_options(args: argparse.Namespace) -> dict[str, str]:
    """What every backbone takes: where it runs, and how exactly."""
    return {"device": args.device, "precision": args.precision}


def backbone_options(args: argparse.Namespace) -> dict[str, str]:
    """The pairs of --backbone-option. Raises `LetheError` for one that is no pair."""
    options = {}
    for pair in args.backbone_option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise LetheError(f"--backbone-option takes NAME=VALUE, not {pair!r}.")
        options[name] = value
    return options
