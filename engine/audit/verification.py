"""Same person or not? Pairs of photos that nobody enrolled, compared by cosine."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit.base import FORGOTTEN, REST, Aspect, Good, Metric, Question
from engine.audit.statistics import (
    accept_threshold,
    equal_error_rate,
    mean_interval,
    placements,
    true_accept_rate,
)
from engine.said import noted
from engine.view import View

CURVE_FAR = tuple(10 ** (-4 + 4 * step / 64) for step in range(65))
"""The false accept rates at which the ROC is reported."""


@dataclass(frozen=True)
class Pairs:
    """Cosines of genuine [g] and impostor [i] pairs, sorted upwards, and each genuine's photo."""

    genuine: Tensor
    impostor: Tensor
    photo: Tensor


def pairs(view: View, group: Tensor) -> Pairs:
    """Pairs of the test photos in `group` (bool [n]) with test photos of everybody.

    Test photos among themselves, because an eraser has seen the enrolled ones and leaves them
    less; only where nobody in the group has two test photos, enrolled photos take the second
    place. Impostors may be kept or forgotten: an attacker does not know who is who.
    """
    first = (group & ~view.train).nonzero().squeeze(1)
    counts = torch.bincount(view.labels[first], minlength=1)
    use_test = bool((counts > 1).any())
    second = (view.train ^ use_test).nonzero().squeeze(1)
    similarity = normalize(view.values[first], dim=1) @ normalize(view.values[second], dim=1).T
    same = view.labels[first][:, None] == view.labels[second]
    # Of two photos of the group, take the pair once, and never a photo with itself.
    once = ~group[second] | (first[:, None] < second) if use_test else torch.ones_like(same)
    photo = torch.arange(len(first))[:, None].expand_as(same)
    genuine, order = similarity[same & once].sort()
    impostor = similarity[~same & once].sort().values
    return Pairs(genuine, impostor, photo[same & once][order])


def curve(found: Pairs) -> list[float]:
    """True accept rates at the false accept rates `CURVE_FAR`."""
    return [true_accept_rate(found.genuine, found.impostor, far) for far in CURVE_FAR]


def figures(found: Pairs, seed: int = 0) -> dict[str, float]:
    """AUC, EER, TAR at FAR 1e-2 and 1e-3; {} where a kind of pair is missing.

    Intervals resample test photos, not pairs: pairs of one photo stand and fall together.
    """
    if not len(found.genuine) or not len(found.impostor):
        return {}
    place = placements(found.genuine, found.impostor)
    out = {"auc": float(place.mean()), "eer": equal_error_rate(found.genuine, found.impostor)}
    out["auc_low"], out["auc_high"] = mean_interval(place, found.photo, seed)
    for name, far in (("tar_at_far_1e2", 1e-2), ("tar_at_far_1e3", 1e-3)):
        passed = (found.genuine > accept_threshold(found.impostor, far)).double()
        out[name] = float(passed.mean())
        out[f"{name}_low"], out[f"{name}_high"] = mean_interval(passed, found.photo, seed)
    return out


def measure(view: View, seed: int = 0) -> dict:
    """Verification of the forgotten and of the rest; None where a group has no pairs.

    `forget_roc` and `retain_roc` are true accept rates at the false accept rates `roc_far`.
    """
    out: dict = {"chance_auc": 0.5, "chance_far_1e2": 1e-2, "chance_far_1e3": 1e-3}
    out["roc_far"] = list(CURVE_FAR)
    names = ("auc", "eer", "tar_at_far_1e2", "tar_at_far_1e3")
    for who, group in (("forget", view.is_forget), ("retain", ~view.is_forget)):
        found = pairs(view, group)
        measured = figures(found, seed)
        out |= {f"{who}_{name}": measured.get(name) for name in names}
        out |= {f"{who}_{name}": value for name, value in measured.items()}
        out[f"{who}_roc"] = curve(found) if measured else None
    return out


def _metrics(who: str, whom: str, helps: Sequence[str]) -> tuple[Metric, ...]:
    forget = who == "forget"
    good: Good = "down" if forget else "up"
    aspect: Aspect | None = "verification" if forget else None
    auc, eer, at_1e2, at_1e3 = helps
    return (
        Metric(
            f"verification.{who}_auc",
            noted("Verification AUC"),
            auc,
            "ideal" if forget else "up",
            "score",
            ideal=0.5 if forget else None,
            chance="chance_auc",
            interval=True,
            aspect=aspect or "rest",
            spelled=noted("Telling people apart (AUC)"),
            whom=whom,
        ),
        Metric(
            f"verification.{who}_eer",
            noted("Equal error rate"),
            eer,
            "ideal" if forget else "down",
            ideal=0.5 if forget else None,
            chance="chance_auc",
            aspect=aspect,
            spelled=noted("Equal error rate (EER)"),
            whom=whom,
        ),
        Metric(
            f"verification.{who}_tar_at_far_1e2",
            noted("TAR at FAR 1e-2"),
            at_1e2,
            good,
            chance="chance_far_1e2",
            interval=True,
            aspect=aspect,
            spelled=noted("True pairs let in, 1 in 100 false (TAR at FAR 1e-2)"),
            whom=whom,
        ),
        Metric(
            f"verification.{who}_tar_at_far_1e3",
            noted("TAR at FAR 1e-3"),
            at_1e3,
            good,
            chance="chance_far_1e3",
            interval=True,
            aspect=aspect,
            spelled=noted("True pairs let in, 1 in 1000 false (TAR at FAR 1e-3)"),
            whom=whom,
        ),
    )


OF_FORGOTTEN = (
    noted("Among the forgotten, how well similarity tells one person's photos from two people's."),
    noted("Among the forgotten, the share of errors where as many are let in as are turned away."),
    noted("Among the forgotten, the share of true pairs let in when one impostor in 100 passes."),
    noted("Among the forgotten, the share of true pairs let in when one impostor in 1000 passes."),
)
OF_REST = (
    noted("Among everybody else, how well similarity tells one person's photos from two people's."),
    noted("Among everybody else, the share of errors where as many are let in as are turned away."),
    noted("Among everybody else, the share of true pairs let in when one impostor in 100 passes."),
    noted("Among everybody else, the share of true pairs let in when one impostor in 1000 passes."),
)
QUESTION = Question(
    "verification",
    noted("Same person or not?"),
    _metrics("forget", FORGOTTEN, OF_FORGOTTEN) + _metrics("retain", REST, OF_REST),
    measure,
)
