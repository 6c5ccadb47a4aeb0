"""Whom a name means. The wrong person must never be meant: what is ambiguous is refused."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from engine.errors import LetheError
from engine.said import either, said

NEAR = 3
"""Suggestions for a name that is not there, and candidates shown for an ambiguous one."""


def composed(name: str) -> str:
    """The name in Unicode's composed form (NFC): `é` is one sign, however a disk spells it."""
    return unicodedata.normalize("NFC", name)


def loose(name: str) -> str:
    """The name without case, underscores and doubled spaces, as people type it."""
    return " ".join(composed(name).replace("_", " ").casefold().split())


def plain(name: str) -> str:
    """The loose name without accents too, for searching: `Zoë` is found by `zoe`."""
    letters = unicodedata.normalize("NFKD", loose(name))
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


def find(names: Iterable[str], identities: Sequence[str], where: str) -> tuple[int, ...]:
    """Labels of the named identities, each once, in the order given.

    The exact name wins. Without one, case, spaces and underscores do not matter, as long as
    exactly one identity fits. Raises `LetheError` for a name that fits several, naming them, and
    for one that is not there, with the nearest; `where` is the gallery's name.
    """
    found = (_one(name, identities, where) for name in names)
    return tuple(dict.fromkeys(found))


def listed(value: str, identities: Sequence[str]) -> list[str]:
    """The names in one value of a command line: itself where it is a name, else split at commas."""
    if composed(value) in identities or any(loose(value) == loose(one) for one in identities):
        return [value]
    return [part.strip() for part in value.split(",") if part.strip()]


def _one(name: str, identities: Sequence[str], where: str) -> int:
    exact = composed(name)
    if exact in identities:
        return identities.index(exact)
    key = loose(name)
    fits = [label for label, one in enumerate(identities) if loose(one) == key]
    if len(fits) == 1:
        return fits[0]
    if fits:
        candidates = either([repr(identities[label]) for label in fits], NEAR)
        raise LetheError(
            said(
                "{name!r} may be {candidates} in {where}; write the name exactly as it is there.",
                name=name,
                candidates=candidates,
                where=where,
            )
        )
    raise LetheError(
        said(
            "Nobody called {name!r} is in {where}; {hint}",
            name=name,
            where=where,
            hint=_hint(name, identities),
        )
    )


def _hint(name: str, identities: Sequence[str]) -> str:
    by_key: dict[str, str] = {}
    for one in identities:
        by_key.setdefault(plain(one), one)
    near = difflib.get_close_matches(plain(name), by_key, n=NEAR, cutoff=0.5)
    if near:
        return said(
            "did you mean {names}?",
            names=either([by_key[one].replace("_", " ") for one in near], NEAR),
        )
    return said("`python -m engine list --faces ...` shows who is there.")
