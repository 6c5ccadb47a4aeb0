"""`python -m benchmarks.visitors`: many visitors at once, a class of pupils, or API clients.

Visitors speak to the page as its script does (`benchmarks.protocol`), three of them in Chromium.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.journeys import Book, lesson, stroll
from benchmarks.memory import Watched, busy_seconds, processor_seconds, resident
from benchmarks.protocol import Script, Window, read_script
from benchmarks.serving import await_ready, served
from benchmarks.windows import look_around

REST = 20.0
"""Seconds of rest before the load and after it, at the end of which memory is looked at."""


@dataclass
class Load:
    """What one load did: its book, seconds, and megabytes of the server before, at most, after.

    `processor` are processor seconds of the server, `machine` of everything that ran meanwhile:
    on a machine that others use, who waits may wait for them.
    """

    what: str
    book: Book
    seconds: float = 0.0
    processor: float = 0.0
    machine: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)


async def strolling(address: str, script: Script, options: argparse.Namespace, book: Book) -> str:
    """Visitors in a loop of arrive, choose, forget, drag, ask, undo, leave."""
    until = asyncio.get_running_loop().time() + options.seconds
    *_, rounds = await asyncio.gather(
        *(
            stroll(address, script, book, until, seed, options.pause)
            for seed in range(options.visitors)
        ),
        look_around(address, book, until, options.browsers, options.pause),
    )
    return (
        f"{options.visitors} visitors for {options.seconds:.0f} s, "
        f"{book.rounds} rounds, and {rounds} in Chromium"
    )


async def class_of(address: str, script: Script, options: argparse.Namespace, book: Book) -> str:
    """Pupils who begin the lesson at the same moment."""
    pupils = range(options.pupils)
    await asyncio.gather(*(lesson(address, script, book, one, options.pause) for one in pupils))
    return f"{options.pupils} pupils take the lesson's first steps, {book.rounds} to the end"


async def calling(address: str, script: Script, options: argparse.Namespace, book: Book) -> str:
    """API clients who call `/forget` one deletion after the other, without a pause."""

    async def client(seed: int) -> None:
        draw, window = random.Random(seed), Window(address, script)
        window.stay()
        names = script.first["people"]["roster"]["names"]
        for _ in range(options.calls):
            people = draw.sample(names, draw.randint(1, 5))
            heard = await window.call("forget", people, "esc", None, True)
            book.note("/forget", heard)
            if not heard.trouble and set(heard.answer["forget"]) != set(people):
                book.crossed.append(f"{heard.answer['forgotten']} instead of {people}")
            book.rounds += not heard.trouble
        book.trouble.extend(window.trouble)
        await window.leave()

    await asyncio.gather(*(client(seed) for seed in range(options.clients)))
    return f"{options.clients} API clients, {book.rounds} deletions"


def run(options: argparse.Namespace) -> list[Load]:
    """Serve the page and put the load on it."""
    acts = [
        act
        for act, wanted in (
            (calling, options.clients),
            (class_of, options.pupils),
            (strolling, options.visitors),
        )
        if wanted
    ]
    loads = []
    with served(*options.app) as (address, app):
        await_ready(address)
        script = asyncio.run(read_script(address))
        for act in acts:
            time.sleep(options.rest)
            load = Load("", Book())
            load.memory["at rest"] = resident(app.pid).own
            load.memory["at rest, with libraries"] = resident(app.pid).all
            began, busy, all_busy = time.monotonic(), processor_seconds(app.pid), busy_seconds()
            with Watched(app.pid) as watched:
                load.what = asyncio.run(act(address, script, options, load.book))
            load.seconds = time.monotonic() - began
            load.processor = processor_seconds(app.pid) - busy
            load.machine = busy_seconds() - all_busy
            load.memory["at most"] = watched.most.own
            time.sleep(options.rest)
            load.memory[f"{options.rest:.0f} s after"] = resident(app.pid).own
            loads.append(load)
            print(markdown([load]), flush=True)
    return loads


def markdown(loads: Sequence[Load]) -> str:
    """Tables of what was measured."""
    lines = []
    for load in loads:
        book, seconds = load.book, max(load.seconds, 1e-9)
        lines += [
            f"### {load.what}",
            "",
            f"{load.seconds:.0f} s, {load.processor / seconds:.2f} processors of "
            f"{os.cpu_count()}, everything on the machine {load.machine / seconds:.2f}; "
            f"{len(book.trouble)} errors, {len(book.crossed)} of somebody else's people seen, "
            f"{len(book.differing)} deletions with other figures than the same one before.",
            "",
            "| act | times | median | 95 of 100 | longest |",
            "|---|---:|---:|---:|---:|",
        ]
        for act, times in book.seconds.items():
            cells = (statistics.median(times), p95(times), max(times))
            lines.append(
                f"| {act} | {len(times)} | " + " | ".join(f"{one:.2f} s" for one in cells) + " |"
            )
        told = ", ".join(f"{value:,.0f} MB {when}" for when, value in load.memory.items())
        lines += ["", f"Memory: {told}.", ""]
        for kind, many in (
            ("error", book.trouble),
            ("warned", book.warned),
            ("seen", book.crossed),
        ):
            lines += [f"- {kind}: {one}" for one in sorted(set(many))[:10]]
        lines += [f"- differs: {one}" for one in book.differing[:5]]
    return "\n".join(lines)


def p95(seconds: Sequence[float]) -> float:
    """95 of 100 are within this."""
    if len(seconds) < 2:
        return max(seconds, default=0.0)
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def document(loads: Sequence[Load], described: dict[str, Any]) -> dict[str, Any]:
    """The same with every single time."""
    return {
        "machine": described,
        "loads": [
            {
                "what": load.what,
                "seconds": load.seconds,
                "processor_seconds": load.processor,
                "machine_processor_seconds": load.machine,
                "memory_mb": load.memory,
                "acts": load.book.seconds,
                "errors": load.book.trouble,
                "warned": load.book.warned,
                "crossed": load.book.crossed,
                "differing": load.book.differing,
            }
            for load in loads
        ],
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print the tables, write `visitors.json` to --out; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.visitors", description=__doc__, allow_abbrev=False
    )
    add = parser.add_argument
    add("--visitors", type=int, default=0, help="in a loop of arrive, choose, forget, ..., leave")
    add("--seconds", type=float, default=180, help="how long they go on (180)")
    add("--browsers", type=int, default=3, help="Chromiums among them (3)")
    add("--pause", type=float, default=2.0, help="seconds between two acts, on average (2)")
    add("--pupils", type=int, default=0, help="who begin the lesson at the same moment")
    add("--clients", type=int, default=0, help="API clients that call /forget at once")
    add("--calls", type=int, default=5, help="deletions of each client (5)")
    add("--rest", type=float, default=REST, help="seconds of rest around a load (20)")
    add("--out", type=Path, help="folder for visitors.json")
    add("app", nargs="*", help="options of app.py, after --")
    options = parser.parse_args(argv)
    if not (options.visitors or options.pupils or options.clients):
        parser.error("nobody comes; give --visitors, --pupils or --clients")
    described = machine.describe()
    loads = run(options)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document(loads, described), indent=1)
        (options.out / "visitors.json").write_text(text + "\n")
    return int(any(load.book.trouble or load.book.crossed or load.book.differing for load in loads))


if __name__ == "__main__":
    sys.exit(main())
