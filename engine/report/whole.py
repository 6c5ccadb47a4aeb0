"""The report that is handed over: an audit, what it was made from, and how to make it again."""

from dataclasses import asdict
from typing import Any

from engine.report.document import report
from engine.report.evidence import Evidence, Wanted, as_data
from engine.report.figures import in_rows
from engine.report.files import plain
from engine.report.origin import Inputs, command, digest, made, photo_hashes
from engine.report.probes import weak_and_converged
from engine.service.service import Measured
from engine.service.visit import Visit

PAPER = "kr_paper"
"""The question that asks as the ESC paper does; it stands beside the converged probe."""


def whole(
    visit: Visit, measured: Measured, evidence: Evidence, wanted: Wanted, inputs: Inputs
) -> dict[str, Any]:
    """The document of a visit's deletions, schema 3, of JSON's own types alone.

    `docs/report.md` says what each field is. Whoever has deleted nobody has no report.
    """
    state, space = visit.state, visit.workspace
    found = evidence.findings
    before = {**(found.before if found else {}), **measured.before}
    after = {**(found.after if found else {}), **(measured.after or {})}
    told = report(state, before, after)
    told["gallery"]["photos"] = photo_hashes(space.gallery)
    told["gallery"]["embeddings_sha256"] = digest(space.features.values)
    if space.strangers is not None:
        told["strangers"]["photos"] = photo_hashes(space.strangers.gallery)
        told["strangers"]["embeddings_sha256"] = digest(space.strangers.features.values)
    asked = asdict(wanted) | {
        "questions": tuple(measured.before),
        "compare": None if evidence.rows is None else [row.method for row in evidence.rows],
    }
    rows = in_rows(before, after)
    return plain(
        {
            "schema": told.pop("schema"),
            "made": made(),
            "inputs": inputs,
            "asked": asked,
            "command": command(inputs, told["steps"], asked),
            **told,
            "figures": rows,
            "probes": weak_and_converged(before, after),
            **as_data(visit, evidence),
        }
    )
