"""Sentences that remember how they were made, so that a page can say them in another language."""

from collections.abc import Mapping
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

        Without any values a template is taken as it is, braces too.
        """
        values = values or {}
        chosen = template if plural is None or count == 1 else plural
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.template, made.plural, made.number, made.values = template, plural, count, values
        return made

    def __str__(self) -> Self:
        """Itself, so that an exception's text still knows how it was made."""
        return self

    def __reduce__(self) -> tuple:
        return Said, (self.template, self.values, self.plural, self.number)


def said(template: str, **values: Any) -> Said:
    """A sentence with `{named}` places filled in, as `str.format` does."""
    return Said(template, values)


def said_n(one: str, many: str, count: int, **values: Any) -> Said:
    """The sentence for `count` things, which the templates may name as `{count}`."""
    return Said(one, {"count": count, **values}, many, count)


def joined(*parts: str, by: str = " ") -> Said:
    """Sentences in a row, each of which is still known for itself."""
    places = {f"part{index}": part for index, part in enumerate(parts)}
    return Said(by.join(f"{{{name}}}" for name in places), places)


def noted(text: str) -> Said:
    """A constant that is shown to people, as it is: braces in it stay."""
    return Said(text)
