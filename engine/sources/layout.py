"""Who is who, from the paths of photos: the same for a folder and for any archive of one."""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from engine.errors import LetheError
from engine.gallery import Skipped, summed
from engine.photo import why
from engine.said import Said, listed, noted, said, said_n
from engine.sources import entries, entry_names, kinds, listing, parquet
from engine.sources.base import Collection, Found, Item, Left, Shot
from engine.sources.listing import Table

Parts = tuple[str, ...]

LOOSE = noted("loose beside the folders")
_BESIDE_OTHERS = why(noted("in a table beside other photos"), noted("open it alone"))
_NO_NAME = noted("no person's name before a number")
_EXPECTED = noted("it needs a folder per person with photos inside")
_UNUSED = noted("list not used")

# What cameras and programs call a photo whoever is on it.
_NO_NAMES = frozenset(
    {
        *("img", "dsc", "dscn", "dscf", "dcim", "pxl", "mvimg", "gopr", "pano", "vid", "snap"),
        *("image", "images", "photo", "photos", "pic", "picture", "foto", "bild", "scan", "frame"),
        *("face", "crop", "screenshot", "whatsapp", "download", "untitled", "unnamed"),
    }
)


@dataclass
class _Plan:
    """One reading of the paths. `homes` are the paths at which a person's folder may lie."""

    items: list[Item] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passed: Parts = ()
    homes: dict[Parts, None] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)  # of the homes

    @property
    def people(self) -> int:
        return len({item.identity for item in self.items})


def collect(found: Found, name: str, place: str) -> Collection:
    """The photos of `found` with their people. `place` is what to call it in an error.

    A table that names people is believed first, then folders, then file names. Raises `LetheError`
    when nobody has a photo, with the sums of what was found instead.
    """
    tables, left = _tables(found, place)
    own = {table.parts for table in tables}
    others = [photo for photo in found.photos if photo.parts[:-1] not in own]
    plan = _by_folders(others)
    by_table = None
    if tables and not any(table.names_people for table in tables):
        left += [Left(table.parts, why(_UNUSED, noted("it names nobody"))) for table in tables]
    elif tables:
        by_table = _by_tables(found, tables)
        certain = any(table.certain for table in tables)
        covers = certain and 2 * len(by_table.items) >= len(found.photos)
        if by_table.items and (covers or plan.people < 2):
            plan = by_table
        elif plan.items:
            reason = why(_UNUSED, noted("the folders say who is who"))
            left += [Left(table.parts, reason) for table in tables]
        else:
            left += by_table.left
    if plan.people < 2:
        by_names = _by_file_names(others)
        if by_names.people >= 2:
            plan = by_names
    if plan is not by_table:
        inside = (photo for photo in found.photos if photo.parts[:-1] in own)
        left += [Left(photo.parts, _BESIDE_OTHERS) for photo in inside]
    left += [*found.left, *plan.left]
    skipped = tuple(Skipped(_key(one.parts, plan.passed), one.reason) for one in sorted(left))
    if not plan.items:
        held = {one.parts[:-1] for one in found.left}
        lists = [table.parts[-1] for table in tables if table.parts not in held]
        told = _what_there_is(found, skipped, lists)
        raise LetheError(
            said("There is no usable photo in {place}: {told}.", place=place, told=told)
        )
    notes = (*found.notes, *plan.notes, *_without_photo(plan, left))
    return Collection(name, tuple(plan.items), None, skipped, ignored=found.ignored, notes=notes)


def _by_folders(photos: Sequence[Shot]) -> _Plan:
    """People by the folder that their photos lie in, at whatever depth that is."""
    passed = _outer(photos, ())
    depth = len(passed)
    plan = _Plan(passed=passed)
    if passed:
        plan.notes.append(
            said_n(
                "The people are the folders inside the outer folder {path}.",
                "The people are the folders inside the outer folders {path}.",
                len(passed),
                path="/".join(passed),
            )
        )
    folders: dict[str, list[Shot]] = {}
    for photo in photos:
        if photo.parts[:depth] == passed and len(photo.parts) > depth + 1:
            folders.setdefault(photo.parts[depth], []).append(photo)
        else:
            plan.left.append(Left(photo.parts, LOOSE))
    if _is_split(folders):
        _by_split(plan, folders)
    elif _are_groups(folders, depth):
        plan.notes.append(
            said(
                "The people are the folders inside {names}, not these themselves.",
                names=listed([*folders]),
            )
        )
        for name, inside in folders.items():
            _take(plan, inside, (*passed, name), None)
    else:
        for inside in folders.values():
            _take(plan, inside, passed, None)
    nested = [item.key for item in plan.items if item.key.count("/") > _levels(plan, item)]
    if nested:
        plan.notes.append(
            said_n(
                "{count:,} photo in folders inside a person's folder count as that person's "
                "({key} for one).",
                "{count:,} photos in folders inside a person's folder count as that person's "
                "({key} for one).",
                len(nested),
                key=nested[0],
            )
        )
    return plan


def _outer(photos: Sequence[Shot], start: Parts) -> Parts:
    """The path of the folder whose folders are people: single outer ones are passed.

    A folder with more photos of its own than in its folders is a person's and is not passed.
    """
    here = start
    while True:
        depth = len(here)
        inside = [
            photo
            for photo in photos
            if photo.parts[:depth] == here and len(photo.parts) > depth + 1
        ]
        if len({photo.parts[depth] for photo in inside}) != 1:
            return here
        deeper = [photo for photo in inside if len(photo.parts) > depth + 2]
        own = len(inside) - len(deeper)
        folders = {photo.parts[depth + 1] for photo in deeper}
        if not deeper or (own and (len(folders) < 2 or own >= len(deeper))):
            return here
        here = inside[0].parts[: depth + 1]


def _is_split(folders: dict[str, list[Shot]]) -> bool:
    """Whether folders are train, val and test rather than people: both sides, most photos."""
    sides = {name: listing.side(name) for name in folders if listing.side(name) is not None}
    inside = sum(len(folders[name]) for name in sides)
    return len(set(sides.values())) == 2 and 2 * inside > sum(map(len, folders.values()))


def _by_split(plan: _Plan, folders: dict[str, list[Shot]]) -> None:
    beside = noted("beside the folders of the split")
    sides: dict[bool, list[str]] = {True: [], False: []}
    for name, inside in folders.items():
        train = listing.side(name)
        if train is None:
            plan.left += [Left(photo.parts, beside) for photo in inside]
            continue
        start = (*plan.passed, name)
        top = _outer(inside, start)
        sides[train].append(name)
        _take(plan, [photo for photo in inside if len(photo.parts) > len(top) + 1], top, train)
        plan.left += [Left(one.parts, LOOSE) for one in inside if len(one.parts) <= len(top) + 1]
    plan.notes.append(_split_note(sides))


def _split_note(sides: dict[bool, list[str]]) -> str:
    return said(
        "The split is the one that the photos came with: {enrolled} enrols, "
        "{tested} is for testing.",
        enrolled=listed(sorted(sides[True])),
        tested=listed(sorted(sides[False])),
    )


def _are_groups(folders: dict[str, list[Shot]], depth: int) -> bool:
    """Whether folders hold people's folders (women/Ada, men/Bob) rather than one person's photos.

    Then no photo lies in them directly, each has two folders or more, and no name comes twice:
    the folders inside people's folders have the same names again and again (Ada/1, Bob/1).
    """
    if len(folders) < 2:
        return False
    seen: set[str] = set()
    for inside in folders.values():
        if any(len(photo.parts) <= depth + 2 for photo in inside):
            return False
        names = {photo.parts[depth + 1] for photo in inside}
        if len(names) < 2 or names & seen:
            return False
        seen |= names
    return True


def _take(plan: _Plan, photos: Iterable[Shot], home: Parts, train: bool | None) -> None:
    """Photos below `home`, each of the person whose folder it lies in there."""
    plan.homes[home] = None
    plan.lengths.add(len(home))
    plan.items += [
        Item(
            photo.parts[len(home)], _key(photo.parts, plan.passed), photo.source, photo.size, train
        )
        for photo in photos
    ]


def _levels(plan: _Plan, item: Item) -> int:
    """How many folders a photo's key holds when it lies directly in the person's folder."""
    parts = (*plan.passed, *item.key.split("/"))
    home = next(one for one in _starts(parts, plan))
    return len(home) - len(plan.passed) + 1


def _starts(parts: Parts, plan: _Plan) -> Iterator[Parts]:
    """The homes that a path lies in; there may be thousands, so that they are not all tried."""
    starts = (parts[:length] for length in sorted(plan.lengths))
    return (start for start in starts if start in plan.homes)


def _by_file_names(photos: Sequence[Shot]) -> _Plan:
    """People by the name before the number in their photos' file names: `Ada_Byron_0001.jpg`."""
    by_folder: dict[Parts, list[Shot]] = {}
    for photo in photos:
        by_folder.setdefault(photo.parts[:-1], []).append(photo)
    plan = _Plan()
    if not by_folder:
        return plan
    largest = max(by_folder, key=lambda folder: len(by_folder[folder]))
    chosen: dict[tuple[str, ...], bool | None] = {largest: None}
    if largest and listing.side(largest[-1]) is not None:
        siblings = [folder for folder in by_folder if folder[:-1] == largest[:-1] and folder]
        parts = {one: listing.side(one[-1]) for one in siblings}
        chosen = {one: train for one, train in parts.items() if train is not None}
    plan.passed = largest if len(chosen) == 1 else largest[:-1]
    for folder, inside in by_folder.items():
        for photo in inside:
            who = name_before_number(photo.parts[-1])
            if folder not in chosen:
                plan.left.append(Left(photo.parts, noted("outside the folder of named photos")))
            elif who is None:
                plan.left.append(Left(photo.parts, _NO_NAME))
            else:
                train = chosen[folder] if len(chosen) > 1 else None
                key = _key(photo.parts, plan.passed)
                plan.items.append(Item(who, key, photo.source, photo.size, train))
    if sum(one.reason == _NO_NAME for one in plan.left) > len(plan.items):
        return _Plan()
    people = sorted({item.identity for item in plan.items})
    plan.notes.append(
        said_n(
            "The photos are grouped by the name before the number in their file names: {count:,} "
            "person ({names}).",
            "The photos are grouped by the name before the number in their file names: {count:,} "
            "people ({names}).",
            len(people),
            names=listed(people),
        )
    )
    if len(chosen) > 1:
        sides: dict[bool, list[str]] = {True: [], False: []}
        for folder, train in chosen.items():
            sides[bool(train)].append(folder[-1])
        plan.notes.append(_split_note(sides))
    return plan


def name_before_number(file_name: str) -> str | None:
    """`Ada_Byron` for `Ada_Byron_0001.jpg`; None without a number or with a camera's name."""
    stem = re.sub(r"\.(?=\w*[A-Za-z])\w{1,5}$", "", file_name, flags=re.ASCII)
    before = stem.removesuffix(")")
    name = before.rstrip(string.digits)
    if name == before:
        return None
    name = name.strip(string.whitespace + "_.-(#")
    first = re.match(r"[^\W\d_]+", name)
    if not any(letter.isalpha() for letter in name):
        return None
    return None if first and first[0].lower() in _NO_NAMES else name


def _tables(found: Found, place: str) -> tuple[list[Table], list[Left]]:
    """The tables among the files; photos that lie in one are put to the others in `found`.

    Raises `LetheError` where these come to more than an archive may hold.
    """
    tables: list[Table] = []
    left: list[Left] = []
    bytes_left, files_left = entries.MAX_BYTES, entries.MAX_FILES
    for file in found.tables:
        if parquet.is_parquet(file):
            sheet = parquet.read(file, bytes_left, files_left)
            table = sheet if isinstance(sheet, str) else sheet.table
            if not isinstance(sheet, str):
                for name, data in sheet.photos:
                    found.add((*file.parts[:-1], *name.split("/")), data)
                    bytes_left -= len(data)
                files_left -= len(sheet.photos)
                if sheet.breaks:
                    left.append(Left(file.parts, sheet.breaks))
        else:
            table = listing.read(file)
        if isinstance(table, Table):
            tables.append(table)
        else:
            left.append(Left(file.parts, table))
    return tables, left


def _by_tables(found: Found, tables: Sequence[Table]) -> _Plan:
    """People as CSV files name them; photos that these do not list are left out, and said."""
    plan = _Plan()
    photos = {photo.parts: photo for photo in found.photos}
    known_bad = {one.parts for one in found.left}
    by_name: dict[str, list[Parts]] = {}
    for parts in (*photos, *known_bad):
        by_name.setdefault(parts[-1].lower(), []).append(parts)
    persons: dict[Parts, str] = {}
    sides: dict[Parts, bool | None] = {}
    twice = 0
    for table in tables:
        title = table.parts[-1]
        for row in table.rows:
            wanted = _inside(table.parts[:-1], row.path)
            if wanted is None:
                plan.left.append(
                    Left(
                        (row.path,),
                        why(
                            said("listed in {title}", title=title),
                            noted("leads outside the folder"),
                        ),
                    )
                )
                continue
            same_name = by_name.get(wanted[-1].lower(), [])
            from_top = _inside((), row.path) or wanted
            place = next((one for one in (wanted, from_top) if one in photos), None)
            if place is None and len(same_name) == 1:
                place = same_name[0]
            if place is None and row.person is not None and not {wanted, from_top} & known_bad:
                plan.left.append(Left(wanted, noted("listed but not there")))
            if place is None or place in known_bad:
                continue
            if row.person is None:
                sides[place] = row.train if sides.get(place) is None else sides[place]
                continue
            if len(row.person) > entry_names.LONGEST:
                plan.left.append(Left(place, said("name in {title} is too long", title=title)))
                persons.setdefault(place, "")
                continue
            if not row.person:
                plan.left.append(Left(place, said("nobody named in {title}", title=title)))
                persons.setdefault(place, "")
                continue
            first = persons.setdefault(place, row.person)
            twice += first != row.person and first != ""
            sides[place] = row.train if sides.get(place) is None else sides[place]
    for parts, photo in photos.items():
        who = persons.get(parts)
        if who is None:
            plan.left.append(
                Left(
                    parts,
                    said(
                        "not listed in {titles}", titles=listed([one.parts[-1] for one in tables])
                    ),
                )
            )
        elif who:
            key = "/".join(parts)
            plan.items.append(Item(who, key, photo.source, photo.size, sides[parts]))
    titles = listed(["/".join(table.parts) for table in tables])
    plan.notes.append(said("Who is who is taken from {titles}.", titles=titles))
    if any(item.train is not None for item in plan.items):
        plan.notes.append(
            said("The split is the one in {titles}: train enrols, the others test.", titles=titles)
        )
    if twice:
        plan.notes.append(
            said_n(
                "{count:,} line of {titles} give a photo to a second person; the first has it.",
                "{count:,} lines of {titles} give a photo to a second person; the first has it.",
                twice,
                titles=titles,
            )
        )
    return plan


def _inside(folder: Parts, path: str) -> Parts | None:
    """A path as a table writes it, from its folder on; None when it leads outside the root."""
    path = path.replace("\\", "/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return None
    parts = list(folder)
    for part in PurePosixPath(path).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return tuple(parts) or None


def _without_photo(plan: _Plan, left: Sequence[Left]) -> list[str]:
    """A note that names folders like a person's of which no photo could be used."""
    if not plan.homes:
        return []
    there = {unicodedata.normalize("NFC", item.identity) for item in plan.items}
    nobody = {
        one.parts[len(home)]
        for one in left
        for home in _starts(one.parts, plan)
        if len(one.parts) > len(home) + 1
    }
    names = sorted(name for name in nobody if unicodedata.normalize("NFC", name) not in there)
    if not names:
        return []
    return [
        said_n(
            "The folder {names} holds no photo that can be used.",
            "The folders {names} hold no photo that can be used.",
            len(names),
            names=listed(names),
        )
    ]


def _what_there_is(found: Found, skipped: Sequence[Skipped], lists: Sequence[str]) -> str:
    """Why nothing can be used, and what to do: the end of the sentence."""
    if found.photos:
        return said_n(
            "{count:,} photo but no word of who is who; put each person's photos into a folder of "
            "their own",
            "{count:,} photos but no word of who is who; put each person's photos into a folder of "
            "their own",
            len(found.photos),
        )
    if lists:
        return said_n(
            "{names} is a list of photos; give the folder that holds it and the photos",
            "{names} are lists of photos; give the folder that holds it and the photos",
            len(lists),
            names=listed(lists),
        )
    files = [one for one in skipped if not one.key.endswith("/")]
    if not files:
        return said("it is empty; {advice}", advice=_EXPECTED)
    bare = [_bare(one.reason) for one in files]
    only_others = all(one.reason.startswith(("no image", "Git LFS")) for one in files)
    advice = next((kinds.REMEDIES[kind] for kind in bare if kind in kinds.REMEDIES), None)
    if advice is None:
        told = (_values(one.reason).get("advice") for one in files)
        advice = next(filter(None, told), _EXPECTED)
    causes = summed(bare)
    if only_others:
        return said_n(
            "{count:,} file, none an image: {causes}; {advice}",
            "{count:,} files, none an image: {causes}; {advice}",
            len(files),
            causes=causes,
            advice=advice,
        )
    return said_n(
        "{count:,} file, none usable: {causes}; {advice}",
        "{count:,} files, none usable: {causes}; {advice}",
        len(files),
        causes=causes,
        advice=advice,
    )


def _values(reason: str) -> Mapping[str, Any]:
    return reason.values if isinstance(reason, Said) else {}


def _bare(reason: str) -> str:
    """What a file is, without that it is no image and what to do about it."""
    values = _values(reason)
    kind: str = values.get("kind") or (values["cause"] if "advice" in values else reason)
    return kind


def _key(parts: Parts, passed: Parts) -> str:
    """A path as people read it, without the outer folders that were passed."""
    inner = parts[len(passed) :] if parts[: len(passed)] == passed else parts
    return "/".join(inner or parts)
