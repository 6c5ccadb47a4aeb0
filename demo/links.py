"""A picture of the page as a short query string, and back: no session, no workspace, no Gradio.

`?faces=synthetic&backbone=mini&seed=0&key=91ab03cd&do=Asha,Diego:esc:rank=5~Greta:leace&people=Yuki`
holds whom to forget how, and whom to choose then. What a stranger wrote is read as strictly as what
the page wrote; other people's parameters (of a mail program, say) are left alone.
"""

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from engine.erasure import METHODS
from engine.errors import LetheError
from engine.said import noted, said

LONGEST, MOST_STEPS, MOST_PEOPLE = 2_000, 8, 100
"""Signs of a query string, deletions in it, and people in all."""

LONGEST_NAME = 20
"""Signs, as an address spells them, of a name that stands in a link; a longer one has a mark."""

PLAIN = re.compile(r"[^\W_](?:[\w .'-]*[^\W_])?")
"""A name that can stand in a link as it is; a mark begins with a dot and so is none."""

WORD, NUMBER = re.compile(r"[A-Za-z0-9_.-]{1,40}"), re.compile(r"[0-9]{1,19}")
WORDS = ("faces", "backbone", "key", "view", "step", "lang")
SAFE = ",:~="
"""Signs that stay as they are in the value of a query, and so can be read by people."""

UNREADABLE = noted("This link cannot be read, so here is the start page.")
TOO_LONG = said(
    "This is more than a link can hold: {steps} steps with {people} people in all.",
    steps=MOST_STEPS,
    people=MOST_PEOPLE,
)
STRANGER = noted("This link names somebody who is not in this gallery, so here is the start page.")


@dataclass(frozen=True)
class Deletion:
    """One step: the people as `marks` calls them, the method and the options that were set."""

    people: tuple[str, ...]
    method: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """What a link holds; None and empty stand for what the page begins with.

    `faces` and `backbone` are the pickers' keys, `key` the beginning of the workspace's, by which
    figures are known to come out the same, `ask` the row of the photo asked about. `view`, `step`
    (of the lesson), `theme` and `lang` are the browser's own.
    """

    faces: str | None = None
    backbone: str | None = None
    seed: int | None = None
    key: str | None = None
    do: tuple[Deletion, ...] = ()
    people: tuple[str, ...] = ()
    ask: int | None = None
    view: str | None = None
    step: str | None = None
    theme: str | None = None
    lang: str | None = None


def write(link: Link) -> str:
    """The query string, without its question mark.

    Raises `LetheError` for more than a link can hold.
    """
    values = {
        "faces": link.faces,
        "backbone": link.backbone,
        "seed": link.seed,
        "key": link.key,
        "do": "~".join(_written(one) for one in link.do),
        "people": ",".join(link.people),
        "ask": link.ask,
        "view": link.view,
        "step": link.step,
        "theme": link.theme,
        "lang": link.lang,
    }
    parts = [
        f"{name}={quote_plus(str(value), safe=SAFE)}"
        for name, value in values.items()
        if value not in (None, "")
    ]
    query = "&".join(parts)
    if len(query) > LONGEST or not _fits(link):
        raise LetheError(TOO_LONG)
    return query


def read(query: str) -> Link:
    """The link that a query string, with or without its question mark, holds.

    Raises `LetheError`, one sentence, for whatever `write` does not write.
    """
    if len(query) > LONGEST:
        raise LetheError(TOO_LONG)
    values: dict[str, str] = {}
    for name, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if name not in Link.__dataclass_fields__:
            continue
        if name in values or not value:
            raise LetheError(UNREADABLE)
        values[name] = value
    link = Link(
        **{name: _word(values.get(name)) for name in WORDS},
        seed=_number(values.get("seed")),
        ask=_number(values.get("ask")),
        do=tuple(_deletion(one) for one in values["do"].split("~")) if "do" in values else (),
        people=_people(values["people"]) if "people" in values else (),
        theme=values.get("theme"),
    )
    if link.theme not in (None, "light", "dark"):
        raise LetheError(UNREADABLE)
    if not _fits(link):
        raise LetheError(TOO_LONG)
    return link


def marks(identities: Sequence[str]) -> list[str]:
    """What each person is called in a link: a first name that only one has, else the whole name.

    A name that is long or has unusual signs is a mark, which follows from it and stays the same.
    """
    firsts = [re.split(r"[_ ]", name, maxsplit=1)[0] for name in identities]
    bearers = Counter(firsts)
    return [
        next(
            (one for one in (first, name) if _stands(one) and (one == name or bearers[one] == 1)),
            "." + hashlib.sha256(name.encode()).hexdigest()[:8],
        )
        for first, name in zip(firsts, identities, strict=True)
    ]


def labels(people: Sequence[str], identities: Sequence[str]) -> tuple[int, ...]:
    """Whom a link means; a whole name is understood as well.

    Raises `LetheError` where one of them is not, or more than once, in this gallery.
    """
    called = marks(identities)
    several = {one for one, count in Counter(called).items() if count > 1}
    known = {name: label for label, name in enumerate(identities)} | {
        mark: label for label, mark in enumerate(called) if mark not in several
    }
    spelt = [unicodedata.normalize("NFC", one) for one in people]
    if not known.keys() >= set(spelt):
        raise LetheError(STRANGER)
    return tuple(known[one] for one in spelt)


def changed(method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something else than the method's defaults, each in its type.

    Raises `LetheError` for an unknown method or option, and for a value that it does not take.
    """
    if method not in METHODS:
        raise LetheError(
            said("This link asks for a method that is not here, so here is the start page.")
        )
    resolved = METHODS[method].resolve(options)
    if any(isinstance(one, float) and not math.isfinite(one) for one in resolved.values()):
        raise LetheError(UNREADABLE)
    defaults = METHODS[method].resolve({})
    return {name: value for name, value in resolved.items() if value != defaults[name]}


def _stands(name: str) -> bool:
    return bool(PLAIN.fullmatch(name)) and len(quote_plus(name)) <= LONGEST_NAME


def _fits(link: Link) -> bool:
    people = len(link.people) + sum(len(one.people) for one in link.do)
    return len(link.do) <= MOST_STEPS and people <= MOST_PEOPLE


def _written(one: Deletion) -> str:
    options = [f"{name}={value}" for name, value in changed(one.method, one.options).items()]
    return ":".join([",".join(one.people), one.method, *options])


def _deletion(text: str) -> Deletion:
    people, *how = text.split(":")
    if not how:
        raise LetheError(UNREADABLE)
    options: dict[str, Any] = {}
    for one in how[1:]:
        name, equals, value = one.partition("=")
        if not equals or not value or name in options:
            raise LetheError(UNREADABLE)
        options[name] = value
    try:
        return Deletion(_people(people), how[0], changed(how[0], options))
    except LetheError as error:
        # What a stranger wrote is not repeated on the page.
        raise LetheError(UNREADABLE if how[0] in METHODS else error.said) from error


def _people(text: str) -> tuple[str, ...]:
    people = tuple(text.split(","))
    if not all(people) or len(set(people)) != len(people):
        raise LetheError(UNREADABLE)
    return people


def _word(text: str | None) -> str | None:
    if text is not None and not WORD.fullmatch(text):
        raise LetheError(UNREADABLE)
    return text


def _number(text: str | None) -> int | None:
    if text is not None and not NUMBER.fullmatch(text):
        raise LetheError(UNREADABLE)
    return None if text is None else int(text)
