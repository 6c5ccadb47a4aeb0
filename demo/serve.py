"""Options of the page's command, and its start: `python app.py` or `lethe serve`."""

import argparse
import os
import sys

from demo.freed import start_without_cache
from engine.cli.options import add_workspace_options


def parse(argv: list[str] | None = None, prog: str = "app.py") -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog=prog, description="Forget a face. See what remains.", allow_abbrev=False
    )
    add_workspace_options(parser, faces="synthetic", backbone="mini")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on; 0 for any free")
    own = parser.add_argument_group("what one visitor may bring")
    own.add_argument("--max-files", type=_count, default=2_000, metavar="N", help="files (2,000)")
    own.add_argument("--max-megabytes", type=_count, default=200, metavar="N", help="MB (200)")
    own.add_argument("--max-people", type=_count, default=200, metavar="N", help="people (200)")
    own.add_argument(
        "--max-photos", type=_count, default=200, metavar="N", help="photos of one person (200)"
    )
    own.add_argument(
        "--max-model-megabytes",
        type=_none_or_more,
        default=200,
        metavar="N",
        help="MB of an ONNX model (200); 0 takes no models",
    )
    parser.add_argument(
        "--max-sessions",
        type=_count,
        default=200,
        metavar="N",
        help="visitors that are remembered at once (200)",
    )
    parser.add_argument(
        "--jobs",
        type=_count,
        default=2,
        metavar="N",
        help="pieces of heavy work that run at once; the others wait in line (2)",
    )
    parser.add_argument(
        "--max-seconds",
        type=_none_or_more,
        default=600,
        metavar="N",
        help="seconds that one piece of work may take (600); 0 for any time",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args(argv)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _none_or_more(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def main(argv: list[str] | None = None, prog: str = "app.py") -> int:
    """Build the page and serve it until interrupted; 2 for what cannot be opened."""
    options = parse(argv, prog)
    start_without_cache()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from engine.waiting import wait_briefly

    wait_briefly()
    from demo.gradio_quirks import garbage
    from demo.gradio_quirks.stubs import without_stubs

    garbage.pause()
    with without_stubs():
        from demo import launch
    from engine.errors import LetheError

    try:
        launch.serve(options)
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0
