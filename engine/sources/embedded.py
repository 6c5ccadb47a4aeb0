"""The embedded people."""

from engine.progress import Watch
from engine.sources.base import Collection


def collect(watch: Watch) -> Collection:
    raise NotImplementedError


collect_strangers = collect
