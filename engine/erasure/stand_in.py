"""Stand-in: a forgotten person's photo is answered as if a stranger had come.

Our own method. ESC leaves a small cluster in an empty corner, which every attacker finds. Here a
photo that is recognised as a forgotten person is replaced by a draw from the distribution of
strangers. What is left of the photo once the forgotten people are taken out of it (pose, light,
expression) chooses the draw, so that

- the same photo always gets the same stand-in, a re-encoded one nearly the same,
- two photos of one person get stand-ins no more alike than two strangers.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.erasure.base import Eraser, Method, Option, Task
from engine.erasure.groups import Groups, fit_groups, pulled
from engine.erasure.hard_photos import caught
from engine.erasure.population import People, alike, strangers
from engine.progress import Progress, Watch
from engine.said import noted, said

COVERED = 0.99
"""Share of photos whose stand-in must not betray the likest other photo of the same person."""

SHARPEST = 32.0
"""Above this a re-encoded photo is a stranger to itself; duplicates in a gallery ask for it."""

UNKNOWN_SHARPNESS = 8.0
"""Where nobody has the three photos from which it could be chosen."""

HARD = 0.02
"""From this share on, kept people's photos that a probe gives to the forgotten are worth a word."""

FEW = 100
"""Reference strangers below this number make a rough estimate: said in a warning."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StandInEraser(Eraser):
    """Photos of the forgotten [n, d] -> stand-ins; all others pass bit for bit.

    A photo passes the gate when its highest cosine with a forgotten `prototypes` row [F, d]
    exceeds `gate` [1] and its cosine with each of the `rivals` [r, d] (kept people who look
    alike). Its leftover u, the unit vector of x - B Bᵀ x with `basis` B [d, F], becomes

        h = sin(Ω u),   y = pulled(mean + L h sqrt(q) / |h|)

    with `frequencies` Ω [q, d] (normal, variance = sharpness κ), `mean` [d], `factor` L [d, q].
    Before the pull, stand-ins of leftovers with cosine ρ correlate by sinh(κ ρ) / sinh(κ): 1 for
    the same photo, 0 for unrelated ones, no term that photos of one person share. `groups` [p, d]
    are the centres and `pull` [2] the inverse temperature and the strength of
    `engine.erasure.groups.pulled`. `length` [2] holds mean and spread of the strangers' norms,
    which y gets.
    """

    kind: ClassVar[str] = "stand-in"
    prototypes: Tensor
    rivals: Tensor
    gate: Tensor
    basis: Tensor
    frequencies: Tensor
    mean: Tensor
    factor: Tensor
    groups: Tensor
    pull: Tensor
    length: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """x [n, d] with the photos of the forgotten replaced; the input is not changed."""
        forgotten = self.replaces(x)
        out = x.clone()
        if bool(forgotten.any()):
            out[forgotten] = self._stand_ins(normalize(x[forgotten], dim=1)).to(x.dtype)
        return out

    def replaces(self, x: Tensor) -> Tensor:
        """bool [n]: the rows of x [n, d] that are taken for a forgotten person."""
        score = self.similarity(x)
        passed = score > self.gate
        if len(self.rivals):
            rival = (normalize(x, dim=1) @ self.rivals.T).amax(1)
            passed &= score > rival
        return passed

    def similarity(self, x: Tensor) -> Tensor:
        """Highest cosine [n] of x [n, d] with a forgotten person."""
        return (normalize(x, dim=1) @ self.prototypes.T).amax(1)

    def _stand_ins(self, z: Tensor) -> Tensor:
        leftover = normalize(z - (z @ self.basis) @ self.basis.T, dim=1)
        wave = torch.sin(leftover @ self.frequencies.T)
        wave = normalize(wave, dim=1) * math.sqrt(wave.shape[1])
        unit = pulled(self.mean + wave @ self.factor.T, self.groups, *self.pull)
        centre, spread = self.length
        return unit * (centre + spread * wave.mean(1, keepdim=True) * math.sqrt(wave.shape[1]))

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the map needs; no single stranger is among it."""
        return {
            name: getattr(self, name)
            for name in (
                "prototypes",
                "rivals",
                "gate",
                "basis",
                "frequencies",
                "mean",
                "factor",
                "groups",
                "pull",
                "length",
            )
        }


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> StandInEraser:
    """Fit gate, stranger distribution and sharpness by rule from the enrolled photos at hand.

    Without strangers of its own it takes the rendered ones, where the backbone sees them as people
    of the gallery's kind; else what the kept people are like has to do.
    """
    gone = torch.tensor((*task.forget, *task.forgotten), dtype=task.labels.dtype)
    staying = ~torch.isin(task.labels, gone)
    kept = People.of(task.values[staying], task.labels[staying])
    forgotten = People.of(task.forget_values, task.labels[task.is_forget])
    prototypes = normalize(forgotten.means, dim=1)
    reference, origin = _reference(task, kept)
    watch(Progress(METHOD.title, 1, 4))
    spread = strangers(reference, kept)
    watch(Progress(METHOD.title, 2, 4))
    cloud = Groups(spread.mean, spread.factor, kept.means[:0], 0.0, 0.0)
    if reference is not None:
        # The pull makes up for what a probe gives to its forgotten classes beyond what it would
        # give them of strangers, and they share that.
        cloud = fit_groups(spread, reference, normalize(kept.means, dim=1), share=1 / len(gone))
    watch(Progress(METHOD.title, 3, 4))
    gate = options["gate"]
    if gate is None:
        gate = choose_gate(prototypes, kept, forgotten, reference)
    sharpness = options["sharpness"]
    if sharpness is None:
        sharpness = choose_sharpness(kept.nearest_leftover(), spread.noise)
    dimension, features = spread.factor.shape
    key = _own_key(task) if options["key"] is None else options["key"]
    generator = torch.Generator().manual_seed(key)
    frequencies = torch.randn(features, dimension, generator=generator, dtype=torch.float64)
    rivals = _rivals(prototypes, kept, gate)
    norms = (task.values[staying] if reference is None else reference).norm(dim=1).double()
    parameters = {
        "dimension": dimension,
        "features": features,
        "gate": round(gate, 4),
        "sharpness": round(sharpness, 3),
        "shrinkage": round(spread.shrinkage, 3),
        "even": round(spread.even, 3),
        "choosiness": cloud.choosiness,
        "pull": round(cloud.strength, 3),
        "reference": origin,
    }
    eraser = StandInEraser(
        method=METHOD.name,
        rank=len(prototypes),
        parameters=parameters,
        prototypes=prototypes.float(),
        rivals=rivals.float(),
        gate=torch.tensor([gate], dtype=torch.float32),
        basis=torch.linalg.qr(prototypes.T)[0].float().contiguous(),
        frequencies=(frequencies * math.sqrt(sharpness)).float(),
        mean=cloud.mean.float(),
        factor=cloud.factor.float().contiguous(),
        groups=cloud.centres.float().contiguous(),
        pull=torch.tensor([cloud.choosiness, cloud.strength]),
        length=torch.stack([norms.mean(), norms.std(correction=0)]).float(),
    )
    hard = caught(normalize(eraser(task.values), dim=1), task.labels, gone)
    watch(Progress(METHOD.title, 4, 4))
    return replace(
        eraser,
        parameters={**parameters, "hard": round(hard, 4)},
        warnings=_warnings(reference, kept, sharpness, hard),
    )


def _reference(task: Task, kept: People) -> tuple[Tensor | None, str]:
    """Strangers [m, d] for the estimates, None without any that serve, and where they came from."""
    if task.reference is not None and len(task.reference):
        return task.reference, said(
            "{count:,} photos of the strangers given", count=len(task.reference)
        )
    if task.rendered is not None:
        rendered = task.rendered()
        if alike(rendered, kept):
            return rendered, said(
                "{count:,} rendered strangers that come with the program", count=len(rendered)
            )
    return None, noted("none: the people who are kept, and an even cloud")


def _own_key(task: Task) -> int:
    """A key of this deletion's own: two deletions must not share a map that one may give away.

    It depends on the seed and on who is forgotten, not on the order of clicks or on rounding, so a
    recomputed step is the same step. It is no secret: that is what the option is for.
    """
    people = ",".join(str(label) for label in sorted(task.forget))
    digest = hashlib.sha256(f"{task.seed}:{people}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def choose_gate(
    prototypes: Tensor, kept: People, forgotten: People, reference: Tensor | None
) -> float:
    """The cosine equally many (robust) standard deviations from own photos and from others.

    Own: every enrolled photo with the mean of its person's other photos. Others: photos of kept
    people and of reference strangers with the likest forgotten person. Medians and quartiles, as
    a mislabelled photo must not move the gate.
    """
    others = [kept.values]
    if reference is not None:
        others.append(normalize(reference.double(), dim=1))
    other, other_spread = _robust(torch.cat([(x @ prototypes.T).amax(1) for x in others]))
    own = torch.cat([kept.own_similarity(), forgotten.own_similarity()])
    if not len(own):
        return (1 + other) / 2
    near, near_spread = _robust(own)
    total = near_spread + other_spread
    return (near * other_spread + other * near_spread) / total if total > 0 else (near + other) / 2


def choose_sharpness(nearest: Tensor, noise: float) -> float:
    """The smallest κ at which a person's photos get stand-ins like strangers to each other.

    `nearest` [m] are cosines of the leftovers of photos with the likest one of the same person.
    For `COVERED` of them sinh(κ ρ) / sinh(κ) must not exceed `noise`, the usual cosine between
    strangers. Smaller is steadier under re-encoding, so no more than that.
    """
    if not len(nearest):
        return UNKNOWN_SHARPNESS
    rho = float(nearest.quantile(COVERED))
    if rho <= noise:
        return 1.0
    low, high = 1.0, SHARPEST
    for _ in range(40):
        middle = (low + high) / 2
        if math.sinh(middle * rho) / math.sinh(middle) > noise:
            low = middle
        else:
            high = middle
    return high


def _robust(values: Tensor) -> tuple[float, float]:
    """Median and a standard deviation from the quartiles, right for a normal distribution."""
    low, middle, high = values.quantile(values.new_tensor([0.25, 0.5, 0.75])).tolist()
    return middle, (high - low) / 1.349


def _rivals(prototypes: Tensor, kept: People, gate: float) -> Tensor:
    """Mean directions [r, d] of the kept people of whom an enrolled photo would pass the gate."""
    passing = (kept.values @ prototypes.T).amax(1) > gate
    return normalize(kept.means[kept.person[passing].unique()], dim=1)


def _warnings(
    reference: Tensor | None, kept: People, sharpness: float, hard: float
) -> tuple[str, ...]:
    warnings = []
    if reference is None:
        warnings.append(
            noted(
                "There is no reference set of strangers, so that a detector finds stand-ins more "
                "often; a few hundred photos of strangers mend it."
            )
        )
    elif len(reference) < FEW:
        warnings.append(
            said(
                "The reference set holds only {count} photos of strangers; a few "
                "hundred make stand-ins that are harder to detect.",
                count=len(reference),
            )
        )
    if hard >= HARD:
        warnings.append(
            said(
                "{hard:.0%} of the photos of those who stay are hard to tell apart, "
                "and a probe may take these for the forgotten; more and sharper photos "
                "help.",
                hard=hard,
            )
        )
    if not bool((kept.counts > 2).any()):
        warnings.append(
            noted("Nobody who is kept has three photos, so the sharpness is a default.")
        )
    elif sharpness >= SHARPEST:
        warnings.append(
            noted("The gallery seems to hold duplicates, which keep the same stand-in.")
        )
    return tuple(warnings)


METHOD = Method(
    name="stand-in",
    title=noted("Stand-in (ours)"),
    summary=noted(
        "Answers a forgotten person's photo as if a stranger had come, each photo another."
    ),
    source=noted("Our own method; docs/stand-in.md"),
    fit=fit,
    options=(
        Option(
            "sharpness",
            "float",
            None,
            noted(
                "How fast stand-ins change with the photo: low is steady under re-encoding, high "
                "parts a person's photos; chosen from the enrolled photos by default."
            ),
            minimum=1,
            maximum=64,
        ),
        Option(
            "gate",
            "float",
            None,
            noted(
                "The cosine from which a photo counts as a forgotten person; chosen from the "
                "enrolled "
                "photos by default."
            ),
            minimum=0,
            maximum=1,
        ),
        Option(
            "key",
            "int",
            None,
            noted(
                "The secret number from which the map is drawn; the default is made of the "
                "seed and of "
                "who is forgotten, and is no secret."
            ),
            minimum=0,
            maximum=2**31 - 1,
        ),
    ),
    erasers=(StandInEraser,),
)
