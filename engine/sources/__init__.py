"""Where photos come from: names that are known, a folder, or an archive of one.

A gallery with a name is added by its file and one line here.
"""

from pathlib import Path

from engine import gallery
from engine.errors import LetheError
from engine.gallery import Gallery, summed
from engine.progress import Watch, ignore
from engine.said import noted, said, said_n
from engine.sources import archive, embedded, folder, lfw, olivetti
from engine.sources.base import Collection, Source, looks_aligned

SOURCES: dict[str, Source] = {
    source.name: source for source in (embedded.SOURCE, lfw.SOURCE, olivetti.SOURCE)
}


def open_gallery(
    spec: str | Path,
    *,
    aligned: bool | None = None,
    seed: int = 0,
    train_fraction: float = 0.7,
    encoding: str | None = None,
    watch: Watch = ignore,
) -> Gallery:
    """The people to know and to forget, from a name in `SOURCES`, a folder or an archive.

    `aligned` says whether the photos are face crops on the ArcFace template already; None takes
    the source's word, or guesses photo by photo (`looks_aligned`) and says so in `Gallery.notes`.
    `encoding` is that of names in an archive which do not say it themselves; None finds out.

    Raises `LetheError` when nothing usable is there, when there are fewer than two people, or
    when nobody has the three photos that leave one to test with.
    """
    opened = gallery_of(_collect(spec, watch, encoding), aligned, seed, train_fraction)
    if len(opened.identities) < 2:
        only, causes = opened.display(0), summed(one.cause for one in opened.skipped)
        raise LetheError(
            said(
                "Only {person} is in {gallery} (left out: {causes}); forgetting one person needs "
                "at least one other to remember.",
                person=only,
                gallery=opened.name,
                causes=causes,
            )
            if causes
            else said(
                "Only {person} is in {gallery}; forgetting one person needs at least one other to "
                "remember.",
                person=only,
                gallery=opened.name,
            )
        )
    if opened.train.all():
        raise LetheError(
            said(
                "Nobody in {name} has more than two photos, so none is left to test "
                "with; add photos until someone has three.",
                name=opened.name,
            )
        )
    return opened


def open_strangers(
    spec: str | Path,
    *,
    aligned: bool | None = None,
    seed: int = 0,
    train_fraction: float = 0.7,
    encoding: str | None = None,
    watch: Watch = ignore,
) -> Gallery:
    """People whom the gallery does not know, for open-set judging; one photo each is enough.

    Raises `LetheError` when nothing usable is there or the named source has no strangers.
    """
    source = SOURCES.get(str(spec).lower())
    if source is None:
        return gallery_of(_collect(spec, watch, encoding), aligned, seed, train_fraction)
    if source.strangers is None:
        raise LetheError(
            said(
                "{name} has no strangers of its own; give a folder of other people's photos.",
                name=source.name,
            )
        )
    return gallery_of(source.strangers(watch), aligned, seed, train_fraction)


def _collect(spec: str | Path, watch: Watch, encoding: str | None) -> Collection:
    source = SOURCES.get(str(spec).lower())
    if source is not None:
        return source.collect(watch)
    path = Path(spec).expanduser()
    if path.is_dir():
        return folder.collect(path, watch)
    if path.is_file():
        return archive.collect(path, watch, encoding)
    raise LetheError(
        said(
            "There is no folder, zip or gallery called {spec}; give a folder with "
            "one folder of photos per person, a zip or tar of it, or one of: "
            "{sources}.",
            spec=spec,
            sources=", ".join(SOURCES),
        )
    )


def gallery_of(
    found: Collection, aligned: bool | None = None, seed: int = 0, train_fraction: float = 0.7
) -> Gallery:
    """What was found as a gallery; `aligned` as in `open_gallery`."""
    notes = found.notes
    which: bool | frozenset[str] | None = found.aligned if aligned is None else aligned
    if which is None:
        which = looks_aligned(found.items)
        notes = (*notes, _assumed(len(which), len(found.items)))
    return gallery.build(
        found.name,
        ((item.identity, item.key, item.source) for item in found.items),
        aligned=which,
        seed=seed,
        train_fraction=train_fraction,
        given={item.key: item.train for item in found.items if item.train is not None},
        skipped=found.skipped,
        notes=notes,
        reserved=found.reserved,
        ignored=found.ignored,
    )


def _assumed(aligned: int, photos: int) -> str:
    """What was guessed about the photos, and how to say otherwise."""
    if not aligned:
        return noted(
            "Taken as photos in which the face has to be found (--aligned says otherwise)."
        )
    if aligned == photos:
        return noted(
            "Small square photos of one size: taken as faces that are aligned already (--align "
            "finds the faces anew)."
        )
    return said_n(
        "{count:,} small square photo of one size: taken as faces that are aligned already; in "
        "{others} the face has to be found (--align finds all anew, --aligned takes all as they "
        "are).",
        "{count:,} small square photos of one size: taken as faces that are aligned already; in "
        "{others} the face has to be found (--align finds all anew, --aligned takes all as they "
        "are).",
        aligned,
        others=said_n("{count:,} other", "{count:,} others", photos - aligned),
    )
