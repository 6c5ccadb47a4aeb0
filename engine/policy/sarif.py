"""Verdicts as SARIF 2.1.0, which hosts of code show beside the line that asked for them.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0. A limit is a rule;
a result is what keeps the policy from being passed, and stands at the limit's line in its file.
"""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.audit.figures import direction
from engine.policy.base import Judged, Limit, Verdict

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(judged: Judged, version: str) -> dict[str, Any]:
    """The log, ready for JSON; `version` is the program's, empty where that is not known."""
    limits = judged.policy.limits
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Lethe",
                        **({"semanticVersion": version} if version else {}),
                        "rules": [_rule(one) for one in limits],
                    }
                },
                "automationDetails": {"id": f"lethe/{judged.policy.name}/"},
                "invocations": [{"executionSuccessful": True, "exitCode": int(not judged.passed)}],
                "results": [
                    _result(one, limits.index(one.limit), judged.policy.path)
                    for one in judged.verdicts
                    if not one.good
                ],
                "columnKind": "unicodeCodePoints",
                "properties": dict(judged.facts),
            }
        ],
    }


def _rule(limit: Limit) -> dict[str, Any]:
    return {
        "id": limit.rule,
        "name": limit.metric.key.title().replace(".", "").replace("_", ""),
        "shortDescription": {"text": limit.title},
        "fullDescription": {"text": f"{limit.metric.help} ({direction(limit.metric)})"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(one: Verdict, rule: int, path: str) -> dict[str, Any]:
    known = f"{one.limit.rule}\0{one.person}".encode()
    return {
        "ruleId": one.limit.rule,
        "ruleIndex": rule,
        "kind": "fail",
        "level": "error",
        "message": {"text": one.says},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": address(path)},
                    "region": {"startLine": one.limit.line or 1},
                }
            }
        ],
        "partialFingerprints": {"limitAndPerson/v1": hashlib.sha256(known).hexdigest()},
    }


def address(path: str) -> str:
    """A path as SARIF has it: relative to where the program runs where that is above it."""
    whole = Path(path).resolve()
    try:
        return quote(whole.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return whole.as_uri()
