"""Questions to the features by name. A question is added by its file and one line here."""

from collections.abc import Iterable

from engine.audit import (
    collateral,
    detectability,
    head_accuracy,
    innocent,
    kr,
    membership,
    other_probes,
    relearning,
    retrieval,
    verification,
)
from engine.audit.base import Metric, Question
from engine.audit.sample import narrowed, some_people, widened
from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.view import View

QUESTIONS: dict[str, Question] = {
    question.name: question
    for question in (
        kr.QUESTION,
        head_accuracy.QUESTION,
        retrieval.QUESTION,
        membership.QUESTION,
        other_probes.KNN,
        other_probes.MLP,
        verification.QUESTION,
        detectability.QUESTION,
        innocent.QUESTION,
        collateral.QUESTION,
        relearning.QUESTION,
        kr.PAPER,
    )
}
METRICS: dict[str, Metric] = {
    metric.key: metric for question in QUESTIONS.values() for metric in question.metrics
}
DEFAULT = ("kr", "head", "retrieval", "mia")
"""The questions whose figures are always shown."""


def default_questions(view: View) -> tuple[str, ...]:
    """What is asked unless somebody chooses: `DEFAULT`, and what a verdict must weigh too.

    Innocent matches where there is an accept threshold, detectability where strangers judge.
    """
    more = {"innocent": view.threshold is not None, "detectability": view.strangers is not None}
    return (*DEFAULT, *(name for name, can in more.items() if can))


def audit(
    view: View,
    questions: Iterable[str] | None = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> dict[str, dict]:
    """Answers of the named questions about one side, by question and figure; fractions 0 to 1.

    Without names the `default_questions` are asked. A question that trains a probe is asked about
    all the forgotten and, in a large gallery, a sample of the rest (`engine.audit.sample`): its
    answer then says of how many `people`.
    Raises `LetheError` for an unknown question or one whose strangers are missing.
    """
    names = default_questions(view) if questions is None else tuple(questions)
    out = {}
    for at, name in enumerate(names):
        question = QUESTIONS.get(name)
        if question is None:
            raise LetheError(f"There is no question {name!r}; ask one of {', '.join(QUESTIONS)}.")
        if question.needs_strangers and view.strangers is None:
            raise LetheError(f"{question.title} needs strangers to compare with (--strangers).")
        watch(Progress(question.title, at, len(names)))
        people = some_people(view.classes, view.forget, seed) if question.trains else None
        answer = question.measure(narrowed(view, people), seed)
        out[name] = widened(answer, people, view.classes) if question.trains else answer
    return out


__all__ = [
    "DEFAULT",
    "METRICS",
    "QUESTIONS",
    "Metric",
    "Question",
    "audit",
    "default_questions",
]
