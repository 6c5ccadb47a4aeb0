"""The gate of `audit`: a policy, read before the work and judged after it."""

import argparse
import json
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.audit import QUESTIONS
from engine.cli.common import check_writable, write_text
from engine.errors import LetheError
from engine.policy.base import Evidence, Judged, Policy
from engine.policy.judging import judge
from engine.policy.junit import junit
from engine.policy.reading import read_policy
from engine.policy.sarif import sarif
from engine.policy.summary import summary
from engine.report import reading
from engine.service.service import Measured
from engine.view import View
from engine.workspace import State

FORMATS = ("junit", "sarif", "summary")
SHOWN = 5
"""People under one limit who are named on a terminal."""


def add_gate_options(parser: argparse.ArgumentParser) -> None:
    """--policy, and the files in which its verdicts are told."""
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="exit with 1 where a limit of this TOML file is not kept, see docs/audit-in-ci.md",
    )
    for name, what in zip(FORMATS, ("JUnit XML", "SARIF 2.1.0", "Markdown"), strict=True):
        parser.add_argument(
            f"--{name}", type=Path, metavar="OUT", help=f"write the policy's verdicts as {what}"
        )


class Gate:
    """A policy at work; raises `LetheError` for all that can be wrong before there are figures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._outs: dict[str, Path] = {
            name: path for name in FORMATS if (path := getattr(args, name)) is not None
        }
        if self._outs and args.policy is None:
            raise LetheError(f"--{next(iter(self._outs))} tells of a policy; give one by --policy.")
        check_writable(*self._outs.values())
        self._policy: Policy | None = args.policy and read_policy(args.policy)
        self._began = time.monotonic()

    def questions(self, asked: tuple[str, ...], view: View) -> tuple[str, ...]:
        """What to measure: `asked`, and what the policy limits, in the registry's order.

        What cannot be had here is left out; its limits are not passed then.
        """
        if self._policy is None:
            return asked
        wanted = {one for one in self._policy.questions if QUESTIONS[one].possible(view)}
        return (*asked, *(name for name in QUESTIONS if name in wanted.difference(asked)))

    def judged(self, state: State, measured: Measured) -> int:
        """Print and write the verdicts; 1 where the policy is not passed, else 0."""
        if self._policy is None:
            return 0
        verdicts = judge(self._policy, evidence(state, measured))
        took = time.monotonic() - self._began
        done = Judged(self._policy, verdicts, _facts(state), took)
        self._write(done, state, measured)
        print(f"\n{told(done)}")
        return int(not done.passed)

    def _write(self, done: Judged, state: State, measured: Measured) -> None:
        said = reading(state, measured.before, measured.after or {}).text
        texts = {
            "junit": lambda: junit(done),
            "sarif": lambda: json.dumps(sarif(done, _version()), indent=2) + "\n",
            "summary": lambda: summary(done, said),
        }
        for name, path in self._outs.items():
            write_text(texts[name](), path)


def evidence(state: State, measured: Measured) -> Evidence:
    """What there is to judge of a state."""
    space = state.workspace
    tests = space.features.labels[~space.features.train]
    people = len(space.features.identities)
    return Evidence(
        before=measured.before,
        after=measured.after or {},
        forgotten=state.forgotten,
        names=[space.gallery.display(label) for label in range(people)],
        tests=tests.bincount(minlength=people).tolist(),
    )


def told(done: Judged) -> str:
    """The outcome as lines for a terminal: the policy's, and what keeps it from being passed."""
    limits = done.policy.limits
    lines = []
    for limit in limits:
        bad = [one for one in done.of(limit) if not one.good]
        lines += [f"- {one.says}" for one in bad[:SHOWN]]
        lines += [f"- and {len(bad) - SHOWN} more people"] if len(bad) > SHOWN else []
    if done.passed:
        return f"Policy {done.policy.name}: passed, {len(limits)} of {len(limits)} limits kept."
    broken = sum(not all(one.good for one in done.of(limit)) for limit in limits)
    head = f"Policy {done.policy.name}: not passed, {broken} of {len(limits)} limits not kept."
    return "\n".join((head, *lines))


def _facts(state: State) -> Mapping[str, str]:
    space = state.workspace
    return {
        "gallery": space.gallery.name,
        "gallery sha256": space.gallery.sha256,
        "backbone": space.backbone.name,
        "forgotten": ", ".join(space.gallery.display(label) for label in state.forgotten),
        "method": ", ".join(dict.fromkeys(step.method for step in state.steps)),
        "seed": str(space.seed),
    }


def _version() -> str:
    try:
        return version("lethe")
    except PackageNotFoundError:
        return ""  # a checkout that was not installed
