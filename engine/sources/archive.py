"""A zip of a folder of photos, trusted with nothing."""

from pathlib import Path

from engine.progress import Watch
from engine.sources.base import Collection


def collect(path: Path, watch: Watch) -> Collection:
    raise NotImplementedError
