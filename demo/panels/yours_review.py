"""What was found in a visitor's own photos, and what of it is worth a look, before it is used."""

import io
import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageOps

from demo import templates
from demo.pictures import address
from engine.alignment import NO_FACE
from engine.errors import LetheError
from engine.oddities import Oddity
from engine.photo import CUT_OFF, DAMAGED, TOO_LARGE, Photo, Skipped
from engine.said import joined, noted, said, said_n
from engine.service.marks import Mark, marks
from engine.service.own import LEFT_OUT, Edits
from engine.warp import around
from engine.workspace import Workspace

SHOWN = 2_000
"""Files left out that are listed one by one."""

PICTURES = 1_500
"""Photos shown as pictures, shared among the people; the others are there by their names."""

PREVIEWS = 200
"""Files left out that are shown as pictures."""

FACES = 12
"""Faces of one photo to choose from."""

FEW = 12
"""Photos worth a look up to which all is told at once."""

THUMB = 96
ROOM, CLOSE = 2.4, 1.5
"""How much is shown around a face, in its widths: in a photo's picture, and to choose by."""

YOURS_NAME, YOURS_KEY = " (yours)", "yours/"
"""By which names and keys that the company has too are told apart, see `engine.company`."""

SEVERAL, UNCLEAR, REPEATED, DOUBTFUL = "several", "unclear", "repeated", "doubtful"
BLUR, TINY, SAME = "~", "·", "="

_count = itertools.count()


@dataclass(frozen=True)
class Face:
    """A face to choose: its picture, its place in the photo, and the group of choices it is in."""

    picture: str
    at: str
    group: str
    taken: bool


@dataclass(frozen=True)
class Whose:
    """Somebody: the name they were brought under, and the name as people write it."""

    identity: str
    name: str


@dataclass(frozen=True)
class Shot:
    """A photo that is used: its key as it was brought, its picture, and what is worth a look.

    `kinds` are what it is found by, `signs` the small marks on it, `says` the phrases that go with
    them, `faces` are those to choose from, `like` is who is meant where the name is doubtful,
    `is_moved` says that somebody moved it here, and `may_go` offers to leave it out.
    """

    key: str
    face: str
    says: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ()
    like: Whose | None = None
    is_moved: bool = False
    may_go: bool = False

    @property
    def file(self) -> str:
        """The key without its folders."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def words(self) -> str:
        """All of it in a phrase."""
        first = [noted("several faces")] if self.faces else []
        return joined(*first, *self.says, by="; ")


@dataclass(frozen=True)
class Person:
    """Somebody who was brought: `identity` is the name before it is shown as people write it."""

    identity: str
    name: str
    photos: str
    tests: str
    shots: tuple[Shot, ...]
    further: tuple[Shot, ...]

    @property
    def noted(self) -> tuple[Shot, ...]:
        """The photos about which something is worth a word."""
        return tuple(shot for shot in (*self.shots, *self.further) if shot.words)


@dataclass(frozen=True)
class Lost:
    """A file that is left out, why, and its picture where there is one."""

    key: str
    reason: str
    kind: str
    face: str


@dataclass(frozen=True)
class Sift:
    """A number of photos, and a button that shows them alone. `leave` leaves all of them out."""

    kind: str
    count: int
    says: str
    leave: str = ""


def review(
    space: Workspace, own: int, company: Workspace | None = None, edits: Edits | None = None
) -> str:
    """The HTML of what was found in the photos of the first `own` people of a workspace.

    `company` is the workspace whose people the others are; with it, files that were left out of
    theirs are told from those left out of yours. `edits` are what made it so.
    """
    gallery = space.gallery
    theirs = {
        photo.key
        for photo, label in zip(gallery.photos, gallery.labels, strict=True)
        if label >= own
    }
    lost = _without_company(space.lost, company.lost if company else ())
    lost = tuple(one for one in lost if one.key not in theirs)
    skipped = _without_company(gallery.skipped, company.gallery.skipped if company else ())
    mine = np.flatnonzero(gallery.labels < own)
    account = replace(
        gallery,
        photos=tuple(gallery.photos[photo] for photo in mine),
        labels=gallery.labels[mine],
        skipped=skipped,
    ).account(lost)
    left = [
        Lost(_brought(one.key, theirs), one.reason, _kind(one), _preview(one, at))
        for at, one in enumerate(dict.fromkeys((*skipped, *lost)))
    ]
    count = next(_count)
    people = _people(space, own, theirs, edits or Edits(), count)
    return templates.render(
        "yours_review",
        count=count,
        account=account,
        sifts=_sifts(people, left),
        people=people,
        few=sum(len(one.noted) for one in people) <= FEW,
        left=left[:SHOWN],
        more=max(len(left) - SHOWN, 0),
        oddities=_oddities(space, own, theirs),
    )


def _sifts(people: Sequence[Person], left: Sequence[Lost]) -> list[Sift]:
    """What there is of each kind; what there is nothing of is not spoken of."""
    shots = [shot for one in people for shot in (*one.shots, *one.further)]
    kinds = Counter(kind for shot in shots for kind in shot.kinds)
    kinds.update(one.kind for one in left)
    used, other = len(shots), kinds["other"]
    unclear = {shot.signs for shot in shots if UNCLEAR in shot.kinds}
    blurred = any(BLUR in signs for signs in unclear)
    tiny = any(TINY in signs for signs in unclear)
    count = kinds[UNCLEAR]
    if blurred and tiny:
        unclear_words = said("{count:,} blurred or tiny", count=count)
    elif blurred:
        unclear_words = said("{count:,} blurred", count=count)
    else:
        unclear_words = said("{count:,} tiny", count=count)
    photos = used + len(left) - other
    repeated = noted("Leave out the copies") if kinds[REPEATED] > 1 else noted("Leave out the copy")
    told = {
        "used": said("{count:,} with a face", count=used),
        "none": said("{count:,} without a face", count=kinds["none"]),
        "unreadable": said("{count:,} not readable", count=kinds["unreadable"]),
        "out": said("{count:,} left out by you", count=kinds["out"]),
        SEVERAL: said("{count:,} with several faces", count=kinds[SEVERAL]),
        UNCLEAR: unclear_words,
        REPEATED: said("{count:,} repeated", count=kinds[REPEATED]),
        DOUBTFUL: said("{count:,} doubtful", count=kinds[DOUBTFUL]),
    }
    leave = {UNCLEAR: _leave_all(kinds[UNCLEAR], noted("Leave it out")), REPEATED: repeated}
    found = [
        Sift("all", photos, said_n("{count:,} photo", "{count:,} photos", photos)),
        *(
            Sift(kind, used if kind == "used" else kinds[kind], says, leave.get(kind, ""))
            for kind, says in told.items()
        ),
    ]
    return [one for one in found if one.count]


def _leave_all(count: int, single: str) -> str:
    return said("Leave out all {count:,} of them", count=count) if count > 1 else single


def _kind(one: Skipped) -> str:
    """Which of the photos' kinds a file that was left out is of."""
    if one.reason == LEFT_OUT:
        return "out"
    if one.reason == NO_FACE:
        return "none"
    unreadable = one.reason in (CUT_OFF, DAMAGED, TOO_LARGE) or one.cause == "not readable"
    return "unreadable" if unreadable else "other"


def _preview(one: Skipped, at: int) -> str:
    """A picture of a photo that is left out; empty where there is none."""
    if one.source is None or at >= PREVIEWS:
        return ""
    try:
        return _small(Photo(one.key, one.source).image())
    except LetheError:
        return ""


def _small(image: Image.Image) -> str:
    out = io.BytesIO()
    ImageOps.fit(image, (THUMB, THUMB), Image.Resampling.LANCZOS).save(out, "WEBP", quality=82)
    return address(out.getvalue())


def _without_company(both: tuple[Skipped, ...], theirs: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
    """Own files alone: those of the company come last."""
    return both[: len(both) - len(theirs)] if theirs and both[-len(theirs) :] == theirs else both


def _people(
    space: Workspace, own: int, theirs: Collection[str], edits: Edits, count: int
) -> list[Person]:
    features = space.features
    told = _Told(space, own, theirs, edits, count)
    labels, train = features.labels.numpy(), features.train.numpy()
    each = max(PICTURES // max(own, 1), 6)
    people = []
    for label in range(own):
        rows = np.flatnonzero(labels == label)
        shots = [told.shot(int(row), pictured=at < each) for at, row in enumerate(rows)]
        whose = told.whose(label)
        people.append(
            Person(
                identity=whose.identity,
                name=whose.name,
                photos=said_n("{count:,} photo", "{count:,} photos", len(rows)),
                tests=_tests(int((~train[rows]).sum())),
                shots=tuple(shots[:each]),
                further=tuple(shots[each:]),
            )
        )
    return people


class _Told:
    """What a review says of one photo after another."""

    def __init__(
        self, space: Workspace, own: int, theirs: Collection[str], edits: Edits, count: int
    ) -> None:
        self._gallery, self._features = space.gallery, space.features
        self._theirs, self._edits, self._count = theirs, edits, count
        self._company = frozenset(space.gallery.identities[own:])
        self._marks = marks(space, own)
        self._remarks = {one.key: one.reason for one in space.features.remarks}

    def whose(self, label: int) -> Whose:
        """A person, by the name that they were brought under."""
        identity = self._gallery.identities[label]
        if (bare := identity.removesuffix(YOURS_NAME)) in self._company:
            identity = bare
        return Whose(identity, identity.replace("_", " "))

    def key(self, row: int) -> str:
        """The key under which a row's photo was brought."""
        return _brought(self._photo(row).key, self._theirs)

    def shot(self, row: int, *, pictured: bool) -> Shot:
        """A photo with all that is worth a look in it."""
        mark, key = self._marks.get(row, Mark()), self.key(row)
        own = self.whose(int(self._features.labels[row]))
        told: list[tuple[str, str, str]] = []
        if mark.sight is not None and mark.sight.is_several:
            says = noted("the one you chose is used") if mark.sight.by_hand else ""
            told.append((SEVERAL, f"{len(mark.sight.boxes)}", says))
        if mark.sight is not None and mark.sight.is_tiny:
            told.append(
                (UNCLEAR, TINY, said("only {width} pixels wide", width=round(mark.sight.width)))
            )
        if mark.sight is not None and mark.sight.is_blurred:
            told.append((UNCLEAR, BLUR, noted("blurred")))
        if mark.repeats is not None:
            told.append((REPEATED, SAME, self._repeats(row, mark.repeats)))
        like = None if mark.like is None else self.whose(mark.like)
        if like is not None:
            likely = said("looks more like {name} than like {own}", name=like.name, own=own.name)
            told.append((DOUBTFUL, "?", likely))
        words = [words for _, _, words in told if words]
        if not told and (remark := self._remarks.get(self._photo(row).key)):
            words.append(remark)
        is_moved = key in self._edits.moved
        if is_moved:
            words.append(noted("moved here by you"))
        image = self._image(row) if pictured or (mark.is_several) else None
        return Shot(
            key=key,
            face=self._picture(row, image) if pictured and image is not None else "",
            says=tuple(words),
            kinds=tuple(dict.fromkeys(kind for kind, _, _ in told)),
            signs=tuple(sign for _, sign, _ in told),
            faces=self._faces(row, mark, image),
            like=like,
            is_moved=is_moved,
            may_go=mark.is_unclear or mark.repeats is not None or like is not None,
        )

    def _photo(self, row: int) -> Photo:
        return self._gallery.photos[int(self._features.rows[row])]

    def _image(self, row: int) -> Image.Image | None:
        try:
            return self._photo(row).image()
        except LetheError:
            return None

    def _picture(self, row: int, image: Image.Image) -> str:
        """The photo around the face that was taken; all of it where it is one already."""
        sights = self._features.sights
        if row < len(sights) and len(sights[row].boxes):
            image = around(image, sights[row].boxes[sights[row].taken], ROOM)
        return _small(image)

    def _faces(self, row: int, mark: Mark, image: Image.Image | None) -> tuple[Face, ...]:
        if mark.sight is None or not mark.is_several or image is None:
            return ()
        boxes, taken = mark.sight.boxes, mark.sight.taken
        places = sorted({*range(min(len(boxes), FACES)), taken})
        return tuple(
            Face(
                picture=_small(around(image, boxes[at], CLOSE)),
                at=",".join(f"{share:.4f}" for share in (boxes[at][:2] + boxes[at][2:]) / 2),
                group=f"faces-{self._count}-{row}",
                taken=at == taken,
            )
            for at in places
        )

    def _repeats(self, row: int, first: int) -> str:
        labels, train = self._features.labels, self._features.train
        file = self.key(first).rsplit("/", 1)[-1]
        if int(labels[row]) != int(labels[first]):
            return said(
                "the same picture as {file} of {name}",
                file=file,
                name=self.whose(int(labels[first])).name,
            )
        if bool(train[row]):
            return said("the same picture as {file}; both enrol, for a copy is no test", file=file)
        return said("the same picture as {file}; both test", file=file)


def _tests(count: int) -> str:
    return (
        said("{count:,} of them to test with", count=count)
        if count
        else noted("none left to test with")
    )


def _brought(key: str, theirs: Collection[str]) -> str:
    """A photo's key as it was brought, where the company has one of that key too."""
    bare = key.removeprefix(YOURS_KEY)
    return bare if bare in theirs else key


def _oddities(space: Workspace, own: int, theirs: Collection[str]) -> Sequence[Oddity]:
    """What is odd, without what is about people of the company alone."""
    company = {*space.gallery.identities[own:], *theirs}
    return [one for one in space.oddities if not one.keys or not company.issuperset(one.keys)]
