"""Questions to the features by name. A question is added by its file and one line here."""

from collections.abc import Iterable

from engine.audit import (
    collateral,
    detectability,
    head_accuracy,
    innocent,
    kr,
    membership,
    probes,
    relearning,
    retrieval,
    verification,
)
from engine.audit.base import Metric, Question, View
from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore

QUESTIONS: dict[str, Question] = {
    question.name: question
    for question in (
        kr.QUESTION,
        head_accuracy.QUESTION,
        retrieval.QUESTION,
        membership.QUESTION,
        probes.KNN,
        probes.MLP,
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


def audit(
    view: View,
    questions: Iterable[str] = DEFAULT,
    seed: int = 0,
    watch: Watch = ignore,
) -> dict[str, dict]:
    """Answers of the named questions about one side, by question and figure; fractions 0 to 1.

    Raises `LetheError` for an unknown question or one whose strangers are missing.
    """
    names = tuple(questions)
    out = {}
    for at, name in enumerate(names):
        question = QUESTIONS.get(name)
        if question is None:
            raise LetheError(f"There is no question {name!r}; ask one of {', '.join(QUESTIONS)}.")
        if question.needs_strangers and view.strangers is None:
            raise LetheError(f"{question.title} needs strangers to compare with (--strangers).")
        watch(Progress(question.title, at, len(names)))
        out[name] = question.measure(view, seed)
    return out


__all__ = ["DEFAULT", "METRICS", "QUESTIONS", "Metric", "Question", "View", "audit"]
