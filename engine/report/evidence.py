"""What a report shows beside the figures: spectrum, curve, attacks, people who were kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.compare import Row, lineup
from engine.live.curve import Point
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.service.asking import Answer, asked, clearest
from engine.service.attacks import Attacks, Findings
from engine.service.curves import Curves, Subject, subject_of
from engine.service.service import Measured, Spectrum
from engine.service.visit import Visit
from engine.workspace import Workspace, start

EXAMPLES, HITS = 5, 5
"""Forgotten people of whom a photo is asked about, and the best matches that are told."""

LOST = 0.01
"""A fall in likeness to the own photos from which on somebody counts as hit."""


@dataclass(frozen=True)
class Wanted:
    """What a report has beside the figures of its `questions`.

    `attacks` are all of the attack panel, with `depths` the layers of the network too; `curve` is
    the forgetting curve where ESC erased last; `compare` names the rows of a comparison on the same
    people, () all of them.
    """

    questions: tuple[str, ...] = ()
    attacks: bool = False
    depths: bool = False
    curve: bool = False
    compare: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Evidence:
    """What was found of a visit's state; None where it was not asked for or cannot be had."""

    spectrum: Spectrum | None = None
    findings: Findings | None = None
    curve: tuple[Point, ...] | None = None
    rows: tuple[Row, ...] | None = None


def gather(visit: Visit, wanted: Wanted, watch: Watch = ignore) -> Evidence:
    """All that is wanted, computed through the visit's service. Raises `Cancelled` when stopped."""
    state, service, people = visit.state, visit.service, visit.people
    origin = start(visit.workspace)
    findings = None
    if wanted.attacks:
        attacks = Attacks(service)
        findings = attacks.found(state, people) or Findings()
        for step in attacks.run(state, people, quick=not wanted.depths):
            findings = step(findings, watch)
    rows = None
    if wanted.compare is not None:
        names = wanted.compare or lineup(visit.workspace, people)
        seed = visit.workspace.seed
        rows = tuple(service.row(origin, people, one, seed=seed, watch=watch) for one in names)
    curve = None
    subject = subject_of(visit)
    if wanted.curve and subject is not None:
        curves = Curves(service)
        curve = curves.finished(subject) or _drawn(curves, subject, watch)
    return Evidence(service.spectrum(origin, people), findings, curve, rows)


def _drawn(curves: Curves, subject: Subject, watch: Watch) -> tuple[Point, ...]:
    points: list[Point] = []
    for point in curves.points(subject, subject.probes[-1]):
        watch(Progress(noted("the forgetting curve"), len(points), 0))
        points.append(point)
    return tuple(points)


def measure(visit: Visit, questions: Sequence[str], watch: Watch = ignore) -> Measured:
    """The figures before and after, each question for itself, so that the attacks share them.

    Raises as `engine.audit.audit` does.
    """
    before: dict[str, dict] = {}
    after: dict[str, dict] = {}
    for name in questions:
        found = visit.measure(watch, (name,))
        before |= found.before
        after |= found.after or {}
    return Measured(before, after if visit.state.steps else None)


def known(visit: Visit) -> tuple[Evidence, Wanted]:
    """What has been computed of a visit's state already, and what to want to have it again."""
    state, service, people = visit.state, visit.service, visit.people
    origin = start(visit.workspace)
    findings = Attacks(service).found(state, people)
    subject = subject_of(visit)
    curve = Curves(service).finished(subject) if subject is not None else None
    rows = service.rows_known(origin, people, visit.workspace.seed) or None
    wanted = Wanted(
        attacks=findings is not None,
        depths=findings is not None and findings.layers is not None,
        curve=curve is not None,
        compare=None if rows is None else tuple(row.method for row in rows),
    )
    return Evidence(service.spectrum(origin, people), findings, curve, rows), wanted


def as_data(visit: Visit, evidence: Evidence) -> dict[str, Any]:
    """The evidence as a report holds it, people by name."""
    gallery = visit.workspace.gallery
    findings = evidence.findings or Findings()
    people = findings.people
    return {
        "spectrum": None if evidence.spectrum is None else asdict(evidence.spectrum),
        "curve": None if evidence.curve is None else [asdict(one) for one in evidence.curve],
        "probe_strength": {
            name: asdict(found)
            for name, found in (("training", findings.training), ("penalty", findings.penalty))
            if found is not None
        },
        "depths": None if findings.layers is None else [asdict(layer) for layer in findings.layers],
        "kept_people": None
        if people is None
        else [
            {
                "person": gallery.identities[one.label],
                **{name: value for name, value in asdict(one).items() if name != "label"},
                "hit": one.recall_change < 0 or one.similarity_change <= -LOST,
            }
            for one in people
        ],
        "comparison": None
        if evidence.rows is None
        else [
            {
                "method": row.method,
                "title": row.title,
                "figures": dict(row.figures),
                "warnings": list(row.warnings),
                "error": row.error,
            }
            for row in evidence.rows
        ],
        "examples": examples(visit),
    }


def examples(visit: Visit) -> list[dict[str, Any]]:
    """A test photo of each of the first forgotten people, and its best matches on both sides."""
    space, state = visit.workspace, visit.state
    found = []
    for label in state.forgotten[:EXAMPLES]:
        answer = asked(state, clearest(space, label))
        assert answer.row is not None
        assert answer.after is not None
        found.append(
            {
                "photo": _key(space, answer.row),
                "person": space.gallery.identities[label],
                "before": _answered(space, answer.before),
                "after": _answered(space, answer.after),
            }
        )
    return found


def _answered(space: Workspace, answer: Answer) -> dict[str, Any]:
    return {
        "output": space.gallery.identities[answer.says],
        "matches": [
            {
                "photo": _key(space, hit.index),
                "person": space.gallery.identities[hit.label],
                "similarity": hit.similarity,
                "accepted": hit.accepted,
            }
            for hit in answer.hits[:HITS]
        ],
    }


def _key(space: Workspace, row: int) -> str:
    return space.gallery.photos[int(space.features.rows[row])].key
