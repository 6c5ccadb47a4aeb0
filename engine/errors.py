"""What goes wrong, said to a person."""


class LetheError(Exception):
    """One sentence: what is wrong and what to do about it. Shown to people as it is."""


class Cancelled(LetheError):
    """The person asked for the work to stop; nothing that existed before was changed."""

    def __init__(self, message: str = "Stopped, nothing was changed.") -> None:
        super().__init__(message)
