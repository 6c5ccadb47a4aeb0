"""The lesson's card: it stays with the learner over all places, and outlines what to use next."""

from typing import Any

import gradio as gr

from demo import templates
from demo.lessons.screen import Screen
from demo.lessons.steps import STEPS, Step
from demo.panels.scripted import scripted
from demo.session import Session


def build() -> gr.HTML:
    """The card, hidden until a lesson begins; events `open` with a step's id, and `leave`.

    Props that the server sends: `session`, without which nothing is asked; `step`, what the step
    says, and `news`, what of it is done; `afresh` is another one when everybody is known again
    under a page that stayed. A window's event `lethe:lesson` opens the step of its
    detail, or goes on with the lesson where that is empty.
    """
    return scripted(
        "lesson",
        markup=templates.render("lesson", steps=STEPS),
        session="",
        step=False,
        news=False,
        afresh="",
    )


def shown(step: Step, note: str = "", go: str = "", turn: object = None) -> dict[str, Any]:
    """What a step says, with a `note` above it; `go` is the place to show, if any.

    `turn` is what the page counts its questions by: the same step asked for again is news.
    """
    at = STEPS.index(step)
    return {
        "id": step.id,
        "title": step.title,
        "number": at + 1,
        "before": STEPS[at - 1].id if at else "",
        "after": STEPS[at + 1].id if at + 1 < len(STEPS) else "",
        "html": templates.render("lesson_step", step=step, note=note),
        "go": go,
        "turn": turn if isinstance(turn, int) else 0,
    }


def news(step: Step, session: Session) -> dict[str, Any]:
    """What of a step is done, what to do next, and once it is done the learner's own figures."""
    acts = [(act, act.done(session)) for act in step.acts]
    done = all(is_done for _, is_done in acts)
    acts = [(act, is_done) for act, is_done in acts if not (act.remedy and is_done)]
    possible = done or step.possible(session)
    following = next((act for act, is_done in acts if not is_done), None) if possible else None
    screen = Screen(session) if done else None
    facts = [screen.sentence(text) for text in step.facts] if screen else []
    return {
        "id": step.id,
        "done": done,
        "act": following.text if following else "",
        "place": following.place if following else "",
        "where": following.where if following else "",
        "html": templates.render(
            "lesson_news",
            acts=[(act.text, is_done, act is following) for act, is_done in acts],
            possible=possible,
            facts=[one for one in facts if one],
            done=done,
        ),
    }
