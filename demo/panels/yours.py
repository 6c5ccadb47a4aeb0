"""Your photos: bringing them, and the place where what was found in them is shown."""

from dataclasses import asdict
from typing import Any

import gradio as gr

from demo import templates
from demo.panels.scripted import scripted
from demo.uploads import FILE
from engine.said import said, said_n
from engine.service.own import Limits

MEGA = 1_000_000


def build(limits: Limits | None = None) -> gr.HTML:
    """The place. Value: `chosen`; events `look`, `enter`, `wipe` and `stop`.

    Props that the server sends: `session`, the hash by which files are brought; `review`, the HTML
    of `demo.panels.yours_review`; `said`, a sentence and its tone; `busy`; `entered`, a count that
    grows when the studio has opened with the photos.
    """
    limits = limits or Limits()
    return scripted(
        "yours",
        "connected",
        "bring",
        "yours_review",
        value=chosen(),
        markup=markup(limits),
        session="",
        review="",
        said={"text": "", "tone": "calm"},
        busy=False,
        entered=0,
        limits={**asdict(limits), "file_megabytes": FILE // MEGA},
    )


def chosen() -> dict[str, Any]:
    """The value of a place where nothing was changed yet."""
    return {"company": True, "out": [], "names": {}, "moved": {}, "faces": {}}


def markup(limits: Limits) -> str:
    """The place's HTML without the review."""
    return templates.render("yours", limits=sentence(limits))


def sentence(limits: Limits) -> str:
    """What may be brought at most."""
    return said(
        "Up to {files} and {megabytes:,} MB, {each:,} MB a file; {people}, {photos} each.",
        files=said_n("{count:,} file", "{count:,} files", limits.files),
        megabytes=limits.megabytes,
        each=min(FILE // MEGA, limits.megabytes),
        people=said_n("{count:,} person", "{count:,} people", limits.people),
        photos=said_n("{count:,} photo", "{count:,} photos", limits.photos_each),
    )
