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
from engine.machine import threads, threads_for
from engine.progress import Progress, Watch, ignore
from engine.said import said
from engine.view import View

QUESTIONS: dict[str, Question] = {
    question.name: question
    for question in (
        kr.QUESTION,
        other_probes.MLP,
        other_probes.KNN,
        head_accuracy.QUESTION,
        retrieval.QUESTION,
        membership.QUESTION,
        verification.QUESTION,
        detectability.QUESTION,
        innocent.QUESTION,
        collateral.QUESTION,
        relearning.QUESTION,
        kr.PAPER,
    )
}


def always() -> tuple[Question, ...]:
    """The questions whose figures are always shown."""
    return tuple(one for one in QUESTIONS.values() if one.asked == "always")


def default_questions(view: View) -> tuple[str, ...]:
    """What is asked unless somebody chooses: what is always shown, and what a verdict must weigh.

    Of the latter what can be had: innocent matches where there is an accept threshold,
    detectability where strangers judge.
    """
    weighed = (one for one in QUESTIONS.values() if one.asked == "for the verdict")
    return tuple(one.name for one in (*always(), *weighed) if one.possible(view))


def metrics() -> dict[str, Metric]:
    """Every figure's specification by its key `question.figure`, in the registry's order."""
    return {metric.key: metric for one in QUESTIONS.values() for metric in one.metrics}


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
            raise LetheError(
                said(
                    "There is no question {name!r}; ask one of {names}.",
                    name=name,
                    names=", ".join(QUESTIONS),
                )
            )
        if question.needs_strangers and view.strangers is None:
            raise LetheError(
                said("{title} needs strangers to compare with (--strangers).", title=question.title)
            )
        watch(Progress(question.title, at, len(names)))
        people = some_people(view.classes, view.forget, seed) if question.trains else None
        with threads(threads_for(view.values.numel())):
            answer = question.measure(narrowed(view, people), seed)
        out[name] = widened(answer, people, view.classes) if question.trains else answer
    return out


__all__ = [
    "QUESTIONS",
    "Metric",
    "Question",
    "always",
    "audit",
    "default_questions",
    "metrics",
]
