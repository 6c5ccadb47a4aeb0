"""Making a packed file: which people, which shots, and going on where a stopped run ended."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import LetheError
from tools.people.code import renderer_key
from tools.people.names import CAST, NAMES
from tools.people.packing import webp, write_packed
from tools.people.render import check_size, render

FIRST_STRANGER = 10_000
"""Seeds from here on belong to strangers, those below to gallery people."""
FIRST_REFERENCE = 500_000
"""Seeds from here on belong to reference strangers and from 1,000,000 on to training people; the
four never meet."""
STRANGER_SHOT = 1
_BATCH = 40


@dataclass(frozen=True)
class Order:
    """What to make. `seed` None means the curated cast; else new people from that seed on.

    `reference` more strangers have one photo each: for an estimate of what strangers are like, new
    people tell more than further photos.
    """

    people: int = 64
    photos: int = 40
    strangers: int = 400
    stranger_photos: int = 2
    reference: int = 600
    size: int = 112
    seed: int | None = None
    quality: int = 90

    def check(self) -> None:
        check_size(self.size)
        if self.people < 1 or self.photos < 1 or min(self.strangers, self.reference) < 0:
            raise LetheError("Ask for at least one person with at least one photo.")
        most = max(self.strangers, self.reference)
        if self.people > 9_999 or self.photos > 9_999 or most > 100_000:
            raise LetheError("Ask for at most 9,999 people and photos and 100,000 strangers.")


def cast(order: Order) -> dict[str, int]:
    """Name -> person seed of the gallery people of an order."""
    if order.seed is None and order.people <= len(CAST):
        return dict(CAST[: order.people])
    first = order.seed or 0
    return {
        NAMES[i] if i < len(NAMES) else f"{NAMES[i % len(NAMES)]} {i // len(NAMES) + 1}": first + i
        for i in range(order.people)
    }


def make(order: Order, out: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Render and pack. Finished photos are kept beside `out` until all are there."""
    order.check()
    people = cast(order)
    wanted: list[tuple[str, int, int]] = []
    width = max(2, len(str(order.photos)))
    for name, seed in people.items():
        wanted += [(f"people/{name}/{n + 1:0{width}}.webp", seed, n) for n in range(order.photos)]
    for i in range(order.strangers):
        wanted += [
            (f"strangers/s{i:03}/{n + 1}.webp", FIRST_STRANGER + i, STRANGER_SHOT + n)
            for n in range(order.stranger_photos)
        ]
    wanted += [
        (f"reference/x{i:03}/1.webp", FIRST_REFERENCE + i, STRANGER_SHOT)
        for i in range(order.reference)
    ]
    parts = out.with_name(f"{out.name}.parts-{_key(order, people)}")
    missing = [item for item in wanted if not (parts / item[0]).is_file()]
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        photos = render([b[1] for b in batch], [b[2] for b in batch], order.size)
        for (name, _, _), photo in zip(batch, photos, strict=True):
            file = parts / name
            file.parent.mkdir(parents=True, exist_ok=True)
            half = file.with_suffix(".half")
            half.write_bytes(webp(photo, order.quality))
            half.replace(file)
        if progress is not None:
            progress(len(wanted) - len(missing) + start + len(batch), len(wanted))
    write_packed(
        out,
        {name: (parts / name).read_bytes() for name, _, _ in wanted},
        {
            "made_by": "python -m tools.people make" + _arguments(order),
            "size": order.size,
            "people": people,
            "shots": [0, order.photos - 1],
            "strangers": [FIRST_STRANGER, FIRST_STRANGER + order.strangers - 1],
            "stranger_shots": [STRANGER_SHOT, STRANGER_SHOT + order.stranger_photos - 1],
            "reference": [FIRST_REFERENCE, FIRST_REFERENCE + order.reference - 1],
            "quality": order.quality,
        },
    )
    shutil.rmtree(parts)


def _arguments(order: Order) -> str:
    plain = asdict(Order())
    return "".join(
        f" --{name.replace('_', '-')} {value}"
        for name, value in asdict(order).items()
        if value != plain[name]
    )


def _key(order: Order, people: dict[str, int]) -> str:
    """Changes with the order, the cast and the renderer, so that no stale part is reused."""
    source = hashlib.sha256(json.dumps([asdict(order), people]).encode())
    source.update(renderer_key().encode())
    return source.hexdigest()[:12]
