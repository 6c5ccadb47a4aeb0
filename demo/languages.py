"""The languages of the page: which one somebody is spoken to in, and sentences in it.

English is the source and needs no catalogue. Every other language is a folder in
`assets/languages`: `language.json` (its own name, and `dir`), the compiled catalogue, and the
texts of the page's scripts. A catalogue is read when somebody first asks for its language.
"""

import gettext
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.assets import ASSETS
from engine.said import Said

T = TypeVar("T")

SOURCE = "en"
"""The language that the sentences are written in."""

MORE = "LETHE_LANGUAGES"
"""The environment variable that names one more folder of languages, to try a draft."""

DOMAIN, ABOUT, SCRIPTS = "lethe", "language.json", "scripts.json"

SCRIPT = Path(__file__).with_suffix(".js")
"""What every page begins with: `t` and `tn`, by which its scripts speak."""

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


@dataclass(frozen=True)
class Language:
    """A language by its key (as in `?lang=es`), its own name, and where its lines run to."""

    key: str
    name: str
    towards: str = "ltr"


def current() -> str:
    """The language of whoever is asking."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Whatever is said inside is said in this language."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def spoken(language: str, steps: Iterator[T]) -> Iterator[T]:
    """The same steps, each made in this language, whichever thread asks for the next one."""
    context, end = copy_context(), object()
    context.run(_current.set, language)
    try:
        while (step := context.run(next, steps, end)) is not end:
            yield step  # type: ignore[misc]
    finally:
        if close := getattr(steps, "close", None):
            context.run(close)


@cache
def known() -> dict[str, Language]:
    """All languages by their keys, the source first."""
    found = {SOURCE: Language(SOURCE, "English")}
    for key, folder in sorted(_folders().items()):
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        found[key] = Language(key, about["name"], about.get("dir", "ltr"))
    return found


def asked_for(headers: Mapping[str, str], lang: str | None = None) -> str:
    """The language to speak: `lang` where it is known, else the first known of Accept-Language."""
    keys = {key.lower(): key for key in known()}
    if lang and lang.lower() in keys:
        return keys[lang.lower()]
    wishes = []
    for place, wish in enumerate(headers.get("accept-language", "").split(",")):
        tag, _, rest = wish.partition(";")
        wishes.append((-_weight(rest), place, tag.strip().lower()))
    for weight, _, tag in sorted(wishes):
        if weight == 0:
            continue
        for one in (tag, tag.partition("-")[0]):
            if one in keys:
                return keys[one]
    return SOURCE


def translated(text: str, language: str | None = None) -> str:
    """A sentence in a language (that of whoever asks), and English where it has none.

    What a `Said` is made of is translated before it is filled in.
    """
    language = language or current()
    if language == SOURCE or not text:
        return text
    book = catalogue(language)
    if not isinstance(text, Said):
        return book.gettext(text)
    if text.plural is None:
        template = book.gettext(text.template)
    else:
        template = book.ngettext(text.template, text.plural, text.number or 0)
    if not text.values:
        return template
    is_row = "part0" in text.values  # `engine.said.joined`
    return template.format(
        **{
            name: translated(value, language)
            if isinstance(value, Said) or (is_row and isinstance(value, str))
            else value
            for name, value in text.values.items()
        }
    )


def all_translated(value: Any) -> Any:
    """A value for the page with whatever is `Said` in it, at any depth, translated."""
    if isinstance(value, Said):
        return translated(value)
    if isinstance(value, dict):
        return {key: all_translated(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(all_translated, value)) if value else value
    return value


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; that of the source is empty."""
    if language == SOURCE:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, _folders()[language].parent, [language])


def for_scripts(language: str) -> dict[str, Any]:
    """What the page's scripts have to know: the language, all there are, and their own texts.

    `plural` is an expression in `n` that gives the place of a plural form.
    """
    one = known()[language]
    own: dict[str, Any] = {"plural": "n != 1", "texts": {}}
    if language != SOURCE:
        own = json.loads((_folders()[language] / SCRIPTS).read_text(encoding="utf-8"))
    return {"language": one.key, "towards": one.towards} | own


class Speaks:
    """Answers every request in the language that its address or its headers ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the language set."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lang = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [None])[0]
        with speaking(asked_for(Headers(scope=scope), lang)):
            await self._app(scope, receive, send)


def _weight(parameters: str) -> float:
    """`q=0.8` of a wish; 0 for what cannot be read."""
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def _folders() -> dict[str, Path]:
    """Each language's folder by its key."""
    homes: Iterable[Path] = [ASSETS / "languages"]
    if more := os.environ.get(MORE):
        homes = [*homes, Path(more)]
    return {about.parent.name: about.parent for home in homes for about in home.glob(f"*/{ABOUT}")}
