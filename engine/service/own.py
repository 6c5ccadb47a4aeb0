"""Own photos in one visit: what was handed over, in memory alone, and the gallery made of it."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine import gallery
from engine.backbones.base import Backbone
from engine.embeddings.files import among, read
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.opening import features_workspace, own_workspace
from engine.progress import Watch, ignore
from engine.said import noted, said, said_n
from engine.service.unnamed import are_unnamed, by_likeness
from engine.sources import gallery_of
from engine.sources.base import Collection
from engine.sources.handed import collect
from engine.sources.held import Held
from engine.store import Store, content_key
from engine.workspace import Workspace

LEFT_OUT = noted("left out by you")
"""The reason of what somebody left out in the review, and may take back."""


@dataclass(frozen=True)
class Limits:
    """What one visit may hand over; fit for a small public server. No model comes in at 0 MB.

    `hand_over_model` lets visitors take a model along that whoever runs the server named.
    """

    files: int = 2_000
    megabytes: int = 200
    people: int = 200
    photos_each: int = 200
    model_megabytes: int = 200
    hand_over_model: bool = False


class Inbox:
    """The files of one visit. Safe to use from several threads; nothing of it is on the disk."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._files: dict[str, Held] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._files)

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        return max(self.limits.megabytes * 1_000_000 - self._bytes, 0)

    def add(self, path: str, data: bytes) -> None:
        """Take a file; one of the same path is replaced. Raises `LetheError` beyond the limits."""
        with self._lock:
            old = self._files.get(path)
            count, size = len(self._files) + (old is None), self._bytes + len(data)
            size -= len(old.data) if old is not None else 0
            if count > self.limits.files:
                raise LetheError(
                    said_n(
                        "More than {count:,} file is too many here; choose some.",
                        "More than {count:,} files is too many here; choose some.",
                        self.limits.files,
                    )
                )
            if size > self.limits.megabytes * 1_000_000:
                raise LetheError(
                    said(
                        "More than {megabytes} MB is too much here; choose fewer photos.",
                        megabytes=self.limits.megabytes,
                    )
                )
            self._files[path], self._bytes = Held(path, data), size

    def files(self) -> tuple[Held, ...]:
        """What is there, in the order in which it came."""
        with self._lock:
            return tuple(self._files.values())

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._files, self._bytes = {}, 0


@dataclass(frozen=True)
class Edits:
    """What somebody changed in the review.

    `out` are photos left out, by key; `names` are people renamed, by the name that they were
    brought under; `moved` are photos given to another person, by key, under the name that person
    was brought under; `faces` say where in a photo the face in question is, by key, as shares of
    its width and height.
    """

    out: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    faces: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def named(self, key: str, identity: str) -> str:
        """Whose photo it is, as people are called now."""
        identity = self.moved.get(key, identity)
        return self.names.get(identity, identity)


def own_gallery(
    inbox: Inbox, edits: Edits | None = None, *, seed: int = 0, watch: Watch = ignore
) -> Gallery:
    """The gallery of what was handed over, as it was edited.

    Photos that somebody left out are listed with that reason. Raises `LetheError` when nothing
    usable is there, or more people or photos than the limits allow.
    """
    if not len(inbox):
        raise LetheError(said("Nothing was brought yet; drop photos, a folder or a zip."))
    found, edits = _collected(inbox.files(), watch), edits or Edits()
    out = tuple(
        gallery.Skipped(one.key, LEFT_OUT, one.source)
        for one in found.items
        if one.key in edits.out
    )
    items = tuple(
        replace(one, identity=edits.named(one.key, one.identity))
        for one in found.items
        if one.key not in edits.out
    )
    _check(inbox.limits, [one.identity for one in items])
    made = gallery_of(replace(found, items=items, skipped=(*found.skipped, *out)), seed=seed)
    return _with_faces(made, edits.faces)


def _with_faces(made: Gallery, faces: Mapping[str, tuple[float, float]]) -> Gallery:
    """The gallery in which these faces are in question; another one, if any is."""
    places = {photo.key: faces[photo.key] for photo in made.photos if photo.key in faces}
    if not places:
        return made
    return replace(
        made,
        photos=tuple(replace(photo, face=places.get(photo.key)) for photo in made.photos),
        sha256=content_key(made.sha256, sorted(places.items())),
    )


def _collected(files: Sequence[Held], watch: Watch) -> Collection:
    """Who is who by folders and names; where there is neither, by likeness."""
    try:
        return collect(files, watch)
    except LetheError:
        if not are_unnamed(files):
            raise
    return by_likeness(files, watch)


def _check(limits: Limits, people: Iterable[str]) -> None:
    counts: dict[str, int] = {}
    for one in people:
        counts[one] = counts.get(one, 0) + 1
    if not counts:
        raise LetheError(said("Every photo was left out; take one back."))
    if len(counts) > limits.people:
        raise LetheError(
            said("More than {people} people are too many here; bring fewer.", people=limits.people)
        )
    most = max(counts, key=lambda one: counts[one])
    if counts[most] > limits.photos_each:
        raise LetheError(
            said(
                "{name} has {count} photos; {most} a person are enough here.",
                name=most,
                count=counts[most],
                most=limits.photos_each,
            )
        )


def own(
    inbox: Inbox,
    backbone: Backbone,
    company: Workspace | None = None,
    edits: Edits | None = None,
    *,
    seed: int = 0,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Workspace:
    """The workspace of own photos; see `engine.opening.own_workspace` for `company` and `store`.

    A file of embeddings, and one of strangers, is a workspace of its own, without the backbone and
    without company. Raises `LetheError` as that, `own_gallery` and `engine.embeddings.files` do.
    """
    if (brought := among(inbox.files())) is not None:
        people, others = brought
        given = read(*people)
        _check(inbox.limits, given.people)
        strangers = None if others is None else read(*others)
        most = inbox.limits.people * inbox.limits.photos_each
        if strangers is not None and len(strangers.people) > most:
            raise LetheError(
                said("More than {most:,} rows of strangers are too many here.", most=most)
            )
        return features_workspace(given, strangers, seed=seed, private=True, watch=watch)
    mine = own_gallery(inbox, edits, seed=seed, watch=watch)
    return own_workspace(mine, backbone, company, seed=seed, watch=watch, store=store)
