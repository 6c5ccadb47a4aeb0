"""Which of a model's outputs are embeddings, one per face."""

from typing import Any

import numpy as np
from PIL import Image

from engine.errors import LetheError
from engine.said import noted, said

_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(double)")
_CONSTANT = 1e-6
"""Embeddings of different pictures that differ by less, relative to their size, are one."""


def float_outputs(session: Any, name: str, wanted: str | None) -> list[str]:
    """The names of the outputs to look at, in the model's order: `wanted` alone where it is given.

    Raises `LetheError` where the model called `name` has no such output.
    """
    outputs = {output.name: output.type for output in session.get_outputs()}
    if wanted is not None:
        if wanted not in outputs:
            raise LetheError(
                said(
                    "{name} has no output called {wanted!r}; choose {outputs}.",
                    name=name,
                    wanted=wanted,
                    outputs=", ".join(outputs),
                )
            )
        return [wanted]
    # One of another type is tried where there is no choice, for the sake of the refusal.
    return [one for one, kind in outputs.items() if kind in _FLOATS] or list(outputs)[:1]


def as_embeddings(output: Any, count: int) -> np.ndarray | None:
    """`output` of `count` faces as [count, d], axes of length 1 left out; None if it is none."""
    if getattr(output, "ndim", 0) < 2 or output.shape[0] != count:
        return None
    longer = [side for side in output.shape[1:] if side != 1]
    return output.reshape(count, longer[0]) if len(longer) == 1 else None


def fault(embeddings: np.ndarray) -> str | None:
    """What makes the embeddings [n, d] of different pictures useless, or None."""
    if not np.isfinite(embeddings).all():
        return noted("gives values that are not finite; the file may be damaged")
    spread = np.ptp(embeddings.astype(np.float64), axis=0).max()
    if spread <= _CONSTANT * np.abs(embeddings).max():
        return noted(
            "is of no use, all embeddings are alike; choose another model, or other settings"
        )
    return None


def pictures(size: int) -> np.ndarray:
    """Four drawn pictures, uint8 RGB [4, size, size, 3], bright and full or dark and faint."""
    generator = np.random.default_rng(0)
    drawn = []
    for number in range(4):
        coarse = generator.integers(0, 256, (5, 5, 3), dtype=np.uint8)
        if number % 2:
            coarse = coarse // 8 + 20
        picture = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        drawn.append(np.asarray(picture))
    return np.stack(drawn)
