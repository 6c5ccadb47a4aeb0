"""Photos of known people: who is who, which photos enrol and which only test."""

import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from engine.errors import LetheError
from engine.names import find
from engine.photo import Photo, Skipped
from engine.said import Said, joined, listed, noted, said, said_n

NO_PHOTOS = noted("These embeddings came without photos; open the photos themselves.")


@dataclass(frozen=True, eq=False)
class Gallery:
    """People and their photos. Labels index `identities`; train photos enrol, the others test.

    `labels` int64 [n], `train` bool [n] and `aligned` bool [n] go with `photos`; an aligned photo
    is a face on the ArcFace template already. `copies` are groups of photos (their places, two or
    more) with equal bytes, of one person or of several.
    """

    name: str
    identities: tuple[str, ...]
    photos: tuple[Photo, ...]
    labels: np.ndarray
    train: np.ndarray
    sha256: str
    aligned: np.ndarray
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()  # what was assumed in opening it, one sentence each
    reserved: frozenset[str] = frozenset()  # identities that erasers may learn from, never judges
    copies: tuple[tuple[int, ...], ...] = ()
    ignored: int = 0  # files of the system (`.DS_Store`, `@eaDir/...`), which no one misses
    pictured: bool = True  # False where embeddings came alone: a "photo" holds its row's bytes

    def account(self, more: Iterable[Skipped] = ()) -> str:
        """What became of every file, in one sentence. `more` are photos that gave no face."""
        more = tuple(more)
        lost = {one.key for one in more}
        used = [
            int(label)
            for photo, label in zip(self.photos, self.labels, strict=True)
            if photo.key not in lost
        ]
        people = len(set(used))
        who = said_n("{count:,} person", "{count:,} people", people)
        parts = [
            said_n(
                "{count:,} photo of {people} used",
                "{count:,} photos of {people} used",
                len(used),
                people=who,
            )
        ]
        left = dict.fromkeys((*self.skipped, *more))
        if left:
            causes = summed(one.cause for one in left)
            parts.append(
                said_n(
                    "{count:,} file left out ({causes})",
                    "{count:,} files left out ({causes})",
                    len(left),
                    causes=causes,
                )
            )
        if self.ignored:
            parts.append(
                said_n(
                    "{count:,} system file ignored",
                    "{count:,} system files ignored",
                    self.ignored,
                )
            )
        return said("{account}.", account=joined(*parts, by="; "))

    def display(self, label: int) -> str:
        """The identity's name as people write it."""
        return self.identities[label].replace("_", " ")

    def find(self, names: Iterable[str]) -> tuple[int, ...]:
        """Labels of the named identities, see `engine.names.find`. Raises `LetheError`."""
        return find(names, self.identities, self.name)

    def thumbnail(self, photo: int, size: int = 112) -> bytes:
        """The photo's centre square as a WebP of `size` pixels; plain grey for a damaged photo.

        Without the file's metadata. A photo that is such a WebP already is given as it is. Where
        no photos came, the plain grey too.
        """
        try:
            if not self.pictured:
                raise LetheError(NO_PHOTOS)
            ready = self.photos[photo].read()
            if _is_plain_webp(ready, size):
                return ready
            image = self.photos[photo].image()
        except LetheError:
            image = Image.new("RGB", (size, size), (208, 208, 208))
        picture = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        # Slower methods take twice as long for a thirtieth less.
        picture.save(out, "WEBP", quality=82, method=2)
        return out.getvalue()


def split(identity: str, keys: Sequence[str], seed: int, train_fraction: float) -> list[bool]:
    """Which of one identity's photos enrol (True) and which test.

    It depends on the seed, the identity and its own photos alone, so that adding a person leaves
    everybody else's split as it was. From 3 photos on at least one tests; below that, none.
    """
    count = len(keys)
    if count < 3:
        return [True] * count
    tests = min(max(round(count * (1 - train_fraction)), 1), count - 1)
    order = sorted(
        range(count),
        key=lambda i: hashlib.sha256(f"{seed}\0{identity}\0{keys[i]}".encode()).digest(),
    )
    test = set(order[:tests])
    return [i not in test for i in range(count)]


def build(
    name: str,
    items: Iterable[tuple[str, str, Path | bytes]],
    *,
    aligned: bool | Set[str],
    seed: int = 0,
    train_fraction: float = 0.7,
    given: Mapping[str, bool] | None = None,
    skipped: Sequence[Skipped] = (),
    notes: Sequence[str] = (),
    reserved: Iterable[str] = (),
    ignored: int = 0,
    pictured: bool = True,
) -> Gallery:
    """A gallery of (identity, key, photo) items, in sorted order, split and hashed.

    `aligned` holds for all photos, or names the keys of those that are. `given` says by key which
    photos enrol (True) and which test, where the photos came with a split; people of whom it does
    not give both are split as always, and a note says so. Equal photos of one person always lie on
    one side. Identities that Unicode writes in two ways (NFC, NFD) are one.

    Raises `LetheError` when there is no photo at all or `train_fraction` is not inside (0, 1).
    """
    if not 0 < train_fraction < 1:
        raise LetheError(said("The train fraction must lie between 0 and 1, for example 0.7."))
    by_identity: dict[str, list[tuple[str, Path | bytes]]] = {}
    spellings: dict[str, set[str]] = {}
    for raw, key, source in items:
        identity = unicodedata.normalize("NFC", raw)
        by_identity.setdefault(identity, []).append((key, source))
        spellings.setdefault(identity, set()).add(raw)
    if not by_identity:
        raise LetheError(
            said(
                "There is no photo in {name}; it needs one folder per person with photos inside.",
                name=name,
            )
        )
    identities = tuple(sorted(by_identity))
    photos: list[Photo] = []
    labels: list[int] = []
    train: list[bool] = []
    places: dict[bytes, list[int]] = {}
    digest = hashlib.sha256()
    undivided: list[str] = []
    moved = 0
    for label, identity in enumerate(identities):
        own = sorted(by_identity[identity], key=lambda item: item[0])
        keys = [key for key, _ in own]
        hashes: list[bytes] = []
        for key, source in own:
            photo = Photo(key, source)
            hashes.append(hashlib.sha256(photo.read()).digest())
            places.setdefault(hashes[-1], []).append(len(photos))
            photos.append(photo)
            digest.update(f"{identity}\0{key}\0".encode())
            digest.update(hashes[-1])
        labels += [label] * len(own)
        sides = [given.get(key) for key in keys] if given else []
        if {True, False} == set(sides):
            enrolled = {one for one, side in zip(hashes, sides, strict=True) if side}
            train += (whole := [one in enrolled for one in hashes])
            moved += sum(whole) - sum(map(bool, sides))
        else:
            train += _split_once(identity, keys, hashes, seed, train_fraction)
            undivided += [identity] if given else []
    told = [
        said(
            "{identity} is written in two ways that look the same; both are one person.",
            identity=identity,
        )
        for identity in identities
        if len(spellings[identity]) > 1
    ]
    if undivided:
        told.append(
            said(
                "{names}: no split came with the photos, or not both sides of it, so "
                "that some of their photos enrol and the others test by the usual rule.",
                names=listed(undivided),
            )
        )
    if moved:
        told.append(
            said_n(
                "{count:,} test photo enrol instead, as copies of enrolled ones.",
                "{count:,} test photos enrol instead, as copies of enrolled ones.",
                moved,
            )
        )
    keys = [photo.key for photo in photos]
    return Gallery(
        name=name,
        identities=identities,
        photos=tuple(photos),
        labels=np.array(labels, dtype=np.int64),
        train=np.array(train, dtype=bool),
        sha256=digest.hexdigest(),
        aligned=np.array(
            [aligned if isinstance(aligned, bool) else key in aligned for key in keys], dtype=bool
        ),
        skipped=tuple(skipped),
        notes=(*notes, *told),
        reserved=frozenset(reserved),
        copies=tuple(tuple(group) for group in places.values() if len(group) > 1),
        ignored=ignored,
        pictured=pictured,
    )


def _split_once(
    identity: str, keys: Sequence[str], hashes: Sequence[bytes], seed: int, train_fraction: float
) -> list[bool]:
    """`split` over different photos, each copy on the side of the first of its kind."""
    first: dict[bytes, str] = {}
    for key, one in zip(keys, hashes, strict=True):
        first.setdefault(one, key)
    sides = dict(zip(first, split(identity, [*first.values()], seed, train_fraction), strict=True))
    return [sides[one] for one in hashes]


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 photo`, `1,200 photos`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def summed(words: Iterable[str]) -> Said:
    """`3 no image, 2 cut off`: how often each, the commonest first."""
    counts = Counter(words).most_common()
    return joined(
        *(said("{count:,} {cause}", count=count, cause=word) for word, count in counts), by=", "
    )


def _is_plain_webp(data: bytes, size: int) -> bool:
    """A WebP of one chunk of pixels, `size` square, with nothing else in the file."""
    if data[:4] != b"RIFF" or data[8:15] != b"WEBPVP8" or data[15:16] not in b" L":
        return False
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        return False
    if (int.from_bytes(data[16:20], "little") + 1) // 2 * 2 + 20 != len(data):
        return False
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            image.load()
            return image.size == (size, size)
    except (OSError, ValueError, SyntaxError):
        return False
