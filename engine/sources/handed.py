"""Files that somebody handed over, an archive or photos, by person; all of it in memory."""

from collections.abc import Sequence

from engine.errors import LetheError
from engine.photo import why
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.sources import archive, entries, kinds, layout
from engine.sources.base import Collection, Found, Left
from engine.sources.held import Held

YOURS = noted("Your photos")


def collect(files: Sequence[Held], watch: Watch = ignore) -> Collection:
    """The photos of some files by person: archives, and photos by their folders and names.

    An archive among others that cannot be read is left out with that reason. Raises `LetheError`
    when there is nothing usable, or the only file is an archive that is refused.
    """
    if len(files) == 1 and not kinds.is_image(files[0].data[: kinds.HEAD]):
        return archive.collect(files[0], watch)
    found = Found()
    places = entries.Places(YOURS, found)
    for done, one in enumerate(sorted(files, key=lambda one: one.path)):
        if done % 16 == 0:
            watch(Progress(noted("Looking through your files"), done, len(files)))
        parts = places.place(one.path)
        if parts is None:
            continue
        if kinds.kind_of(one.data[: kinds.HEAD], one.name) not in archive.ARCHIVES:
            found.add(parts, one.data)
            continue
        if len(parts) > 1:
            found.left.append(
                Left(parts, why(noted("archive inside a folder"), noted("bring it beside")))
            )
            continue
        try:
            inside = archive.unpacked(one, watch)
        except LetheError:
            found.left.append(
                Left(parts, why(noted("archive that cannot be read"), noted("bring it alone")))
            )
            continue
        if isinstance(inside, Found):
            _add(found, inside)
        else:
            found.left.append(
                Left(parts, why(noted("arrays among photos"), noted("bring them alone")))
            )
    return layout.collect(found, YOURS, noted("what you brought"))


def _add(found: Found, inside: Found) -> None:
    """What an archive holds, beside the rest; a folder around all of it is taken away."""
    outer = _outer([one.parts for one in inside.photos])
    photos = [one._replace(parts=one.parts[outer:]) for one in inside.photos]
    tables = [one._replace(parts=one.parts[outer:] or one.parts) for one in inside.tables]
    found.photos += photos
    found.tables += tables
    found.left += inside.left
    found.notes += inside.notes
    found.ignored += inside.ignored


def _outer(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders lie around all the folders of people."""
    depth = 0
    while (
        paths
        and all(len(parts) > depth + 2 for parts in paths)
        and len({parts[depth] for parts in paths}) == 1
    ):
        depth += 1
    return depth
