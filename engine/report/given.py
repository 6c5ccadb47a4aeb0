"""A report that somebody gives back: read, and found whole before any work is done."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import LetheError
from engine.report.document import SCHEMA
from engine.said import said


def read_report(path: Path) -> dict[str, Any]:
    """A report of this schema. Raises `LetheError` for any other file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise LetheError(
            said(
                "{path} cannot be read ({reason}); check the path.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise LetheError(
            said("{path} is no report: it is not JSON; give what --json wrote.", path=path)
        ) from error
    if not isinstance(found, dict) or "schema" not in found or "metrics" not in found:
        raise LetheError(
            said("{path} is no report of an audit; give what `audit --json` wrote.", path=path)
        )
    if found["schema"] != SCHEMA:
        raise LetheError(
            said(
                "{path} has schema {theirs!r} and this version of Lethe reads {ours}; verify it "
                "with the version that made it, or make it again.",
                path=path,
                theirs=found["schema"],
                ours=SCHEMA,
            )
        )
    if (lack := _lacking(found)) is not None:
        raise LetheError(
            said(
                "{path} is damaged: {lack} is missing or is not what it should be; make the "
                "report again.",
                path=path,
                lack=lack,
            )
        )
    return found


def _lacking(document: Mapping[str, Any]) -> str | None:
    """The first part of a report that is not there, None for a whole one."""
    parts: dict[str, type] = {
        "made": dict,
        "inputs": dict,
        "asked": dict,
        "gallery": dict,
        "backbone": dict,
        "steps": list,
        "metrics": dict,
        "verdict": dict,
    }
    for name, kind in parts.items():
        if not isinstance(document.get(name), kind):
            return name
    inner = {
        "made": ("lethe", "python", "platform", "threads", "libraries"),
        "inputs": ("faces", "backbone", "strangers", "aligned", "encoding", "seed"),
        "asked": ("questions", "attacks", "depths", "curve", "compare"),
        "gallery": ("name", "sha256", "photos", "embeddings_sha256"),
        "backbone": ("fingerprint",),
        "verdict": ("outcome",),
    }
    for name, keys in inner.items():
        for key in keys:
            if key not in document[name]:
                return f"{name}.{key}"
    for step in document["steps"]:
        if not isinstance(step, dict) or not {"forget", "method", "options"} <= step.keys():
            return "steps"
    return None if document["steps"] else "steps"
