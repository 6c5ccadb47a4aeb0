"""Data sets through scikit-learn's fetchers, which download on the first request.

torchvision's `LFWPeople` refuses to download since its source is gone.
"""

import warnings
from collections.abc import Callable
from typing import Any
from urllib.error import URLError

from engine.errors import LetheError
from engine.progress import Progress, Watch
from engine.said import said


def fetched(
    title: str, megabytes: int, fetcher: Callable[..., Any], watch: Watch, **options: Any
) -> Any:
    """What scikit-learn's fetcher gives. It downloads in one go, without telling how far it is."""
    watch(
        Progress(
            said(
                "Getting {title} ({megabytes} MB if it is not here yet)",
                title=title,
                megabytes=megabytes,
            ),
            0,
            1,
        )
    )
    try:
        with warnings.catch_warnings():
            # Its retries are announced as warnings; the sentence below says what came of them.
            warnings.simplefilter("ignore", UserWarning)
            found = fetcher(**options)
    except URLError as error:
        raise LetheError(
            said(
                "{title} needs internet for its first download ({megabytes} MB), which "
                "did not answer; try again later or use photos of your own.",
                title=title,
                megabytes=megabytes,
            )
        ) from error
    except (OSError, EOFError) as error:
        raise LetheError(
            said(
                "{title} could not be fetched ({error}); check the connection and the "
                "room on the disk, or use photos of your own.",
                title=title,
                error=error,
            )
        ) from error
    watch(Progress(said("Getting {title}", title=title), 1, 1))
    return found
