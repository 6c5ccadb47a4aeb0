"""Files that somebody handed over, an archive or photos, by person; all of it in memory."""

from collections.abc import Sequence

from engine.progress import Progress, Watch, ignore
from engine.sources import archive, entries, kinds, layout
from engine.sources.base import Collection, Found, Left
from engine.sources.held import Held

YOURS = "Your photos"


def collect(files: Sequence[Held], watch: Watch = ignore) -> Collection:
    """The photos of some files by person: one archive, or photos by their folders and names.

    Raises `LetheError` when there is nothing usable, or an archive is refused (`archive.collect`).
    """
    if len(files) == 1 and not kinds.is_image(files[0].data[: kinds.HEAD]):
        return archive.collect(files[0], watch)
    found = Found()
    places = entries.Places(YOURS, found)
    for done, one in enumerate(sorted(files, key=lambda one: one.path)):
        if done % 16 == 0:
            watch(Progress("Looking through your files", done, len(files)))
        parts = places.place(one.path)
        if parts is None:
            continue
        if kinds.kind_of(one.data[: kinds.HEAD], one.name) in archive.ARCHIVES:
            found.left.append(Left(parts, "archive among photos; bring it alone"))
        else:
            found.add(parts, one.data)
    return layout.collect(found, YOURS, "what you brought")


def loose(files: Sequence[Held]) -> bool:
    """Whether the files are photos side by side, without any folder that says who is who."""
    return len(files) > 1 and not any("/" in one.path.replace("\\", "/") for one in files)
