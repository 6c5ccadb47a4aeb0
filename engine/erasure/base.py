"""What every erasure method is: a fitter that learns from enrolment photos, a frozen eraser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from engine.backbones.base import Backbone, TrainableBackbone
from engine.errors import LetheError
from engine.heads import Head
from engine.progress import Watch
from engine.said import noted, said


@dataclass(frozen=True, eq=False)
class Task:
    """All that a method may learn from: enrolment photos, never a test photo.

    `values` float32 [n, d] are the features as the previous steps left them, `labels` int64 [n].
    `reference` [m, d] are strangers for fitting, never those that judge. `rendered` gives [m, d]
    of the strangers that come with the program, where there is no reference; calling it may take
    seconds. `model` and `faces` (uint8 [n, s, s, 3]) are there only when the backbone can be
    trained. `forgotten` are the people whom earlier steps erased: they are not to be kept either.
    """

    values: Tensor
    labels: Tensor
    forget: tuple[int, ...]
    classes: int
    head: Head
    reference: Tensor | None = None
    rendered: Callable[[], Tensor] | None = None
    model: TrainableBackbone | None = None
    faces: Callable[[], np.ndarray] | None = None
    seed: int = 0
    forgotten: tuple[int, ...] = ()

    @property
    def is_forget(self) -> Tensor:
        """bool [n]: the rows of the people to forget."""
        return torch.isin(self.labels, torch.tensor(self.forget, dtype=self.labels.dtype))

    @property
    def forget_values(self) -> Tensor:
        """Z of the papers: [n_f, d], the enrolment features of the people to forget."""
        return self.values[self.is_forget]

    @property
    def retain_values(self) -> Tensor:
        """The enrolment features of those who are to be kept, [n_r, d]."""
        gone = torch.tensor((*self.forget, *self.forgotten), dtype=self.labels.dtype)
        return self.values[~torch.isin(self.labels, gone)]


@dataclass(frozen=True)
class Option:
    """A knob of a method, described once: the command line, the page and the checks read it.

    A `rank` is a whole number, `auto` (the spectrum's cliff) or `paper` (floor(d p / 100)). A
    default of None means that the method chooses, as `help` says.
    """

    name: str
    kind: Literal["int", "float", "choice", "rank"]
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value in this option's type. Raises `LetheError` when it does not fit."""
        if self.kind == "choice":
            if value not in self.choices:
                raise LetheError(
                    said(
                        "{name} is one of {choices}, not {value!r}.",
                        name=self.name,
                        choices=", ".join(self.choices),
                        value=value,
                    )
                )
            return value
        if self.kind == "rank" and value in ("auto", "paper"):
            return value
        try:
            number = float(value) if self.kind == "float" else int(value)
            whole = self.kind == "float" or number == float(value)
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            what = {
                "int": noted("a whole number"),
                "rank": noted("auto, paper or a whole number"),
            }.get(self.kind, noted("a number"))
            raise LetheError(
                said(
                    "{name} must be {what}, not {value!r}.", name=self.name, what=what, value=value
                )
            )
        low = -np.inf if self.minimum is None else self.minimum
        high = np.inf if self.maximum is None else self.maximum
        if not low <= number <= high:
            raise LetheError(
                said(
                    "{name} must lie between {low:g} and {high:g}, not {number:g}.",
                    name=self.name,
                    low=low,
                    high=high,
                    number=number,
                )
            )
        return number


@dataclass(frozen=True, eq=False, kw_only=True)
class Eraser:
    """A fitted deletion: small, frozen, applied to any features [n, d].

    Subclasses add their tensors as fields and say in `kind` what a saved file holds.
    """

    kind: ClassVar[str]
    method: str
    rank: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __call__(self, x: Tensor) -> Tensor:
        """Features [n, d] after the deletion, not renormalised."""
        raise NotImplementedError

    def head(self, head: Head) -> Head:
        """The head after the deletion; most methods leave it alone."""
        return head

    @property
    def backbone(self) -> Backbone | None:
        """The backbone after the deletion where the method trained weights, else None."""
        return None

    def tensors(self) -> dict[str, Tensor]:
        """What a saved file holds."""
        raise NotImplementedError

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], **common: Any) -> "Eraser":
        """The eraser that gave `tensors()`."""
        return cls(**{**common, **tensors})


@dataclass(frozen=True)
class Method:
    """A registry entry: how to fit, in plain words and with its source."""

    name: str
    title: str
    summary: str
    source: str
    fit: Callable[[Task, Mapping[str, Any], Watch], Eraser]
    options: tuple[Option, ...] = ()
    needs: frozenset[str] = frozenset()
    erasers: tuple[type[Eraser], ...] = ()

    def resolve(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options with defaults filled in. Raises `LetheError` for an unknown or bad one."""
        known = {option.name: option for option in self.options}
        for name in options:
            if name not in known:
                has = ", ".join(known) or noted("none")
                raise LetheError(
                    said(
                        "{name} has no option {option!r}; it has {has}.",
                        name=self.name,
                        option=name,
                        has=has,
                    )
                )
        return {
            name: option.check(options[name]) if options.get(name) is not None else option.default
            for name, option in known.items()
        }
