"""A report run again: which figures agree to the last digit, and which inputs are not the same."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import LetheError
from engine.opening import open_workspace
from engine.progress import Watch, ignore
from engine.report.document import SCHEMA
from engine.report.evidence import Wanted, gather, measure
from engine.report.files import as_text
from engine.report.whole import whole
from engine.said import Said, listed, said, said_n
from engine.service.service import Service
from engine.service.visit import Visit
from engine.store import Store
from engine.workspace import Workspace

FIGURES = (
    *("metrics", "spectrum", "curve", "probe_strength", "depths", "kept_people", "comparison"),
    *("examples", "steps", "threshold"),
)
"""Where a report has what was measured; the rest of it says what it was measured on."""

TIMES = frozenset({"seconds"})
"""Figures that no two runs share."""


@dataclass(frozen=True)
class Verified:
    """What came of running a report again.

    `same` figures agree to the last digit; `differing` are the others as (name, then, now).
    `inputs` says, a sentence each, what it was made from that is not the same now (photos, model,
    options), `programs` which versions are not.
    """

    same: int
    differing: tuple[tuple[str, Any, Any], ...]
    inputs: tuple[Said, ...]
    programs: tuple[Said, ...]

    @property
    def holds(self) -> bool:
        """Whether it is the same report: of the same photos and model, with the same figures."""
        return not self.differing and not self.inputs


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


def reopen(
    document: Mapping[str, Any],
    *,
    faces: str | None = None,
    backbone: str | None = None,
    strangers: str | None = None,
    watch: Watch = ignore,
    store: Store | None = None,
) -> tuple[Workspace, dict[str, Any]]:
    """The workspace that a report was made from, and how it was opened.

    The named ones stand in for what has moved since. Raises `LetheError` as `open_workspace` does,
    and where photos or model were handed to a page, which kept nothing of them.
    """
    given = dict(document["inputs"])
    moved = {"faces": faces, "backbone": backbone, "strangers": strangers}
    given |= {name: value for name, value in moved.items() if value is not None}
    if given["faces"] is None:
        raise LetheError(
            said("The photos of this report were handed to a page and kept nowhere: give --faces.")
        )
    if given["backbone"] is None:
        raise LetheError(
            said("The model of this report was handed to a page and kept nowhere: give --backbone.")
        )
    return open_workspace(**given, watch=watch, store=store), given


def redo(document: Mapping[str, Any], workspace: Workspace, watch: Watch = ignore) -> Visit:
    """A visit with a report's deletions made again, in their order.

    Raises `LetheError` for somebody who is not in the gallery, and as `Visit.forget` does.
    """
    visit = Visit(Service(), workspace)
    places = {name: label for label, name in enumerate(workspace.gallery.identities)}
    lost = [name for step in document["steps"] for name in step["forget"] if name not in places]
    if lost:
        raise LetheError(
            said(
                "{names} of this report cannot be found in {gallery}; open the photos that it was "
                "made from.",
                names=listed(lost),
                gallery=workspace.gallery.name,
            )
        )
    for step in document["steps"]:
        labels = [places[name] for name in step["forget"]]
        visit.forget(labels, step["method"], step["options"], watch)
    return visit


def again(
    document: Mapping[str, Any],
    workspace: Workspace,
    inputs: Mapping[str, Any],
    watch: Watch = ignore,
) -> dict[str, Any]:
    """The report made anew from a workspace, of the same people by the same methods."""
    asked = document["asked"]
    wanted = Wanted(
        questions=tuple(asked["questions"]),
        attacks=bool(asked["attacks"]),
        depths=bool(asked["depths"]),
        curve=bool(asked["curve"]),
        compare=None if asked["compare"] is None else tuple(asked["compare"]),
    )
    visit = redo(document, workspace, watch)
    measured = measure(visit, wanted.questions, watch)
    made = whole(visit, measured, gather(visit, wanted, watch), wanted, inputs)
    return json.loads(as_text(made))


def compared(then: Mapping[str, Any], now: Mapping[str, Any]) -> Verified:
    """Two reports of one thing: figures that agree to the last digit, and what does not."""
    old, new = dict(_figures(then)), dict(_figures(now))
    same, differing = 0, []
    for name in [*old, *(name for name in new if name not in old)]:
        if name in old and name in new and old[name] == new[name]:
            same += 1
        else:
            differing.append((name, old.get(name), new.get(name)))
    return Verified(same, tuple(differing), tuple(_inputs(then, now)), tuple(_programs(then, now)))


def _figures(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in FIGURES:
        yield from _leaves(part, document.get(part))
    yield "verdict.outcome", document["verdict"]["outcome"]


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Numbers by their place, whichever way they are nested; words only where they are answers."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in TIMES:
                yield from _leaves(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(f"{name}[{at}]", inner)
    else:
        yield name, value


def _inputs(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Said]:
    yield from _photos(then["gallery"], now["gallery"])
    others, theirs = then["strangers"], now["strangers"]
    if (others is None) != (theirs is None):
        yield said("One of the two has strangers to judge with, the other has none.")
    elif others is not None:
        yield from _photos(others, theirs)
    if then["backbone"]["fingerprint"] != now["backbone"]["fingerprint"]:
        yield said(
            "The model is not the same: {was}… then, {now}… now.",
            was=str(then["backbone"]["fingerprint"])[:12],
            now=str(now["backbone"]["fingerprint"])[:12],
        )
    for name in ("seed", "aligned", "encoding"):
        if then["inputs"][name] != now["inputs"][name]:
            yield said(
                "{name} is not the same: {was} then, {now} now.",
                name=name,
                was=then["inputs"][name],
                now=now["inputs"][name],
            )


def _photos(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Said]:
    if then["sha256"] != now["sha256"]:
        old, new = then["photos"], now["photos"]
        gone = [key for key in old if key not in new]
        added = [key for key in new if key not in old]
        changed = [key for key in old if key in new and old[key] != new[key]]
        if changed:
            yield said_n(
                "{count:,} photo of {gallery} was changed: {names}.",
                "{count:,} photos of {gallery} were changed: {names}.",
                len(changed),
                gallery=then["name"],
                names=listed(changed),
            )
        if gone:
            yield said_n(
                "{count:,} photo of {gallery} is missing: {names}.",
                "{count:,} photos of {gallery} are missing: {names}.",
                len(gone),
                gallery=then["name"],
                names=listed(gone),
            )
        if added:
            yield said_n(
                "{count:,} photo of {gallery} is new: {names}.",
                "{count:,} photos of {gallery} are new: {names}.",
                len(added),
                gallery=then["name"],
                names=listed(added),
            )
        if not (changed or gone or added):
            yield said("The people of {gallery} are called otherwise now.", gallery=then["name"])


def _programs(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Said]:
    old, new = then["made"], now["made"]
    for name in ("lethe", "python", "platform", "threads"):
        if old[name] != new[name]:
            yield said("{name}: {was} then, {now} now.", name=name, was=old[name], now=new[name])
    was, has = old["libraries"], new["libraries"]
    for name in sorted({*was, *has}):
        if was.get(name) != has.get(name):
            yield said(
                "{name}: {was} then, {now} now.", name=name, was=was.get(name), now=has.get(name)
            )
    same = then["gallery"]["sha256"] == now["gallery"]["sha256"]
    same = same and then["backbone"]["fingerprint"] == now["backbone"]["fingerprint"]
    key = "embeddings_sha256"
    if same and then["gallery"][key] != now["gallery"][key]:
        yield said(
            "The same photos and model gave embeddings that are not the same to the last bit: "
            "another processor or library rounds otherwise."
        )


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
