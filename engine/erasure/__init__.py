"""Erasure methods by name. A method is added by adding its file and one line here."""

import time
from collections.abc import Mapping
from typing import Any

from engine.erasure import (
    deep_unlearning,
    esc,
    esc_t,
    fine_tune,
    head_only,
    leace,
    negative_gradient,
    prototype,
    random_label,
    salun,
    stand_in,
)
from engine.erasure.base import Eraser, Method, Option, Task
from engine.errors import LetheError
from engine.machine import all_threads, threads, threads_for
from engine.progress import Watch, ignore
from engine.said import noted, said

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        esc.METHOD,
        esc_t.METHOD,
        head_only.METHOD,
        prototype.ERASE,
        prototype.REMAP,
        deep_unlearning.METHOD,
        leace.METHOD,
        stand_in.METHOD,
        fine_tune.METHOD,
        negative_gradient.METHOD,
        random_label.METHOD,
        salun.METHOD,
    )
}

NEEDS = {
    "model": noted("a backbone that can be trained (mini or dlib)"),
    "reference": noted("a reference set of strangers (--strangers)"),
}


def demand(method: Method, present: Mapping[str, object]) -> None:
    """Raises `LetheError` for a need of the method that is None among what is `present`."""
    for need in sorted(method.needs):
        if present[need] is None:
            raise LetheError(
                said(
                    "{title} needs {need}; choose another method.",
                    title=method.title,
                    need=NEEDS[need],
                )
            )


def fit(
    name: str, task: Task, options: Mapping[str, Any] | None = None, watch: Watch = ignore
) -> tuple[Eraser, float]:
    """Fit method `name` and say how many seconds it took.

    Raises `LetheError` for an unknown method or option, an option out of range, nobody or
    everybody selected, or a need of the method that the task does not meet.
    """
    method = METHODS.get(name)
    if method is None:
        raise LetheError(
            said(
                "There is no method {name!r}; choose one of {methods}.",
                name=name,
                methods=", ".join(METHODS),
            )
        )
    resolved = method.resolve(options or {})
    demand(method, {"model": task.model, "reference": task.reference})
    if not task.forget:
        raise LetheError(said("Nobody is selected; choose at least one person to forget."))
    if not bool((~task.is_forget).any()):
        raise LetheError(said("Everybody is selected; leave at least one person to remember."))
    began = time.perf_counter()
    with threads(all_threads() if "model" in method.needs else threads_for(task.values.numel())):
        eraser = method.fit(task, resolved, watch)
    return eraser, time.perf_counter() - began


__all__ = ["METHODS", "Eraser", "Method", "Option", "Task", "fit"]
