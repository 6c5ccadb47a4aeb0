"""The glossary behind every term on the page, each word explained in one place only."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from demo.words import WORDS
from engine.audit import always, metrics
from engine.audit.base import Metric
from engine.audit.figures import explained
from engine.compare import columns
from engine.erasure import METHODS
from engine.said import said


@dataclass(frozen=True)
class Word:
    """What a reader may look up: its key, as it is written in full, and sentences about it."""

    key: str
    name: str
    says: tuple[str, ...]


def key_of(name: str) -> str:
    """The word by which a name is looked up: `KR` of `Knowledge kept (KR)`, else the name."""
    title, _, short = name.partition(" (")
    short = short.rstrip(")")
    # "Stand-in (ours)" has a remark in its brackets and no short name.
    return title if short.isalpha() and short.islower() else short or title


@cache
def words() -> dict[str, Word]:
    """Every word by its key, in alphabetical order."""
    return {one.key: one for one in sorted(_all(), key=lambda one: one.name.casefold())}


def _all() -> Iterator[Word]:
    yield from (Word(name, name, (text,)) for name, text in WORDS.items())
    for method in METHODS.values():
        source = said("Source: {source}.", source=method.source)
        yield Word(key_of(method.title), method.title, (method.summary, source))
    figures: dict[str, list[str]] = {}
    for metric in _shown():
        figures.setdefault(metric.name, []).append(explained(metric))
    yield from (Word(key_of(name), name, tuple(says)) for name, says in figures.items())


def _shown() -> list[Metric]:
    """The figures that some panel of the page has: in the numbers, an attack, or a comparison."""
    always_ = {metric.key for question in always() for metric in question.metrics}
    known = metrics() | {metric.key: metric for metric in columns()}
    return [one for one in known.values() if one.key in always_ or one.aspect or one.column]
