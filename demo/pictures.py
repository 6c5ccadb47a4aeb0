"""Small pictures of photos for the page, kept as long as their gallery is open and no longer."""

import base64
import threading
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from markupsafe import Markup

from engine.gallery import Gallery

KEPT = 4096
"""Pictures kept of one gallery."""

_kept: WeakKeyDictionary[Gallery, LRUCache[tuple[int, int], Markup]] = WeakKeyDictionary()
_lock = threading.Lock()


def data_address(gallery: Gallery, photo: int, size: int) -> Markup:
    """A photo as a `data:` address, small enough to travel inside the page.

    It has no sign that HTML knows, and looking for some in each would cost a dragged slider most
    of its rendering.
    """
    with _lock:
        own = _kept.setdefault(gallery, LRUCache(KEPT))
        found = own.get((photo, size))
    if found is None:
        found = address(gallery.thumbnail(photo, size))
        with _lock:
            own[photo, size] = found
    return found


def address(webp: bytes) -> Markup:
    """A WebP picture as a `data:` address."""
    return Markup("data:image/webp;base64," + base64.b64encode(webp).decode())
