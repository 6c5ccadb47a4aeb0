"""A cache of tensors on disk, addressed by the content that they were computed from."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.assets import ASSETS

SHIPPED = ASSETS / "cache"
CAP_BYTES = 2 * 1024**3


def content_key(*parts: object) -> str:
    """A key that changes whenever one of the parts does."""
    digest = hashlib.sha256()
    for part in parts:
        raw = str(part).encode()
        digest.update(f"{len(raw)}:".encode() + raw)
    return digest.hexdigest()[:40]


def user_cache_dir() -> Path:
    """Where this user's caches belong; the environment variable LETHE_CACHE overrides it."""
    if named := os.environ.get("LETHE_CACHE"):
        return Path(named)
    return user_cache_path("lethe", appauthor=False, opinion=False)


@dataclass(frozen=True)
class Store:
    """Tensors by key: read from `shipped` (never written), else from `root`.

    A cache is a convenience: a full disk, a damaged file or a read-only folder costs time and
    never the work, so nothing here raises.
    """

    root: Path
    cap_bytes: int = CAP_BYTES
    shipped: Path | None = None

    def get(self, key: str) -> dict[str, Tensor] | None:
        """What was put under `key`, or None when there is nothing sound."""
        for folder in (self.shipped, self.root):
            if folder is None:
                continue
            path = folder / f"{key}.safetensors"
            try:
                if not path.is_file():
                    continue
                tensors = load_file(path)
            except (OSError, SafetensorError, ValueError):
                if folder == self.root:
                    with contextlib.suppress(OSError):
                        path.unlink()
                continue
            if folder == self.root:
                with contextlib.suppress(OSError):
                    os.utime(path)
            return tensors
        return None

    def put(
        self, key: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
    ) -> bool:
        """Keep the tensors under `key`; False when the disk would not take them."""
        temporary = None
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.root, suffix=".part")
            os.close(handle)
            whole = {name: t.contiguous() for name, t in tensors.items()}
            save_file(whole, temporary, None if metadata is None else dict(metadata))
            os.replace(temporary, self.root / f"{key}.safetensors")
            temporary = None
            self._trim(keep=key)
        except (OSError, SafetensorError):
            return False
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
        return True

    def _trim(self, keep: str) -> None:
        """Drop the entries unused longest until the folder is within its cap."""
        entries = []
        for path in self.root.glob("*.safetensors"):
            with contextlib.suppress(OSError):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.cap_bytes:
                break
            if path.stem == keep:
                continue
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size


def default_store() -> Store:
    """The user's cache, below what came with Lethe."""
    return Store(user_cache_dir() / "tensors", shipped=SHIPPED)
