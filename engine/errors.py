"""What goes wrong, said to a person."""

from engine.said import Said, noted

STOPPED = noted("Stopped, nothing was changed.")


class LetheError(Exception):
    """One sentence: what is wrong and what to do about it. Shown to people as it is."""

    @property
    def said(self) -> str:
        """The sentence, which `str` of an error would make a plain one: for a translator."""
        first = self.args[0] if self.args else ""
        return first if isinstance(first, Said) else str(self)


class Cancelled(LetheError):
    """The person asked for the work to stop; nothing that existed before was changed."""

    def __init__(self, message: str = STOPPED) -> None:
        super().__init__(message)
