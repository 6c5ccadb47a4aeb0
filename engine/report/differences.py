"""Two reports of one thing: which figures agree to the last digit, and what is not the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.said import Said, listed, said, said_n

FIGURES = (
    *("metrics", "spectrum", "curve", "probe_strength", "depths", "kept_people", "comparison"),
    *("examples", "steps", "threshold", "schedule"),
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
