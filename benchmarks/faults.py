"""`python -m benchmarks.faults`: what goes wrong around a page; is the next visitor served?

Each fault meets a page of its own with a visitor on it, a cache folder of its own beside it.
"""

import argparse
import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.journeys import Book, Visitor
from benchmarks.protocol import Script, read_script
from benchmarks.serving import await_ready, free_port, health, served
from benchmarks.stages import JUMPS, jumping_clock, small_disk
from benchmarks.windows import beginning, window

HALTED = 20.0
"""Seconds for which the process is stopped."""
HALF_OPEN = 200
END = 20.0
"""Seconds within which a page that is told to end has ended."""
QUIET = 60.0
"""Seconds after a fault within which nothing of it runs or waits any more."""


@dataclass
class Ground:
    """Where one fault happens: the page, its process, its cache folder, what it left open.

    `noted` is what the fault saw itself, a line each; a fault that left work behind says when it
    happened, `quiet`, so that the end of that work is waited for.
    """

    address: str
    app: subprocess.Popen
    cache: Path
    again: bool = False
    quiet: float | None = None
    held: ExitStack = field(default_factory=ExitStack)
    noted: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """A fault, what was noted, seconds until the next visitor was served, and what they met."""

    what: str
    noted: tuple[str, ...]
    seconds: float
    trouble: tuple[str, ...]


async def visit(address: str, seed: int) -> list[str]:
    """Arrive, choose, forget, ask, undo, leave; whatever of it went wrong."""
    book = Book()
    visitor = Visitor(address, await read_script(address), book, seed)
    try:
        await visitor.arrive()
        await visitor.choose(visitor.some())
        await visitor.forget("esc")
        await visitor.ask()
        await visitor.undo()
    except Exception as error:  # a visitor who meets a fault is told, and the next trial goes on
        book.trouble.append(f"{type(error).__name__}: {error}"[:200])
    finally:
        await visitor.leave()
    return [*book.trouble, *book.crossed]


def stopped(ground: Ground) -> None:
    """The process is stopped in the middle of a visit, and goes on"""

    async def trial() -> list[str]:
        visiting = asyncio.create_task(visit(ground.address, 1))
        await asyncio.sleep(0.3)
        ground.app.send_signal(signal.SIGSTOP)
        await asyncio.sleep(HALTED)
        ground.app.send_signal(signal.SIGCONT)
        return await visiting

    trouble = asyncio.run(trial())
    ground.noted.append(
        f"the visitor meanwhile: {'; '.join(trouble) if trouble else 'served'}, "
        f"stopped for {HALTED:.0f} s"
    )


def half_open(ground: Ground) -> None:
    """200 connections send half a request and stay"""
    at = urlsplit(ground.address)
    for number in range(HALF_OPEN):
        one = ground.held.enter_context(socket.create_connection((at.hostname, at.port), 10))
        one.sendall(b"GET / HTTP/1.1\r\nHo" if number % 2 else b"")


async def _interrupted(ground: Ground, script: Script, book: Book, seed: int) -> None:
    """A visitor who is gone in the middle of their deletion, a moment later for each `seed`."""
    visitor = Visitor(ground.address, script, book, seed)
    await visitor.arrive()
    await visitor.choose(visitor.some())
    forgetting = asyncio.create_task(visitor.forget("esc"))
    await asyncio.sleep(0.02 * seed)
    forgetting.cancel()
    await visitor.leave()


def vanished(ground: Ground) -> None:
    """20 visitors close the page in the middle of their deletion"""

    async def one(seed: int) -> None:
        await _interrupted(ground, script, Book(), seed)

    async def all_at_once() -> None:
        await asyncio.gather(*map(one, range(20)))

    script = asyncio.run(read_script(ground.address))
    asyncio.run(all_at_once())
    ground.quiet = time.monotonic()


def browser_killed_esc_t(ground: Ground) -> None:
    """-KILL for a Chromium in the middle of ESC-T"""
    asyncio.run(_browser_killed(ground, "esc-t"))


def browser_killed_salun(ground: Ground) -> None:
    """-KILL for a Chromium in the middle of SalUn"""
    asyncio.run(_browser_killed(ground, "salun"))


async def _browser_killed(ground: Ground, method: str) -> None:
    with window() as (browser, devtools):
        async with beginning(devtools, ground.address, method):
            busy = await asyncio.to_thread(_running, ground.address)
            browser.kill()
            browser.wait()
    ground.quiet = time.monotonic()
    ground.noted.append(f"{busy} running when it was killed")


def _running(address: str) -> int:
    """Pieces of work under way; waited for until there is one, where there will be."""
    until = time.monotonic() + 2
    while not (found := health(address)["jobs"]["running"]) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def dropped(ground: Ground) -> None:
    """20 visitors' connections are reset while they wait for their deletion, and they go on"""

    async def one(seed: int) -> list[str]:
        book = Book()
        await _interrupted(ground, script, book, seed)
        return [*(await visit(ground.address, 100 + seed)), *book.crossed]

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*map(one, range(20)))

    script = asyncio.run(read_script(ground.address))
    found = [line for lines in asyncio.run(all_at_once()) for line in lines]
    ground.noted.append(f"20 come again: {'; '.join(sorted(set(found))) or 'served'}")
    ground.quiet = time.monotonic()


def full_disk(ground: Ground) -> None:
    """The disk below the cache is full"""
    filler = ground.cache / "filler"
    inside = Path(f"/proc/{ground.app.pid}/root{ground.cache}")  # mounted for the process alone
    with (inside / filler.name).open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1024)):
                pass
        except OSError as error:
            ground.noted.append(str(error.strerror))
    asyncio.run(visit(ground.address, 3))
    left = [one.name for one in inside.rglob("*.part")]
    ground.noted.append(f"half-written files: {len(left)}")


def clock_jumps(ground: Ground) -> None:
    """The clock jumps a day ahead in the middle of a visit, and two days back"""

    async def trial() -> list[str]:
        visiting = asyncio.create_task(visit(ground.address, 1))
        for _ in JUMPS:
            await asyncio.sleep(0.3)
            ground.app.send_signal(signal.SIGUSR1)
        return await visiting

    trouble = asyncio.run(trial())
    ground.noted.append(f"the visitor meanwhile: {'; '.join(trouble) or 'served'}")


def no_cache(ground: Ground) -> None:
    """The cache folder is removed while the page runs"""
    ground.noted.append(f"{sum(one.is_file() for one in ground.cache.rglob('*'))} files removed")
    shutil.rmtree(ground.cache)


def terminated(ground: Ground) -> None:
    """-TERM in the middle of a visit, then a new page on the same port and cache"""
    _ended(ground, signal.SIGTERM)


def killed(ground: Ground) -> None:
    """-KILL in the middle of a visit, then a new page on the same port and cache"""
    _ended(ground, signal.SIGKILL)


def _ended(ground: Ground, how: signal.Signals) -> None:
    async def trial() -> float:
        visiting = asyncio.create_task(visit(ground.address, 1))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        ground.app.send_signal(how)
        await asyncio.to_thread(ground.app.wait, END)
        seconds = time.monotonic() - began
        await visiting
        return seconds

    seconds = asyncio.run(trial())
    ground.noted.append(f"ended after {seconds:.1f} s with {ground.app.returncode}")
    ground.again = True


FAULTS: dict[str, Callable[[Ground], None]] = {
    "stop": stopped,
    "half-open": half_open,
    "vanish": vanished,
    "drop": dropped,
    "browser-esc-t": browser_killed_esc_t,
    "browser-salun": browser_killed_salun,
    "disk": full_disk,
    "clock": clock_jumps,
    "cache": no_cache,
    "term": terminated,
    "kill": killed,
}


STAGES = {full_disk: small_disk, clock_jumps: jumping_clock}
"""How a page is served to which this is to happen."""


def meet(fault: Callable[[Ground], None], options: Sequence[str]) -> Outcome:
    """Serve a page, let one visitor try it, do `fault`, and let the next one come.

    A page that the fault ended is served again, by a new process with what the last one left.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        cache = Path(folder) / "cache"
        cache.mkdir()
        before, environment = STAGES.get(fault, lambda at: ([], {}))(cache)
        serving = served(*options, port=port, before=before, LETHE_CACHE=str(cache), **environment)
        with serving as (address, app):
            await_ready(address)
            trouble = [f"before: {one}" for one in asyncio.run(visit(address, 0))]
            ground = Ground(address, app, cache)
            with ground.held:
                try:
                    fault(ground)
                    if ground.quiet is not None:
                        ground.noted.append(_until_quiet(ground))
                    if ground.again:
                        address, _ = stack.enter_context(
                            served(*options, port=port, LETHE_CACHE=str(cache))
                        )
                        await_ready(address)
                    began = time.monotonic()
                    trouble += asyncio.run(visit(address, 2))
                    seconds = time.monotonic() - began
                except Exception as error:  # told in the table, and the next fault is tried
                    trouble.append(f"{type(error).__name__}: {error}"[:200])
                    seconds = float("nan")
    return Outcome(str(fault.__doc__), tuple(ground.noted), seconds, tuple(trouble))


def _until_quiet(ground: Ground) -> str:
    """Wait until nothing runs or waits. Raises `RuntimeError` where something is left behind."""
    began = ground.quiet or 0.0
    while True:
        told, seconds = health(ground.address), time.monotonic() - began
        if not told["jobs"]["running"] and not told["jobs"]["waiting"] and not told["visitors"]:
            return f"nothing of them left after {seconds:.1f} s"
        if seconds > QUIET:
            raise RuntimeError(f"left behind: {told['jobs']}, {told['visitors']} visitors")
        time.sleep(0.1)


def markdown(outcomes: Sequence[Outcome]) -> str:
    """A table of what happened."""
    lines = ["| fault | the next visitor | seconds | noted |", "|---|---|---:|---|"]
    for one in outcomes:
        told = "; ".join(one.trouble) or "served"
        lines.append(f"| {one.what} | {told} | {one.seconds:.1f} s | {'; '.join(one.noted)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Do each fault and print the table; 1 where a visitor was not served."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--only", default=",".join(FAULTS), help=f"of {', '.join(FAULTS)}")
    parser.add_argument("app", nargs="*", help="options of app.py, after --")
    options = parser.parse_args(argv)
    wanted = options.only.split(",")
    if unknown := [one for one in wanted if one not in FAULTS]:
        parser.error(f"no such fault: {', '.join(unknown)}")
    outcomes = []
    for name in wanted:
        outcomes.append(meet(FAULTS[name], options.app))
        print(markdown(outcomes[-1:]), flush=True)
    print(markdown(outcomes))
    return int(any(one.trouble for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
