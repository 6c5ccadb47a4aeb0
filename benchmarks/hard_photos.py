"""What hard photos cost those who stay: `python -m benchmarks.hard_photos [--faces ...]`.

Five of twenty random people are forgotten, while half of all photos are blurred, coarse or covered.
Rest KR, by the same probe, without the forgotten, with real strangers in their place, and with the
method; and which share of the enrolled photos the eraser foresees to be caught.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageFilter

from benchmarks import judged
from benchmarks.robustness import METHOD, only, strangers_in_place, world_of
from engine.audit import audit
from engine.errors import LetheError
from engine.features import Features, embed_all
from engine.waiting import wait_briefly
from engine.workspace import State, Workspace, start

PEOPLE, FORGOTTEN, SHARE = 20, 5, 0.5


def main(argv: list[str] | None = None) -> int:
    """Print the table; 2 for data that cannot be opened."""
    wait_briefly()
    given = judged.parser("hard_photos", sets=6).parse_args(argv)
    try:
        space = judged.opened(given)
        print(
            "| set | hard photos | before | without them | strangers | stand-in | ESC | gate "
            "| foreseen |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
            *lines(space, given.sets),
            sep="\n",
        )
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def lines(space: Workspace, sets: int) -> Iterator[str]:
    """A line for each set of people, with their photos as they are and with half of them hard."""
    assert space.features.faces is not None
    faces = space.features.faces()
    everybody = range(len(space.features.identities))
    for seed in range(sets):
        chosen = np.array(sorted(random.Random(50 + seed).sample(everybody, PEOPLE)))
        mine = torch.isin(space.features.labels, torch.from_numpy(chosen)).numpy()
        gone = tuple(random.Random(seed).sample(range(PEOPLE), FORGOTTEN))
        for share in (0.0, SHARE):
            world = spoiled(space, only(space.features, chosen), faces[mine], share, seed)
            yield f"| {seed} | {share:.0%} | {' | '.join(figures(world, gone, seed))} |"


def figures(world: Workspace, gone: tuple[int, ...], seed: int) -> Iterator[str]:
    """The cells of a line after the share of hard photos."""
    begun = start(world)
    after, esc = (begun.forget(gone, method) for method in (METHOD, "esc"))
    kept = np.array([one for one in range(PEOPLE) if one not in gone])
    without = start(world_of(world, only(world.features, kept)))
    for value in (
        rest_kr(begun, gone),
        rest_kr(without, ()),
        strangers_in_place(world, gone, seed).figures["kr.retain_test"],
        rest_kr(after, gone),
        rest_kr(esc, gone),
    ):
        yield f"{value:.3f}"
    eraser = after.steps[-1].eraser
    test = ~world.features.train & ~torch.isin(world.features.labels, torch.tensor(gone))
    passing = eraser.replaces(world.features.values[test])
    yield f"{int(passing.sum())} of {len(passing)}"
    yield f"{eraser.parameters['hard']:.1%}"


def rest_kr(state: State, gone: tuple[int, ...]) -> float:
    """The probe's accuracy on test photos of those who are not `gone`."""
    return audit(state.view(gone), ("kr",), 0)["kr"]["retain_test"]


def spoiled(
    space: Workspace, part: Features, faces: np.ndarray, share: float, seed: int
) -> Workspace:
    """A part of the people with a random `share` of all their `faces` [n, s, s, 3] made hard."""
    drawn = np.random.default_rng(seed)
    hard = (drawn.random(len(faces)) < share).nonzero()[0]
    values = part.values.clone()
    if len(hard):
        ways = drawn.integers(len(HARDER), size=len(hard))
        changed = [HARDER[way](faces[at]) for at, way in zip(hard, ways, strict=True)]
        values[torch.from_numpy(hard)] = embed_all(np.stack(changed), space.backbone)
    return world_of(space, replace(part, values=values))


def _blurred(face: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(face)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(picture.width / 28)))


def _coarse(face: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(face)
    small = picture.resize((14, 14), Image.Resampling.BILINEAR)
    return np.asarray(small.resize(picture.size, Image.Resampling.BICUBIC))


def _covered(face: np.ndarray) -> np.ndarray:
    out = face.copy()
    side = len(out)
    out[side * 27 // 100 : side * 62 // 100, side // 11 : -side // 11] = 30
    return out


HARDER = (_blurred, _coarse, _covered)

if __name__ == "__main__":
    sys.exit(main())
