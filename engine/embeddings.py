"""Embeddings that came without photos and without a model: checked, and as a gallery's features."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine import gallery
from engine.errors import LetheError
from engine.features import Features
from engine.gallery import Gallery
from engine.heads import Head
from engine.said import noted, said, said_n
from engine.sources.arrays import people_of
from engine.sources.entries import MAX_BYTES
from engine.sources.entry_names import LONGEST, legible
from engine.sources.listing import MAX_ROWS, part
from engine.store import content_key

VERSION = 1
"""Raised whenever the same rows would give other features."""

MAX_DIMENSION = 8192

UNIT = 1e-4
"""How far a length may be from 1 in rows that are taken as they are, bit for bit."""

NO_OBJECTS = noted(
    "{title} holds Python objects, which may run programs; save it as plain numbers or text."
)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Rows of embeddings, and whose they are: made by `from_arrays`, which checks them.

    `values` float32 [n, d] of unit norm; `people` and `photos` [n] name each row's person and
    photo. `train` says which rows enrol (True) and which test, None where no split came. `head` is
    the model's own classifier and the names of its classes, where it came along. `notes` say in a
    sentence each what was assumed.
    """

    name: str
    values: np.ndarray
    people: tuple[str, ...]
    photos: tuple[str, ...]
    train: tuple[bool, ...] | None = None
    head: tuple[Head, tuple[str, ...]] | None = None
    notes: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        """d."""
        return self.values.shape[1]

    @property
    def fingerprint(self) -> str:
        """A key of the rows, their people and split, and the head: the same for no others."""
        head = () if self.head is None else (*map(_bytes_of, self.head[0].__dict__.values()),)
        return content_key(
            VERSION, _bytes_of(self.values), self.people, self.photos, self.train, head
        )


def from_arrays(
    values: np.ndarray,
    labels: np.ndarray | Sequence[object],
    *,
    names: np.ndarray | Sequence[str] | None = None,
    split: np.ndarray | Sequence[object] | None = None,
    photos: np.ndarray | Sequence[str] | None = None,
    head: Mapping[str, np.ndarray] | None = None,
    name: str = "embeddings",
) -> Embeddings:
    """Check embeddings [n, d] and what is said about their rows.

    `labels` [n] are people's names, or numbers that `names` [C] name. `split` [n] holds `train` or
    `test`, or True for rows that enrol. `photos` [n] are names by which rows are known, each once.
    `head` has `weight` [C, d], `bias` [C] and `names` [C] of the classifier on these embeddings.
    `name` is what sentences call the embeddings.

    Raises `LetheError`, before any work, for arrays that do not fit each other, for rows that are
    not finite or have no direction, for a single person, and where too much or nothing came.
    """
    values = np.asarray(values)
    check_shape(values.shape, values.dtype, name)
    rows = len(values)
    people = _people(labels, names, rows, name)
    sides = None if split is None else _sides(split, rows, name)
    keys = _photos(photos, people, name)
    unit, note = _unit(values, name)
    if len(set(people)) < 2:
        raise LetheError(
            said(
                "All rows of {name} are of {person}; forgetting one person needs at least one "
                "other to remember.",
                name=name,
                person=people[0],
            )
        )
    given = _head(head, unit, people, name)
    return Embeddings(name, unit, people, keys, sides, given, (note,))


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


def as_people(given: Embeddings, seed: int = 0) -> tuple[Gallery, Features]:
    """The embeddings as a gallery whose photos are not there, and its features.

    Rows are sorted by person and photo, as photos are; without a split of their own they are split
    by the usual rule. Equal rows of one person lie on one side.
    """
    sides = given.train
    made = gallery.build(
        given.name,
        (
            (person, key, row.tobytes())
            for person, key, row in zip(given.people, given.photos, given.values, strict=True)
        ),
        aligned=False,
        seed=seed,
        given=None if sides is None else dict(zip(given.photos, sides, strict=True)),
        notes=given.notes,
        pictured=False,
    )
    place = {key: row for row, key in enumerate(given.photos)}
    order = [place[photo.key] for photo in made.photos]
    return made, Features(
        values=torch.from_numpy(given.values[order]),
        labels=torch.as_tensor(made.labels),
        train=torch.as_tensor(made.train),
        identities=made.identities,
        rows=np.arange(len(order)),
        backbone="features",
        key=content_key("embeddings", given.fingerprint, made.train.tobytes()),
    )


def _people(
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


def _sides(split: np.ndarray | Sequence[object], rows: int, name: str) -> tuple[bool, ...]:
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


def _photos(
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


def _unit(values: np.ndarray, name: str) -> tuple[np.ndarray, str]:
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
    return unit, said(
        "The {rows:,} embeddings of {dimension:,} numbers were brought to length 1; they were "
        "{low:.3g} to {high:.3g} long.",
        rows=len(values),
        dimension=values.shape[1],
        low=float(lengths.min()),
        high=float(lengths.max()),
    )


def _head(
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


def _bytes_of(value: object) -> str:
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    raw = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()
    return hashlib.sha256(raw).hexdigest()
