"""`python -m tools.mutate`: the share of deliberate faults that the tests catch, and the others."""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tools.mutate.covering import Covering, covering
from tools.mutate.mutants import Mutant, mutants_of, sample
from tools.mutate.process import HUNG, copy_tree, in_fork, run_tests, settle

ROOT = Path(__file__).parents[2]
EQUAL = Path(__file__).with_name("equal.txt")
KEPT = ROOT / "out" / "mutate.json"

FIRST = 40
"""How many of a line's quickest tests run before whole files do."""

NOT_FOUND, NONE_RUN = 4, 5
"""Pytest's exit codes where a named test is not there or cannot be read, and where none is left."""


def main() -> int:
    """Make a sample of faults, try the tests on each and print what they let through."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=["engine/**/*.py"], metavar="GLOB")
    parser.add_argument("--sample", type=int, default=150, help="how many lines [%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="of the sample [%(default)s]")
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="of whole test files that run where no quick test notices; what only later ones would "
        "notice counts as missed [%(default)g]",
    )
    args = parser.parse_args()
    paths = sorted({path for glob in args.modules for path in ROOT.glob(glob)})
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = copy_tree(ROOT, Path(folder).resolve())
        settle(copy)
        every = [m for path in paths for m in mutants_of(copy, path.relative_to(ROOT).as_posix())]
        known = covering(copy, KEPT)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        for test in known.failing:
            print(f"fails without any fault, so is left out: {test}")
        return judge(sample(every, args.sample, args.seed), known, copy, args.patience)


def judge(chosen: list[Mutant], known: Covering, copy: Path, patience: float) -> int:
    """Try every fault, print it with its verdict, then the shares; 1 if any goes unnoticed."""
    equal = {line.rpartition(" | ")[0] for line in EQUAL.read_text(encoding="utf-8").splitlines()}
    caught: dict[str, int] = defaultdict(int)
    tried: dict[str, int] = defaultdict(int)
    missed: list[Mutant] = []
    for at, one in enumerate(chosen, 1):
        begun = time.monotonic()
        by = "the same" if one.name in equal else attempt(one, known, copy, patience)
        took = time.monotonic() - begun
        where = f"{one.path}:{one.line}"
        print(f"[{at}/{len(chosen)}] {where}  {one.before} -> {one.after}", end="  ")
        print(f"{by or 'MISSED'} ({took:.0f} s)", flush=True)
        if one.name in equal:
            continue
        tried[one.path] += 1
        caught[one.path] += bool(by)
        if not by:
            missed.append(one)
    print("\nby module")
    for path, many in sorted(tried.items()):
        print(f"  {caught[path]:3} of {many:3}  {path}")
    print("\nnot caught")
    for one in missed:
        print(f"  {one.path}:{one.line}\n    - {one.before}\n    + {one.after}")
    share = sum(caught.values()) / max(1, sum(tried.values()))
    same = len(chosen) - sum(tried.values())
    print(f"\n{sum(caught.values())} of {sum(tried.values())} caught, {share:.1%}", end="; ")
    print(f"{same} that change nothing left out")
    return int(bool(missed))


def attempt(one: Mutant, known: Covering, copy: Path, patience: float) -> str:
    """The test that catches a fault, `""` if none does. The copy is whole again afterwards."""
    tests = known.tests(one.path, one.spans)
    path, log = copy / one.path, copy / "mutant.log"
    before, stamp = path.read_bytes(), path.stat()
    path.write_text(one.source, encoding="utf-8")
    try:
        seconds = sum(known.seconds[test] for test in tests[:FIRST])
        code = _run(tests[:FIRST], known, log, seconds) if tests else 0
        if code in (0, NOT_FOUND) and tests:
            files = known.files(tests, patience)
            code = _run(list(files), known, log, sum(files.values()))
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # so its bytecode stays right
    if code in (0, NONE_RUN):
        return ""
    if code == HUNG:
        return "no end"
    said = re.search(r"^(?:FAILED|ERROR) (\S+)", log.read_text(errors="replace"), re.MULTILINE)
    return said[1] if said else f"exit code {code}"


def _run(tests: list[str], known: Covering, log: Path, seconds: float) -> int:
    def work() -> int:
        sys.dont_write_bytecode = True
        left_out = [f"--deselect={test}" for test in known.failing]
        return run_tests(["-x", "--no-cov", *left_out, *tests])

    return in_fork(work, log, timeout=30 + 4 * seconds)


if __name__ == "__main__":
    sys.exit(main())
