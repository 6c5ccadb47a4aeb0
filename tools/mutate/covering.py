"""Which tests run a line, and how long they take: one run of all tests, kept for the next time."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from tools.mutate.process import in_fork, run_tests

TESTS = ("tests/engine", "tests/demo", "tests/test_floors.py")
"""Those without a browser."""

KEYED = ("engine", "demo", "tests")
"""What decides who runs what."""

IMPORT = 2.0
"""Seconds that a test of the page needs more, for importing Gradio."""


@dataclass(frozen=True)
class Covering:
    """Of all tests the seconds and whether they pass, and of each line the tests that run it."""

    seconds: dict[str, float]
    failing: tuple[str, ...]
    lines: dict[str, dict[int, list[str]]]

    def tests(self, path: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
        """The tests that run the first of the spans that any test runs, quickest first."""
        lines = self.lines.get(path, {})
        for first, last in spans:
            found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
            if found := found - set(self.failing):
                return sorted(found, key=self._cost)
        return []

    def files(self, tests: list[str], most: float) -> dict[str, float]:
        """The files of these tests and the seconds of each, quickest first, `most` s in all.

        What a module's first test prepares, its others judge: so the whole file, not these alone.
        """
        cost: dict[str, float] = defaultdict(float)
        wanted = {test.partition("::")[0] for test in tests}
        for test, seconds in self.seconds.items():
            if (name := test.partition("::")[0]) in wanted:
                cost[name] += seconds
        quickest = sorted(cost.items(), key=lambda one: one[1])
        sums = accumulate(seconds for _, seconds in quickest)
        return dict(
            one
            for one, sum_ in zip(quickest, sums, strict=True)
            if sum_ <= most or one is quickest[0]
        )

    def _cost(self, test: str) -> float:
        return self.seconds[test] + IMPORT * test.startswith("tests/demo")


def covering(copy: Path, kept: Path) -> Covering:
    """What `kept` says, if it is of the same sources as `copy`; else from a run of all tests."""
    key = _key(copy)
    if kept.exists() and (said := json.loads(kept.read_text(encoding="utf-8")))["key"] == key:
        lines = {
            path: {int(line): tests for line, tests in of.items()}
            for path, of in said["lines"].items()
        }
        return Covering(said["seconds"], tuple(said["failing"]), lines)
    clock = copy / "clock.json"
    options = ["--cov=engine", "--cov-context=test", "--cov-report="]
    in_fork(lambda: run_tests([*TESTS, *options], _Clock(clock)), copy / "all.log", timeout=3600)
    times = json.loads(clock.read_text(encoding="utf-8"))
    found = Covering(times["seconds"], tuple(times["failing"]), _lines(copy))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"key": key, **vars(found)}), encoding="utf-8")
    return found


class _Clock:
    """A plugin of pytest that writes down what each test took and which failed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: dict[str, float] = defaultdict(float)
        self.failing: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failing.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        said = {"seconds": self.seconds, "failing": sorted(self.failing)}
        self.path.write_text(json.dumps(said), encoding="utf-8")


def _lines(copy: Path) -> dict[str, dict[int, list[str]]]:
    from coverage import CoverageData

    data = CoverageData(str(copy / ".coverage"))
    data.read()
    lines = {}
    for file in data.measured_files():
        contexts = data.contexts_by_lineno(file)
        lines[Path(file).relative_to(copy).as_posix()] = {
            line: sorted({one.rpartition("|")[0] for one in those if "|" in one})
            for line, those in contexts.items()
        }
    return lines


def _key(copy: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(one for part in KEYED for one in (copy / part).rglob("*.py")):
        digest.update(path.relative_to(copy).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
