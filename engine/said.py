"""Sentences that remember how they were made, so that a page can say them in another language."""

from collections.abc import Mapping, Sequence
from typing import Any, Self


class Said(str):
    """An English sentence, with the template and the values that it was made of.

    It is an ordinary string for whoever does not ask: the command line prints it, JSON holds it.
    A translator looks up `template` (`plural` where `number` asks for it) and fills in `values`,
    of which those that are `Said` themselves are translated first.
    """

    template: str
    plural: str | None
    number: int | None
    values: Mapping[str, Any]

    def __new__(
        cls,
        template: str,
        values: Mapping[str, Any] | None = None,
        plural: str | None = None,
        count: int | None = None,
    ) -> Self:
        """Fill in `template`, or `plural` where `count` is given and is not 1.

        Without any values the template stays as it is, its places for others to fill in.
        """
        values = values or {}
        chosen = template if plural is None or count == 1 else plural
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.template, made.plural, made.number, made.values = template, plural, count, values
        return made

    def __reduce__(self) -> tuple:
        return Said, (self.template, self.values, self.plural, self.number)


def said(template: str, /, **values: Any) -> Said:
    """A sentence with `{named}` places filled in, as `str.format` does."""
    return Said(template, values)


def said_n(one: str, many: str, count: int, /, **values: Any) -> Said:
    """The sentence for `count` things, which the templates may name as `{count}`."""
    return Said(one, {"count": count, **values}, many, count)


def joined(*parts: str, by: str = " ") -> Said:
    """Sentences in a row, each of which is still known for itself."""
    places = {f"part{index}": part for index, part in enumerate(parts)}
    return Said(by.join(f"{{{name}}}" for name in places), places)


def row(names: Sequence[str]) -> Said:
    """`Ada, Bob`: names, which are never translated even where they are words."""
    places = {f"name{index}": name for index, name in enumerate(names)}
    return Said(", ".join(f"{{{name}}}" for name in places), places)


def listed(names: Sequence[str], most: int = 4) -> Said:
    """`Ada, Bob and 12 more`: names in a sentence, only the first few of many."""
    if len(names) > most:
        first = row(names[:most])
        return said("{names} and {more:,} more", names=first, more=len(names) - most)
    if len(names) < 2:
        return row(names)
    return said("{names} and {last}", names=row(names[:-1]), last=names[-1])


def either(names: Sequence[str], most: int = 3) -> Said:
    """`Ada or Bob or 12 more`: one of these is meant."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(said("{more} more", more=len(names) - most))
    first, *others = shown
    words = row([first])
    for other in others:
        words = said("{names} or {last}", names=words, last=other)
    return words


def noted(text: str) -> Said:
    """A constant that is shown to people, by which mark the catalogues find it."""
    return Said(text)


def stored(text: str) -> object:
    """A sentence as JSON holds it, with the template and the values that it was made of."""
    if not isinstance(text, Said):
        return text
    values = {
        name: stored(one) if isinstance(one, str) else one for name, one in text.values.items()
    }
    return [text.template, values, text.plural, text.number]


def restored(data: Any) -> str:
    """The sentence that `stored` took down; a plain string is itself."""
    if isinstance(data, str):
        return data
    template, values, plural, number = data
    known = {name: restored(one) if isinstance(one, list) else one for name, one in values.items()}
    return Said(template, known, plural, number)
