"""Fetching a weights file once, checked, into the user's cache."""

import contextlib
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.said import said
from engine.store import user_cache_dir

_CHUNK = 1 << 20
_PATIENCE = 20  # seconds without an answer


@dataclass(frozen=True)
class Release:
    """A file on the web. Where `sha256` is None, the first download's hash becomes the one."""

    url: str
    megabytes: int
    sha256: str | None

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


def fetch(release: Release, watch: Watch = ignore) -> Path:
    """The release's file in the cache, downloaded if it is not there.

    The hash is checked at every call. Nothing half-downloaded is left behind or taken for the
    file. Raises `LetheError` without internet, on a full disk and when the hash differs.
    """
    folder = user_cache_dir() / "weights"
    path = folder / release.name
    noted = folder / f"{release.name}.sha256"
    expected = release.sha256 or _noted(noted)
    if path.is_file():
        if expected and _hash(path) != expected:
            raise LetheError(
                said(
                    "{path} is not the file that was expected (its hash differs); delete "
                    "it to download it again.",
                    path=path,
                )
            )
        return path
    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as out:
            found = _copy(release, out, watch)
        if expected and found != expected:
            raise LetheError(
                said(
                    "What {url} delivered is not the expected file (its hash differs); try "
                    "again later, or pass a file that you trust with weights=PATH.",
                    url=release.url,
                )
            )
        if expected is None:
            noted.write_text(found + "\n")
        os.replace(temporary, path)
        return path
    except urllib.error.URLError as error:
        raise LetheError(
            said(
                "Downloading {name} ({megabytes} MB) needs internet, which did not "
                "answer; try again later, or download {url} elsewhere and pass "
                "weights=PATH.",
                name=release.name,
                megabytes=release.megabytes,
                url=release.url,
            )
        ) from error
    except OSError as error:
        raise LetheError(
            said(
                "{name} could not be downloaded to {folder} ({strerror}); make room or "
                "check the connection, or pass weights=PATH.",
                name=release.name,
                folder=folder,
                strerror=error.strerror or error,
            )
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _copy(release: Release, out: IO[bytes], watch: Watch) -> str:
    digest = hashlib.sha256()
    stage = said("Downloading {name}", name=release.name)
    with urllib.request.urlopen(release.url, timeout=_PATIENCE) as answer:
        total = int(answer.headers.get("Content-Length") or release.megabytes * 1_000_000)
        done = 0
        while chunk := answer.read(_CHUNK):
            out.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            watch(Progress(stage, done, max(total, done)))
    if answer.headers.get("Content-Length") and done != total:
        raise urllib.error.URLError("the connection broke off")
    return digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _noted(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None
