"""What must be true of embeddings and of what is said about their rows: a sentence where it is not.

Nothing here computes anything but lengths; all of it comes before the work.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from engine.errors import LetheError
from engine.heads import Head
from engine.said import noted, said, said_n
from engine.sources.arrays import people_of
from engine.sources.entries import MAX_BYTES
from engine.sources.entry_names import LONGEST, legible
from engine.sources.listing import MAX_ROWS, part

MAX_DIMENSION = 8192

UNIT = 1e-4
"""How far a length may be from 1 in rows that are taken as they are, bit for bit."""

NO_OBJECTS = noted(
    "{title} holds Python objects, which may run programs; save it as plain numbers or text."
)


def check_shape(shape: tuple[int, ...], dtype: np.dtype, name: str) -> None:
    """Raises `LetheError` unless an array of this shape and kind may be embeddings.

    It is asked before an array is read, so that nothing gigantic is.
    """
    if dtype.hasobject:
        raise LetheError(said(NO_OBJECTS, title=name))
    if dtype.kind != "f" or len(shape) != 2:
        raise LetheError(
            said(
                "The embeddings in {name} are of shape {shape} and kind {kind}; save them as "
                "floating-point numbers [n, d], a row for each photo.",
                name=name,
                shape=list(shape),
                kind=dtype,
            )
        )
    rows, dimension = shape
    if rows < 1 or dimension < 2:
        raise LetheError(
            said(
                "The embeddings in {name} are {rows:,} rows of {dimension:,} numbers; at least "
                "one row of two numbers is needed.",
                name=name,
                rows=rows,
                dimension=dimension,
            )
        )
    if rows > MAX_ROWS or dimension > MAX_DIMENSION or rows * dimension * 4 > MAX_BYTES:
        raise LetheError(
            said(
                "The embeddings in {name} are {rows:,} rows of {dimension:,} numbers, which is "
                "too much: at most {most:,} rows of {widest:,} numbers, and {gigabytes} GB.",
                name=name,
                rows=rows,
                dimension=dimension,
                most=MAX_ROWS,
                widest=MAX_DIMENSION,
                gigabytes=MAX_BYTES // 10**9,
            )
        )


def people_in(
    labels: np.ndarray | Sequence[object],
    names: np.ndarray | Sequence[str] | None,
    rows: int,
    name: str,
) -> tuple[str, ...]:
    whose = _plain(labels, "labels", name)
    if whose.shape == (rows, 1):
        whose = whose[:, 0]
    if whose.ndim != 1 or len(whose) != rows or whose.dtype.kind not in "iufbUS":
        raise LetheError(
            said_n(
                "{name} has {count:,} row of embeddings and labels of shape {shape}; one label "
                "for each row is needed.",
                "{name} has {count:,} rows of embeddings and labels of shape {shape}; one label "
                "for each row is needed.",
                rows,
                name=name,
                shape=list(whose.shape),
            )
        )
    if whose.dtype.kind == "f" and not (np.isfinite(whose) & (whose == whose.round())).all():
        raise LetheError(
            said(
                "{name} has labels that are no whole numbers; give each row the "
                "number or the name of its person.",
                name=name,
            )
        )
    people = people_of(whose, None if names is None else _plain(names, "names", name))
    for row, who in enumerate(people):
        if not 0 < len(who.strip()) <= LONGEST:
            raise LetheError(
                said(
                    "{name} names nobody, or by more than {most} characters, in row {row:,} "
                    "(counted from 0); give each row the name of its person.",
                    name=name,
                    most=LONGEST,
                    row=row,
                )
            )
    return tuple(who.strip() for who in people)


def sides_in(split: np.ndarray | Sequence[object], rows: int, name: str) -> tuple[bool, ...]:
    sides = _plain(split, "split", name)
    if sides.ndim != 1 or len(sides) != rows:
        raise LetheError(
            said(
                "{name} has a split of shape {shape} for {rows:,} rows; one word, train or test, "
                "for each row is needed.",
                name=name,
                shape=list(sides.shape),
                rows=rows,
            )
        )
    if sides.dtype.kind == "b":
        return tuple(sides.tolist())
    found: list[bool] = []
    for row, cell in enumerate(sides.tolist()):
        word = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        side = part(word)
        if side is None:
            raise LetheError(
                said(
                    "The split in {name} says {word!r} in row {row:,} (counted from 0); it knows "
                    "train and test.",
                    name=name,
                    word=word[:LONGEST],
                    row=row,
                )
            )
        found.append(side)
    return tuple(found)


def photos_in(
    photos: np.ndarray | Sequence[str] | None, people: Sequence[str], name: str
) -> tuple[str, ...]:
    if photos is None:
        width = len(str(len(people) - 1))
        return tuple(f"{who}/{row:0{width}d}" for row, who in enumerate(people))
    keys = _plain(photos, "photos", name)
    if keys.ndim != 1 or len(keys) != len(people):
        raise LetheError(
            said(
                "{name} has names of photos of shape {shape} for {rows:,} rows; one for each row "
                "is needed.",
                name=name,
                shape=list(keys.shape),
                rows=len(people),
            )
        )
    words = [
        legible(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one))
        for one in keys.tolist()
    ]
    twice, count = Counter(words).most_common(1)[0]
    if count > 1:
        raise LetheError(
            said(
                "{name} names {count:,} rows {photo!r}; each photo needs a name of its own.",
                name=name,
                count=count,
                photo=twice[:LONGEST],
            )
        )
    return tuple(words)


def unit_rows(values: np.ndarray, name: str) -> tuple[np.ndarray, str]:
    """The rows as float32 of unit norm, and in a sentence what was done to them."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(values.astype(np.float64), axis=1)
    for bad, words in (
        (~np.isfinite(values).all(1), noted("numbers that are not finite")),
        (~(lengths > 0), noted("zeros alone, which have no direction")),
        (~np.isfinite(lengths), noted("numbers too large to measure their length")),
    ):
        if bad.any():
            raise LetheError(
                said_n(
                    "{count:,} row of {name} has {words}, the first of them row {row:,} (counted "
                    "from 0); leave it out.",
                    "{count:,} rows of {name} have {words}, the first of them row {row:,} (counted "
                    "from 0); leave them out.",
                    int(bad.sum()),
                    name=name,
                    words=words,
                    row=int(bad.argmax()),
                )
            )
    if (np.abs(lengths - 1) < UNIT).all():
        return np.array(values, dtype=np.float32), said(
            "The {rows:,} embeddings of {dimension:,} numbers are of length 1 and taken as they "
            "are.",
            rows=len(values),
            dimension=values.shape[1],
        )
    unit = (values.astype(np.float64) / lengths[:, None]).astype(np.float32)
    low, high = float(lengths.min()), float(lengths.max())
    return unit, said(
        "The {rows:,} embeddings of {dimension:,} numbers were brought to length 1; {were}.",
        rows=len(values),
        dimension=values.shape[1],
        were=said("they were {low:.3g} long", low=low)
        if f"{low:.3g}" == f"{high:.3g}"
        else said("they were {low:.3g} to {high:.3g} long", low=low, high=high),
    )


def head_in(
    head: Mapping[str, np.ndarray] | None,
    values: np.ndarray,
    people: Sequence[str],
    name: str,
) -> tuple[Head, tuple[str, ...]] | None:
    """The classifier that came along, else None."""
    if head is None:
        return None
    weight, bias = (np.asarray(head.get(one, np.empty(0))) for one in ("weight", "bias"))
    names = tuple(str(one) for one in _plain(head.get("names", np.empty(0, "U1")), "names", name))
    shape = len(names), values.shape[1]
    fits = weight.shape == shape and bias.shape == shape[:1]
    numbers = weight.dtype.kind == bias.dtype.kind == "f"
    if not (fits and numbers and np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise LetheError(
            said(
                "The classifier in {name} has a weight of shape {weight}, a bias of shape {bias} "
                "and {names:,} names; give finite numbers [C, d] and [C], and C names.",
                name=name,
                weight=list(weight.shape),
                bias=list(bias.shape),
                names=len(names),
            )
        )
    missing = sorted(set(people) - set(names))
    if missing:
        raise LetheError(
            said(
                "The classifier in {name} does not know {person}; give one that knows everybody, "
                "or none.",
                name=name,
                person=missing[0],
            )
        )
    given = Head(torch.from_numpy(weight.astype(np.float32)), torch.from_numpy(bias.astype("f4")))
    return given, names


def _plain(value: object, what: str, name: str) -> np.ndarray:
    """The value as an array of plain numbers or text. Raises `LetheError` for Python objects."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise LetheError(said(NO_OBJECTS, title=f"{what} ({name})")) from error
    if array.dtype.hasobject:
        words = array.ravel().tolist()
        if not all(isinstance(one, str) for one in words):
            raise LetheError(said(NO_OBJECTS, title=f"{what} ({name})"))
        array = np.array(words, dtype="U").reshape(array.shape)
    return array
