"""Small pictures of photos for the page, kept as long as their gallery is open and no longer."""

import base64
import threading
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from markupsafe import Markup, escape

from demo.palette import light
from engine.gallery import Gallery

KEPT = 4096
"""Pictures kept of one gallery."""

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56"><rect width="56" height="56" '
    f'fill="{light("mark")}"/><text x="28" y="36" text-anchor="middle" '
    'font-family="system-ui,sans-serif" font-size="22" font-weight="500" '
    f'fill="{light("on-fill")}">{{letters}}</text></svg>'
)
"""The same in light and dark, and none of the four colours that mean something."""

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
        found = (
            address(gallery.thumbnail(photo, size)) if gallery.pictured else _mark(gallery, photo)
        )
        with _lock:
            own[photo, size] = found
    return found


def _mark(gallery: Gallery, photo: int) -> Markup:
    """A person's initials on plain grey, where no photos came; in the browser's own letters."""
    name = gallery.display(int(gallery.labels[photo]))
    words = [word for word in name.split() if word[0].isalnum()] or [name]
    letters = "".join(word[0] for word in (words if len(words) < 3 else (words[0], words[-1])))
    picture = MARK.format(letters=escape(letters.upper()))
    return Markup("data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode())


def address(webp: bytes) -> Markup:
    """A WebP picture as a `data:` address."""
    return Markup("data:image/webp;base64," + base64.b64encode(webp).decode())
