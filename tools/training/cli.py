"""`python -m tools.people train`: the shipped weights, made again from nothing."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.backbones import mini
from engine.errors import LetheError
from engine.progress import Progress
from engine.sources import open_gallery, open_strangers
from engine.sources.presets import PRESET_GROUP
from tools.people.code import renderer_key
from tools.training.scores import observer, score
from tools.training.training import Recipe, Trained, train
from tools.training.training_set import training_set

CURVE = "mini-training.json"
MEASURE_EVERY = 2
NUMBERS = {"people": 2, "shots": 1, "hidden": 0, "disguised": 0, "epochs": 1, "seed": 0}
"""Parts of the recipe that the command line sets, and the least of each."""


def add_parser(commands: Any) -> None:
    """Describe the command."""
    recipe = Recipe()
    parser = commands.add_parser(
        "train", help="render training people and train the mini backbone on them"
    )
    parser.add_argument(
        "--without-preset",
        action="store_true",
        help=f"train the reference that never saw {', '.join(PRESET_GROUP.people)}",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/training"),
        metavar="DIR",
        help="weights, training curve, checkpoint and rendered photos go here [%(default)s]",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on where an interrupted training stopped"
    )
    for name in NUMBERS:
        parser.add_argument(
            f"--{name}", type=int, default=getattr(recipe, name), help="[%(default)s]"
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, write the weights and say how good they are."""
    recipe = _recipe(args)
    without = PRESET_GROUP.people if args.without_preset else ()
    name = "mini-without-five" if without else "mini"
    gallery, strangers = open_gallery("synthetic"), open_strangers("synthetic")
    watch = Ticker()
    began = time.perf_counter()
    photos = training_set(
        gallery,
        recipe.people,
        recipe.shots,
        recipe.hidden,
        recipe.disguised,
        args.out / "photos",
        without=without,
        watch=watch,
    )
    rendered = time.perf_counter()
    found = train(
        photos,
        recipe,
        checkpoint=args.out / f"{name}.checkpoint",
        resume=args.resume,
        measure=observer(gallery, strangers),
        measure_every=MEASURE_EVERY,
        watch=watch,
    )
    minutes = {
        "rendering": round((rendered - began) / 60, 1),
        "training": round(sum(epoch["seconds"] for epoch in found.curve) / 60, 1),
    }
    path = args.out / f"{name}.safetensors"
    mini.save(
        path,
        found.module,
        found.class_weights[: len(photos.gallery_people)],
        recipe.scale,
        photos.gallery_people,
        asdict(recipe),
    )
    figures = score(mini.load(name, weights=path), gallery, strangers)
    _write_curve(args.out / CURVE, name, recipe, without, len(photos.labels), found, figures)
    print(f"\n{path}: {minutes['rendering']} min of rendering, {minutes['training']} of training")
    for key, value in figures.items():
        print(f"  {key:<18} {value:.4f}")
    return 0


class Ticker:
    """Prints progress to stderr, a line at a time and not more often than every two seconds."""

    def __init__(self) -> None:
        self.last = float("-inf")

    def __call__(self, progress: Progress) -> None:
        """Print the report unless one was printed just now."""
        now = time.monotonic()
        if now - self.last < 2 and progress.done < progress.total:
            return
        self.last = now
        values = "".join(f"  {key} {value:.3g}" for key, value in progress.values.items())
        print(f"{progress.stage}: {progress.done}/{progress.total}{values}", file=sys.stderr)


def _recipe(args: argparse.Namespace) -> Recipe:
    for name, low in NUMBERS.items():
        if getattr(args, name) < low:
            raise LetheError(f"--{name} must be {low} or more.")
    return Recipe(**{name: getattr(args, name) for name in NUMBERS})


def _write_curve(
    path: Path,
    name: str,
    recipe: Recipe,
    without: tuple[str, ...],
    photos: int,
    found: Trained,
    figures: dict[str, float],
) -> None:
    runs = json.loads(path.read_text()) if path.is_file() else {}
    runs[name] = {
        "recipe": asdict(recipe),
        "without": list(without),
        "photos": photos,
        "renderer": renderer_key(),
        "cores": os.cpu_count(),
        "figures": figures,
        "curve": list(found.curve),
    }
    path.write_text(json.dumps(runs, indent=1) + "\n")
