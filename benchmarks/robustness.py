"""How far the stand-in method holds: `python -m benchmarks.robustness [--faces ...]`.

Three tables: worlds that its rules were not tried on, real strangers in the place of the forgotten
(what no eraser that makes strangers of them can pass), and photos that come back re-encoded.
"""

import io
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks import judged
from engine.audit import audit
from engine.audit.statistics import auc
from engine.averages import legend, markdown, summarise
from engine.compare import Row, asked, figures, one_row
from engine.errors import LetheError
from engine.features import Features, embed_all
from engine.fitted_head import fit_head
from engine.waiting import wait_briefly
from engine.workspace import Workspace, start

METHOD = "stand-in"
FEW, DIRECTIONS, COARSE = 4, 128, 40
Change = Callable[[Image.Image], Image.Image]


def main(argv: list[str] | None = None) -> int:
    """Print the tables; 2 for data that cannot be opened."""
    wait_briefly()
    parser = judged.parser("robustness", sets=5, help=__doc__)
    parser.add_argument("--people", type=int, default=5, help="how many are forgotten")
    parser.add_argument("--seed", type=int, default=1, help="split of photos and strangers")
    given = parser.parse_args(argv)
    try:
        space = judged.opened(given, given.seed)
        rows = [
            stand_ins(name, world, people, seed)
            for name, world in worlds(space)
            for seed, people in chosen(world, given.people, given.sets)
        ]
        rows += [
            strangers_in_place(space, people, seed)
            for seed, people in chosen(space, given.people, given.sets)
        ]
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    print(legend(), markdown(summarise(rows)), encodings(space, given.people, given.sets), sep="\n")
    return 0


def chosen(space: Workspace, people: int, sets: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The random sets of people, with their seeds."""
    everybody = range(len(space.features.identities))
    for seed in range(sets):
        yield seed, tuple(random.Random(seed).sample(everybody, people))


def worlds(space: Workspace) -> Iterator[tuple[str, Workspace]]:
    """The workspace itself and variants of it, strangers changed alike."""
    features, people = space.features, len(space.features.identities)
    order = np.random.default_rng(0).permutation(people)
    yield "as it is", space
    for name, half in (("A", order[: people // 2]), ("B", order[people // 2 :])):
        yield f"half {name} of the people", world_of(space, only(features, np.sort(half)))
    yield f"at most {FEW} enrolled photos", world_of(space, _few(features))
    if features.values.shape[1] > DIRECTIONS:
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(features.values.shape[1], DIRECTIONS, generator=generator)
        basis = torch.linalg.qr(noise)[0]

        def thinner(one: Features) -> Features:
            return replace(one, values=normalize(one.values @ basis, dim=1))

        yield f"{DIRECTIONS} random directions", world_of(space, thinner(features), thinner)

    def coarser(one: Features) -> Features:
        return replace(one, values=_again(space, one, _coarse))

    yield f"{COARSE} x {COARSE} pixels", world_of(space, coarser(features), coarser)


def stand_ins(name: str, world: Workspace, people: tuple[int, ...], seed: int) -> Row:
    """The method's row in one of the worlds, under the world's name."""
    row = one_row(start(world), people, METHOD, options={"key": seed}, seed=seed)
    timeless = {**row.figures, "seconds": None}  # times are the other benchmarks'
    return replace(row, method=name, title=name, figures=timeless)


def strangers_in_place(space: Workspace, people: tuple[int, ...], seed: int) -> Row:
    """The figures when photos of real strangers stand where the forgotten people's were."""
    assert space.strangers is not None
    features, others = space.features, space.strangers
    pool = others.features.values[others.reference]
    rows = torch.isin(features.labels, torch.tensor(people)).nonzero()[:, 0]
    drawn = np.random.default_rng(seed).choice(len(pool), len(rows), len(rows) > len(pool))
    values = features.values.clone()
    values[rows] = pool[drawn]
    view = replace(start(space), values=values).view(people)
    found = audit(view, [one.name for one in asked()], seed)
    name = "real strangers in their place"
    return Row(name, name, people, seed, figures(found, None), found)


def encodings(space: Workspace, people: int, sets: int) -> str:
    """A table: how alike the stand-ins of a photo and of the same photo re-encoded are."""
    assert space.strangers is not None
    lines = [
        "| photo | same stand-in, mean cosine | lowest 5 % | strangers, mean | told from strangers "
        "(AUC) |",
        "|---|---:|---:|---:|---:|",
    ]
    features = space.features
    judges = space.strangers.features
    firsts = judges.values[space.strangers.judging]
    for name, change in CHANGES.items():
        again = _again(space, features, change)
        others = (firsts * _again(space, judges, change)[space.strangers.judging]).sum(1)
        cosines = []
        for seed, gone in chosen(space, people, sets):
            eraser = start(space).forget(gone, METHOD, {"key": seed}).steps[-1].eraser
            test = torch.isin(features.labels, torch.tensor(gone)) & ~features.train
            test &= eraser.replaces(features.values)
            one, two = (normalize(eraser(x[test]), dim=1) for x in (features.values, again))
            cosines.append((one * two).sum(1))
        same = torch.cat(cosines)
        lines.append(
            f"| {name} | {float(same.mean()):.3f} | {float(same.quantile(0.05)):.3f} | "
            f"{float(others.mean()):.3f} | {auc(-same, -others):.2f} |"
        )
    return "\n".join(lines)


def world_of(
    space: Workspace, features: Features, change: Callable[[Features], Features] | None = None
) -> Workspace:
    others = space.strangers
    if others is not None and change is not None:
        others = replace(others, features=change(others.features))
    return replace(space, features=features, strangers=others, head=fit_head(features))


def only(features: Features, people: np.ndarray) -> Features:
    keep = torch.isin(features.labels, torch.from_numpy(people))
    number = torch.full((len(features.identities),), -1)
    number[people] = torch.arange(len(people))
    return replace(
        features,
        values=features.values[keep],
        labels=number[features.labels[keep]],
        train=features.train[keep],
        rows=features.rows[keep.numpy()],
        identities=tuple(features.identities[one] for one in people),
    )


def _few(features: Features) -> Features:
    keep = torch.ones(len(features), dtype=torch.bool)
    for label in range(len(features.identities)):
        keep[((features.labels == label) & features.train).nonzero()[FEW:, 0]] = False
    return replace(
        features,
        values=features.values[keep],
        labels=features.labels[keep],
        train=features.train[keep],
        rows=features.rows[keep.numpy()],
    )


def _again(space: Workspace, features: Features, change: Change) -> Tensor:
    """Embeddings of the same faces after `change`."""
    assert features.faces is not None
    faces = [np.asarray(change(Image.fromarray(face))) for face in features.faces()]
    return embed_all(np.stack(faces), space.backbone)


def _jpeg(face: Image.Image) -> Image.Image:
    packed = io.BytesIO()
    face.save(packed, "JPEG", quality=70)
    return Image.open(packed).convert("RGB")


def _shifted(face: Image.Image) -> Image.Image:
    pixels = np.asarray(face)
    return Image.fromarray(np.concatenate([pixels[:, :1], pixels[:, :-1]], axis=1))


def _coarse(face: Image.Image) -> Image.Image:
    small = face.resize((COARSE, COARSE), Image.Resampling.LANCZOS)
    return small.resize(face.size, Image.Resampling.BICUBIC)


CHANGES: dict[str, Change] = {
    "JPEG, quality 70": _jpeg,
    "one pixel to the right": _shifted,
    "mirrored": ImageOps.mirror,
}

if __name__ == "__main__":
    sys.exit(main())
