"""Options of the page's command, and its start: `python app.py` or `lethe serve`."""

import argparse
import os
import sys

from demo.freed import start_without_cache
from engine.cli.options import add_workspace_options, check_sources
from engine.errors import LetheError


def parse(argv: list[str] | None = None, prog: str = "app.py") -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog=prog, description="Forget a face. See what remains.", allow_abbrev=False
    )
    add_workspace_options(parser)
    _add_address_options(parser)
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
        "--hand-over-model",
        action="store_true",
        help="visitors may take along the erased model of --backbone FILE.onnx or of own weights; "
        "without it only that of models that anybody can have, and of their own",
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
    parser.add_argument(
        "--no-ahead",
        dest="ahead",
        action="store_false",
        default=os.environ.get("LETHE_AHEAD") != "0",
        help="do not compute the presets' deletions while nobody is there (or $LETHE_AHEAD=0)",
    )
    parser.add_argument(
        "--log",
        action="store_true",
        default=bool(os.environ.get("LETHE_LOG")),
        help="a JSON line on stderr for each act: what, how long, how it ended; nothing of "
        "anybody ($LETHE_LOG)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    options = parser.parse_args(argv)
    try:
        check_sources(options, faces="synthetic", backbone="mini")
    except LetheError as error:
        parser.error(str(error))
    if options.auth is None and (lines := os.environ.get("LETHE_AUTH", "").split()):
        try:
            options.auth = [_login(line) for line in lines]
        except argparse.ArgumentTypeError as error:
            parser.error(f"$LETHE_AUTH {error}")
    return options


def _add_address_options(parser: argparse.ArgumentParser) -> None:
    """Where the page is; platforms that run it say so in its environment."""
    there = os.environ.get
    parser.add_argument(
        "--host",
        default=there("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to listen on ($GRADIO_SERVER_NAME, else 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=there("GRADIO_SERVER_PORT") or there("PORT") or "7860",
        help="port to listen on; 0 for any free ($GRADIO_SERVER_PORT or $PORT, else 7860)",
    )
    parser.add_argument(
        "--root-path",
        default=there("GRADIO_ROOT_PATH") or "",
        metavar="PATH",
        help="where a proxy in front has the page, as /lethe ($GRADIO_ROOT_PATH)",
    )
    parser.add_argument(
        "--auth",
        type=_login,
        action="append",
        metavar="USER:PASSWORD",
        help="who may come in, once for each; other users of this machine can see it in its list "
        "of processes, unless it is given as $LETHE_AUTH, a line each",
    )


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65_536:
        raise ValueError
    return number


def _login(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("is USER:PASSWORD, with a colon between")
    return user, password


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
    from demo.gradio_quirks.repeats import done_once
    from demo.gradio_quirks.stubs import without_stubs

    garbage.pause()
    with without_stubs(), done_once():
        from demo import launch

    try:
        launch.serve(options)
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0
