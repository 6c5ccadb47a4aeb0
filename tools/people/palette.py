"""Colours of skin, hair, eyes and cloth, in linear RGB."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]


def linear(r: float, g: float, b: float) -> Colour:
    """An 8-bit sRGB colour as linear RGB in 0..1."""
    c = np.array([r, g, b]) / 255
    return tuple(float(v) for v in np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))


def mix(a: Colour, b: Colour, t: float) -> Colour:
    return tuple(float(u + (v - u) * t) for u, v in zip(a, b, strict=True))


_SKIN_KNOTS = (0.0, 0.14, 0.28, 0.42, 0.56, 0.70, 0.84, 1.0)
_SKIN = tuple(
    linear(*c)
    for c in (
        (231, 194, 177),
        (225, 183, 161),
        (215, 167, 141),
        (200, 149, 119),
        (171, 121, 93),
        (140, 95, 71),
        (109, 73, 55),
        (82, 55, 44),
    )
)
HAIR_NATURAL = {
    "black": linear(28, 24, 25),
    "dark brown": linear(52, 34, 26),
    "brown": linear(92, 58, 38),
    "chestnut": linear(122, 66, 38),
    "auburn": linear(146, 66, 34),
    "ginger": linear(196, 98, 42),
    "dark blond": linear(164, 122, 74),
    "blond": linear(214, 172, 108),
    "platinum": linear(236, 214, 170),
}
HAIR_DYED = (
    linear(150, 62, 86),
    linear(46, 86, 110),
    linear(92, 70, 120),
    linear(186, 120, 128),
)
IRIS = {
    "dark": (linear(70, 42, 24), linear(30, 18, 12)),
    "brown": (linear(116, 70, 34), linear(46, 26, 14)),
    "hazel": (linear(140, 104, 48), linear(62, 50, 28)),
    "green": (linear(104, 136, 76), linear(40, 62, 40)),
    "blue": (linear(108, 154, 196), linear(38, 66, 104)),
    "grey": (linear(140, 158, 168), linear(60, 74, 88)),
}
CLOTH = tuple(
    linear(*c)
    for c in (
        (46, 62, 92),
        (168, 62, 52),
        (214, 160, 60),
        (70, 110, 96),
        (226, 220, 208),
        (60, 58, 62),
        (128, 90, 130),
        (96, 140, 176),
        (200, 120, 110),
        (112, 120, 72),
        (188, 174, 150),
        (36, 92, 104),
        (236, 196, 180),
        (84, 52, 48),
    )
)
FRAMES = (
    linear(30, 28, 30),
    linear(92, 54, 30),
    linear(150, 40, 44),
    linear(40, 60, 96),
    linear(176, 150, 92),
    linear(120, 122, 126),
)


def skin_colour(melanin: float) -> Colour:
    """The base skin colour (linear RGB) at a melanin level from 0 (fair) to 1 (deep)."""
    return tuple(float(np.interp(melanin, _SKIN_KNOTS, [c[i] for c in _SKIN])) for i in range(3))
