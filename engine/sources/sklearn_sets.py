"""LFW and Olivetti through scikit-learn's fetchers."""

from engine.progress import Watch
from engine.sources.base import Collection


def collect_lfw(watch: Watch) -> Collection:
    raise NotImplementedError


collect_lfw_strangers = collect_olivetti = collect_lfw
