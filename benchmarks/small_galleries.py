"""Stand-ins where nobody gives strangers: `python -m benchmarks.small_galleries [--faces ...]`.

Random parts of a gallery, from few people to all. `--strangers` judge here and fit nothing. Beside
the method stand the strangers that come with the program, taken whether they are alike or not, and
real strangers in the place of the forgotten, which no such eraser can pass.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from benchmarks import judged
from benchmarks.robustness import METHOD, only, strangers_in_place, world_of
from engine.averages import legend, markdown, summarise
from engine.compare import Row, one_row
from engine.errors import LetheError
from engine.matching import best_similarities
from engine.opening import ACCEPT_FAR
from engine.rendered import rendered_strangers
from engine.store import default_store
from engine.waiting import wait_briefly
from engine.workspace import Workspace, start

SIZES = ((4, 1), (8, 2), (15, 3), (30, 5), (79, 5))
"""How many people are known, and how many of them are forgotten."""


def main(argv: list[str] | None = None) -> int:
    """Print a table for each size; 2 for data that cannot be opened."""
    wait_briefly()
    given = judged.parser("small_galleries", sets=8).parse_args(argv)
    try:
        space = judged.opened(given)
        print(legend(), "", sep="\n")
        for people, forgotten in SIZES:
            known = min(people, len(space.features.identities))
            rows = list(of_size(space, known, forgotten, given.sets))
            print(f"## {known} people", markdown(summarise(rows)), sep="\n\n")
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def of_size(space: Workspace, people: int, forgotten: int, sets: int) -> Iterator[Row]:
    """Rows of `sets` random parts of `people` people, of whom `forgotten` are forgotten."""
    rendered = rendered_strangers(space.backbone, store=default_store())
    for seed in range(sets):
        world = part(space, people, seed)
        gone = tuple(random.Random(seed).sample(range(people), forgotten))
        alone = replace(start(world), reference=None)
        yield _named("nothing given", one_row(alone, gone, METHOD, seed=seed))
        taken = replace(alone, reference=rendered)
        yield _named("rendered, alike or not", one_row(taken, gone, METHOD, seed=seed))
        assert world.strangers is not None
        odd = world.strangers.features.labels % 2 == 1
        halves = replace(world.strangers, reference=odd, judging=world.strangers.judging & ~odd)
        yield strangers_in_place(replace(world, strangers=halves), gone, seed)


def part(space: Workspace, people: int, seed: int) -> Workspace:
    """So many random people of the workspace, all strangers but the reserved as judges."""
    assert space.strangers is not None
    everybody = range(len(space.features.identities))
    chosen = np.array(sorted(random.Random(1000 + seed).sample(everybody, people)))
    world = world_of(space, only(space.features, chosen))
    others = space.strangers
    names, reserved = others.features.identities, others.gallery.reserved
    able = torch.tensor([name not in reserved for name in names])[others.features.labels]
    enrolled = world.features.values[world.features.train]
    passing = best_similarities(others.features.values[able], enrolled).double()
    return replace(
        world,
        strangers=replace(others, judging=able, reference=~able),
        threshold=float(passing.quantile(1 - ACCEPT_FAR)),
    )


def _named(name: str, row: Row) -> Row:
    return replace(row, method=name, title=name, figures={**row.figures, "seconds": None})


if __name__ == "__main__":
    sys.exit(main())
