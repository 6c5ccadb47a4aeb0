"""How cost grows: 10^3 to 10^6 embeddings of 512 values, each measurement in its own process."""

import argparse
import json
import resource
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

DIMENSION, PEOPLE, FORGET, QUERIES = 512, 100, 5, 256
OPERATIONS = ("fit", "apply", "KR", "KR, closed form", "retrieval")
BLOCK = 1 << 15


@dataclass(frozen=True)
class Growth:
    """One operation on `count` embeddings: seconds, and peak memory above the data's own."""

    operation: str
    count: int
    seconds: float
    extra_mb: float
    data_mb: float


def measure(operation: str, count: int) -> Growth:
    """Run one operation in a fresh process, so that its peak memory is its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", operation, str(count)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode:
        raise RuntimeError(f"{operation} on {count} embeddings failed: {done.stderr[-400:]}")
    return Growth(**json.loads(done.stdout.splitlines()[-1]))


def exponents(rows: list[Growth]) -> dict[str, float]:
    """Slope of log seconds over log count from 10^4 on, by least squares, per operation."""
    out = {}
    for name in OPERATIONS:
        points = [(row.count, row.seconds) for row in rows if row.operation == name]
        points = [point for point in points if point[0] >= 10_000]
        if len(points) >= 2:
            x, y = np.log(np.array(points)).T
            out[name] = float(np.polyfit(x, y, 1)[0])
    return out


def world(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Unit-norm clusters [n, 512] of 100 people, labels and the enrolment mask, made in place."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % PEOPLE
    centres = torch.randn(PEOPLE, DIMENSION, generator=generator)
    values = torch.empty(count, DIMENSION)
    for at in range(0, count, BLOCK):
        block = values[at : at + BLOCK]
        block.normal_(generator=generator).mul_(1.2).add_(centres[labels[at : at + BLOCK]])
        block /= block.norm(dim=1, keepdim=True)
    return values, labels, torch.rand(count, generator=generator) < 0.7


def run(operation: str, count: int) -> Growth:
    """Do the operation once here."""
    from engine.audit.retrieval import counted
    from engine.erasure.factor import factor_people
    from engine.probes.linear import fit_linear
    from engine.probes.ridge import fit_ridge

    values, labels, train = world(count)
    forget = tuple(range(FORGET))
    queries = (~train).nonzero()[:QUERIES, 0]
    enrolled, enrolled_labels = values[train], labels[train]
    asked, asked_labels = values[queries], labels[queries]
    fit_linear(values[:1000], labels[:1000], PEOPLE)  # libraries loaded, pools started
    eraser = None
    if operation == "apply":
        eraser = factor_people(enrolled, enrolled_labels, forget).eraser(FORGET)
        del enrolled
    if operation != "apply":
        del values
    with _Peak() as peak:
        began = time.perf_counter()
        if operation == "fit":
            factor_people(enrolled, enrolled_labels, forget)
        elif operation == "apply":
            assert eraser is not None
            for block in values.split(BLOCK):
                eraser(block).square().sum()
        elif operation == "KR":
            fit_linear(enrolled, enrolled_labels, PEOPLE).predict(asked)
        elif operation == "KR, closed form":
            fit_ridge(enrolled, enrolled_labels, PEOPLE).logits(asked)
        else:
            for _ in counted(asked, asked_labels, enrolled, enrolled_labels):
                pass
        seconds = time.perf_counter() - began
    return Growth(operation, count, seconds, peak.extra_mb, count * DIMENSION * 4 / 2**20)


class _Peak:
    """Highest resident memory inside the block, above what was resident before it."""

    def __enter__(self) -> "_Peak":
        self._before = self._highest = _resident_mb()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.extra_mb = max(self._highest - self._before, 0.0)

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self._highest = max(self._highest, _resident_mb())


def _resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    print(json.dumps(asdict(run(given.operation, given.count))))
