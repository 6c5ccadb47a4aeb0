"""The renderer's own code as a key: what was rendered by other code is not used again."""

import hashlib
from pathlib import Path

from engine import warp
from tools.people.kernel import SOURCES

_LOOKS = ("person", "photo", "styles", "palette", "scene", "finish", "render", *SOURCES)


def renderer_key() -> str:
    """Names the renderer: it changes with every change to the code behind the photos."""
    digest = hashlib.sha256(Path(warp.__file__).read_bytes())
    for name in _LOOKS:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]
