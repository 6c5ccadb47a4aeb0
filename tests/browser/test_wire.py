"""What comes over the wire."""

import gzip
import urllib.request

from benchmarks.first_paint import look

MOST = 900
"""Kilobytes before the first useful picture, on a phone's connection."""


def test_the_first_picture_is_light(chromium: object, site: str) -> None:
    """Catches a page that sends its HTML unpacked, or plotly before anybody has asked for it."""
    kilobytes, _ = look(chromium, site)
    assert 100 < kilobytes < MOST


def test_the_page_is_packed_for_those_who_can_open_it(site: str) -> None:
    """Catches HTML that is packed for none, or for all."""
    asked = urllib.request.Request(site, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = gzip.decompress(answer.read())
    with urllib.request.urlopen(site, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] is None
        assert len(answer.read()) == len(packed)
