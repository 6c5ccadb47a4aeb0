"""Log lines for whoever runs a server, with nothing in them of whoever visits it.

One JSON object a line on stderr: when, what was done, how long it took, how it ended, and of a
fault its kind and its places in the code. Never a name, a path, an address, a session or the words
of an exception, any of which may be somebody's.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import Cancelled, LetheError

_LOGGER = logging.getLogger("lethe.page")
_LOGGER.propagate = False
_LOGGER.addHandler(logging.NullHandler())

HOME = Path(__file__).parents[1]


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"at": at, "event": record.msg, **record.__dict__["facts"]})


class _Console(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


def begin() -> None:
    """Write lines from now on."""
    handler = _Console()
    handler.setFormatter(_Line())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)


def tell(event: str, **facts: float | str | list[str]) -> None:
    """A line about an event; the facts are numbers and words of this code's own."""
    if _LOGGER.isEnabledFor(logging.INFO):
        _LOGGER.info(event, extra={"facts": facts})


def fault(error: BaseException) -> None:
    """What went wrong inside: for the console of one's own machine, or a line without its words."""
    if not _LOGGER.isEnabledFor(logging.INFO):
        traceback.print_exception(error)
        return
    tell("fault", kind=type(error).__name__, where=[*_places(error)])


@contextmanager
def timed(event: str, what: Callable) -> Iterator[Callable[[BaseException], None]]:
    """A line at the end of a block; the function that it gets takes the error that ended it."""
    began, ended = time.perf_counter(), ["well"]

    def failed(error: BaseException) -> None:
        known = isinstance(error, LetheError)
        ended[:] = ["stopped" if isinstance(error, Cancelled) else "refused" if known else "fault"]

    try:
        yield failed
    except GeneratorExit:
        ended[:] = ["left"]
        raise
    finally:
        took = round(1000 * (time.perf_counter() - began), 1)
        name = getattr(what, "__name__", type(what).__name__)
        tell(event, what=name, ms=took, ended=ended[0])


def _places(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        name = path.relative_to(HOME) if path.is_relative_to(HOME) else Path(path.name)
        yield f"{name.as_posix()}:{frame.lineno} {frame.name}"
