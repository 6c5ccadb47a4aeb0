"""What the model says: accuracy at its output, and the paper's harmonic mean."""

from engine.audit.base import FORGOTTEN, REST, Metric, Question
from engine.audit.kr import mean
from engine.said import noted
from engine.view import View


def measure(view: View, seed: int = 0) -> dict:
    """Head accuracy on train and test photos of both groups, and HM of the test figures.

    HM is the paper's: the harmonic mean of (1 - accuracy on the forgotten) and accuracy on the
    rest (arXiv 2504.02199, section 4); GS-LoRA's H-mean is another figure.
    """
    right = (view.head.predict(view.values) == view.labels).numpy()
    forget, train = view.is_forget.numpy(), view.train.numpy()
    out: dict = {}
    for who, mask in (("forget", forget), ("retain", ~forget)):
        out[f"{who}_train"] = mean(right[mask & train])
        out[f"{who}_test"] = mean(right[mask & ~train])
    out["hm"] = harmonic_mean(out["forget_test"], out["retain_test"])
    out["chance_all"] = view.chance_all
    return out


def harmonic_mean(forget: float | None, retain: float | None) -> float | None:
    """HM of (1 - `forget`) and `retain`, fractions; 0 when both are 0."""
    if forget is None or retain is None:
        return None
    lost = 1 - forget
    return 2 * lost * retain / (lost + retain) if lost + retain else 0.0


QUESTION = Question(
    "head",
    noted("What the model says"),
    (
        Metric(
            "head.forget_test",
            noted("Named at the output"),
            noted("How often the model's own output still names a forgotten person."),
            "down",
            chance="chance_all",
            whom=FORGOTTEN,
        ),
        Metric(
            "head.retain_test",
            noted("Named at the output"),
            noted("How often the output names somebody who was to be kept."),
            "up",
            chance="chance_all",
            whom=REST,
        ),
        Metric(
            "head.hm",
            noted("HM"),
            noted(
                "High only where the output forgot the forgotten and kept the rest: a "
                "harmonic mean."
            ),
            "up",
            spelled=noted("Balance (HM)"),
        ),
    ),
    measure,
    "always",
)
