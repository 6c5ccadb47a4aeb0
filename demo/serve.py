"""Options of the page's command, and its start: `python app.py` or `lethe serve`."""

import argparse
import gc
import os
import sys


def parse(argv: list[str] | None = None, prog: str = "app.py") -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog=prog, description="Forget a face. See what remains.", allow_abbrev=False
    )
    parser.add_argument(
        "--faces", default="synthetic", help="folder or zip of photos by person, or a gallery name"
    )
    parser.add_argument("--backbone", default="mini", help="backbone name or an ONNX file")
    parser.add_argument("--strangers", help="folder or zip of other people, to judge by")
    alignment = parser.add_mutually_exclusive_group()
    alignment.add_argument(
        "--aligned", action="store_true", default=None, help="photos are aligned face crops already"
    )
    alignment.add_argument(
        "--align", dest="aligned", action="store_false", help="find and align the faces"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on; 0 for any free")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None, prog: str = "app.py") -> int:
    """Build the page and serve it until interrupted; 2 for what cannot be opened."""
    options = parse(argv, prog)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from engine.waiting import wait_briefly

    wait_briefly()
    from demo.gradio_quirks.stubs import without_stubs

    gc.disable()  # until the page is served: see `demo.launch.serve`
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
