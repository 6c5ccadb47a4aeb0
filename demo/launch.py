"""From the command line's options to a served page."""

import argparse
import socket
import sys
import threading
import time
from importlib import import_module

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from demo import charts, freed, languages, log, studio, theme, uploads
from demo.actions import Actions
from demo.ahead import Ahead
from demo.arrivals import Arrivals
from demo.atlases import Atlases
from demo.gradio_quirks import garbage, leaving, tongues
from demo.headers import SafeHeaders
from demo.health import Health, release
from demo.session import Sessions
from engine import maps
from engine.cli.options import backbone_options, machine_options
from engine.errors import LetheError
from engine.live import counting
from engine.progress import Progress
from engine.service.own import Limits
from engine.service.shelf import Shelf, Spec
from engine.service.work import Gate
from engine.store import default_store

SWEPT = 15.0
"""Seconds between two looks for visitors who are gone, and for memory to give back."""

LULL = 10.0
"""Seconds without a piece of work after which what it took is given back."""

AT_ONCE = 40
"""Quick acts of all visitors that Gradio may have under way, beside what pages hold for long."""

HELD = 5
"""Of Gradio's places those that one page may hold for long."""

SMALL = 4096
"""Bytes below which an answer is not packed."""

PACKED = 5
"""zlib's level: the highest one takes three times as long for a fiftieth less."""

TURN = 0.0005
"""Seconds for which a thread keeps the interpreter while others want it (Python: .005). Each small
product gives it back and waits for a turn of everybody's: a training of hundreds took three and
nine times as long among eight threads."""

LATER = (1.0, 4.0)
"""Seconds after somebody has left, one after the other, at which memory is given back."""


def serve(options: argparse.Namespace) -> None:
    """Open the workspace, build the page and serve it until interrupted.

    Raises `LetheError` when the gallery, the backbone or the port cannot be had.
    """
    if options.log:
        log.begin()
    sys.setswitchinterval(TURN)
    store = None if options.no_cache else default_store()
    shelf = Shelf(
        Spec(options.faces, options.backbone),
        strangers=options.strangers,
        aligned=options.aligned,
        encoding=options.names_encoding,
        backbone_options=backbone_options(options),
        machine=machine_options(options),
        seed=options.seed,
        store=store,
    )
    shelf.open(watch=_print_progress)
    port = options.port or _free_port(options.host)
    atlases = Atlases(store, sketch=True)
    limits = Limits(
        files=options.max_files,
        megabytes=options.max_megabytes,
        people=options.max_people,
        photos_each=options.max_photos,
        model_megabytes=options.max_model_megabytes,
        hand_over_model=options.hand_over_model,
    )
    sessions = Sessions(options.max_sessions)
    gate = Gate(options.jobs, options.max_seconds)
    actions = Actions(shelf, atlases, sessions, limits, gate)
    demo = studio.build(actions)
    uploads.without_links()
    tongues.say_which(languages.SCRIPT.read_text(encoding="utf-8"))
    try:
        app, address, _ = demo.launch(
            app_kwargs={
                "middleware": [
                    # Gradio packs its own files alone; the page's HTML is larger than all of them.
                    Middleware(GZipMiddleware, minimum_size=SMALL, compresslevel=PACKED),
                    Middleware(languages.Speaks),
                    Middleware(SafeHeaders),
                    Middleware(Arrivals),
                    Middleware(Health, sessions=sessions, gate=gate, ready=maps.ready),
                    *uploads.middleware(sessions),
                ]
            },
            # Both would take files at doors of their own, where the environment asks for them.
            num_workers=0,
            mcp_server=False,
            server_name=options.host,
            server_port=port,
            root_path=options.root_path,
            auth=options.auth,
            # The page's panels are the browser's own.
            ssr_mode=False,
            inbrowser=options.open,
            share=False,
            # Gradio asks its own server on this machine alone: for that it reads no certificates,
            # and it does not look at the whole page once to see whether it comes.
            ssl_verify=False,
            _frontend=False,
            quiet=True,
            prevent_thread_lock=True,
            # Every open page holds one of Gradio's places as long as it stays (`stay.py`), others
            # for what is waited for at the gate: an act, what follows it, its strip and its curve.
            max_threads=HELD * options.max_sessions + AT_ONCE,
            show_error=True,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            theme=theme.theme(),
            css=theme.css(),
            head=theme.HEAD,
            js=theme.ON_LOAD,
        )
    except OSError as error:
        raise LetheError(f"Port {port} is taken; choose another with --port.") from error
    uploads.outermost(app)
    garbage.resume()
    log.tell("served", version=release(), visitors_at_most=options.max_sessions)
    print(f"Lethe is at {address} (Ctrl-C ends it).", flush=True)
    threading.Thread(
        target=_sweep, args=[sessions, demo, gate], name="lethe-sweep", daemon=True
    ).start()
    ahead = Ahead(actions) if options.ahead else None
    threading.Thread(target=_warm, args=[atlases, ahead], name="lethe-warm", daemon=True).start()
    demo.block_thread()


def _sweep(sessions: Sessions, page: gr.Blocks, gate: Gate) -> None:
    """Own photos are gone an hour after their visitor has left without a word.

    Once somebody has left or wiped their data, Gradio forgets them too and what is free is given
    back; again a little later, for work that was stopped by it holds on for a moment. What work
    has taken is given back in the first lull after it, whether or not anybody leaves.
    """
    lull, looked = freed.Lull(lambda: None if gate.inside else gate.done), time.monotonic()
    while True:
        left = sessions.gone.wait(LULL)
        if lull.begun():
            freed.give_back()
        if not left and time.monotonic() - looked < SWEPT:
            continue
        looked = time.monotonic()
        sessions.gone.clear()
        sessions.sweep()
        wiped = sessions.taken_wiped()
        if left:
            log.tell("left", visitors=len(sessions))
        for pause in LATER if left else ():
            time.sleep(pause)
            leaving.keep_only(page, sessions.known, wiped)
            freed.give_back()


def _warm(atlases: Atlases, ahead: Ahead | None) -> None:
    """What the first deletion would otherwise wait for, then UMAP, for which nobody waits.

    Then what the presets give, `ahead` of whoever asks.
    """
    counting.warm()
    charts.warm()
    import_module("sklearn.linear_model")
    import_module("sklearn.model_selection")
    maps.warm()
    atlases.finish()
    if ahead is not None:
        ahead.run()
    freed.give_back()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def _print_progress(report: Progress) -> None:
    if sys.stderr.isatty() and report.total:
        end = "\n" if report.done >= report.total else ""
        print(f"\r{report.stage}: {report.done} of {report.total}   ", end=end, file=sys.stderr)
