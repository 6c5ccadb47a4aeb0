"""A person who never existed, as numbers: the shape, colours and habits that all photos share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tools.people.palette import (
    CLOTH,
    FRAMES,
    HAIR_DYED,
    HAIR_NATURAL,
    IRIS,
    Colour,
    linear,
    mix,
    skin_colour,
)

HAIR_STYLES = (
    "bald",
    "buzz",
    "receding",
    "side_part",
    "quiff",
    "crop",
    "curly_short",
    "afro",
    "pixie",
    "bob",
    "fringe_bob",
    "long_straight",
    "long_wavy",
    "long_curly",
    "bun",
    "top_knot",
    "ponytail",
    "braids",
    "puffs",
    "headscarf",
    "turban",
)
BEARDS = ("none", "stubble", "moustache", "goatee", "short", "full")
GLASSES = ("none", "round", "square", "wide")


class _Origin(NamedTuple):
    """A broad pool of correlated looks; a person mixes two of them, so nobody is a type."""

    melanin: tuple[float, float]
    curl: float
    dark_hair: float
    light_eyes: float
    fold: float
    nose_width: float
    nose_bridge: float
    lips: float


_ORIGINS = (
    _Origin((0.00, 0.20), 0.15, 0.25, 0.75, 0.05, -0.5, 0.5, -0.5),
    _Origin((0.15, 0.42), 0.35, 0.80, 0.25, 0.05, -0.1, 0.8, 0.0),
    _Origin((0.10, 0.38), 0.03, 0.99, 0.02, 0.90, 0.1, -0.6, 0.0),
    _Origin((0.35, 0.72), 0.20, 0.99, 0.05, 0.10, 0.1, 0.4, 0.2),
    _Origin((0.62, 1.00), 0.95, 1.00, 0.01, 0.05, 0.8, -0.5, 0.9),
    _Origin((0.28, 0.60), 0.15, 0.98, 0.03, 0.50, 0.3, 0.1, 0.3),
)


@dataclass(frozen=True)
class Person:
    """Everything that stays the same from photo to photo.

    Lengths are in units of about 10 cm around a head whose eyes lie at height 0; unnamed
    scales run from 0 to 1 or, where a neutral middle exists, from -1 to 1. Colours are linear RGB.
    """

    seed: int
    age: float
    masculine: float
    # bones and flesh
    face_width: float
    face_length: float
    jaw_width: float
    jaw_drop: float
    chin_width: float
    chin_forward: float
    cheekbone: float
    cheek_full: float
    forehead: float
    brow_ridge: float
    neck_width: float
    # eyes
    eye_size: float
    eye_spacing: float
    eye_tilt: float
    eye_open: float
    eye_round: float
    fold: float
    hood: float
    lash: float
    iris: Colour
    iris_rim: Colour
    # brows
    brow_thick: float
    brow_arch: float
    brow_height: float
    brow_tilt: float
    brow_length: float
    # nose
    nose_length: float
    nose_width: float
    nose_bridge: float
    nose_tip: float
    nose_forward: float
    nose_upturn: float
    # mouth
    mouth_width: float
    mouth_height: float
    lip_upper: float
    lip_lower: float
    cupid: float
    lip_colour: Colour
    mouth_rest: float
    # skin
    skin: Colour
    melanin: float
    blush: float
    freckles: float
    moles: tuple[tuple[float, float], ...]
    wrinkles: float
    # ears
    ear_size: float
    ear_out: float
    # hair
    hair_style: str
    hair_colour: Colour
    hair_grey: float
    hair_curl: float
    hair_volume: float
    hair_part: float
    hairline: float
    brow_colour: Colour
    beard: str
    beard_length: float
    # things worn always
    glasses: str
    glasses_colour: Colour
    earrings: float
    cloth: Colour
    cloth_style: int
    scarf_colour: Colour
    asymmetry: float


def _hair_style(rng, age, masculine, curl) -> str:
    if curl > 0.62:
        men = {"buzz": 4, "crop": 2, "curly_short": 4, "afro": 3, "bald": 2, "receding": 0.6}
        women = {"afro": 4, "curly_short": 2, "puffs": 3, "long_curly": 4, "braids": 3, "bun": 2}
        women |= {"buzz": 1, "top_knot": 2, "headscarf": 1.5}
    else:
        men = {"side_part": 5, "quiff": 4, "crop": 4, "buzz": 2, "receding": 1, "bald": 1}
        men |= {"curly_short": 1 + 5 * curl, "long_wavy": 0.6, "turban": 0.5, "top_knot": 0.5}
        women = {"bob": 4, "fringe_bob": 3, "long_straight": 4 - 3 * curl, "long_wavy": 4}
        women |= {"bun": 2, "ponytail": 3, "pixie": 2.5, "braids": 1.5, "top_knot": 1.5}
        women |= {"headscarf": 1.3, "long_curly": 1 + 4 * curl}
    if age < 20:
        for style in ("bald", "receding", "turban", "headscarf"):
            men.pop(style, None)
            women.pop(style, None)
        women |= {"puffs": 2 if curl > 0.4 else 1.0, "braids": 3}
    if age > 45:
        men |= {"receding": 5, "bald": 4}
        men.pop("curly_short", None)
    if age > 62:
        for style in ("puffs", "braids", "long_straight", "fringe_bob"):
            women.pop(style, None)
        women |= {"curly_short": 3, "bob": 4, "bun": 4}
    pool = men if masculine > 0.5 else women
    weights = np.array(list(pool.values()))
    return str(rng.choice(list(pool), p=weights / weights.sum()))


def sample_person(seed: int) -> Person:
    """Draw the person that belongs to `seed`; the same seed always gives the same person."""
    rng = np.random.default_rng([0x1E7E, int(seed)])

    def spread(scale: float, middle: float = 0.0) -> float:
        return float(middle + scale * np.clip(rng.normal(), -2.1, 2.1))

    first, second = (_ORIGINS[i] for i in rng.choice(len(_ORIGINS), 2))
    blend = float(rng.choice([0.0, 0.0, rng.uniform(0.1, 0.5)]))

    def inherit(name: str) -> float:
        return getattr(first, name) * (1 - blend) + getattr(second, name) * blend

    group = rng.choice(4, p=[0.14, 0.52, 0.20, 0.14])
    age = float(rng.uniform(*((6, 14), (18, 42), (42, 62), (62, 84))[group]))
    child = float(np.clip((17 - age) / 10, 0, 1))
    old = float(np.clip((age - 45) / 35, 0, 1))
    masculine = float(np.clip(rng.choice([0.16, 0.84]) + spread(0.12), 0, 1))
    grown = 1 - child
    edge = (masculine - 0.5) * 2 * (0.3 + 0.7 * grown)

    low, high = first.melanin
    other = float(rng.uniform(*second.melanin))
    melanin = float(np.clip(rng.uniform(low, high) * (1 - blend) + other * blend, 0, 1))
    tone = np.array(skin_colour(melanin))
    warm, red = spread(0.05), spread(0.06)
    tone = tone * np.array([1 + 0.4 * red, 1 - 0.35 * red, 1 - 0.5 * warm - 0.2 * red])
    skin = tuple(float(v) for v in np.clip(tone, 0.008, 0.95))

    curl = float(np.clip(inherit("curl") + spread(0.14), 0, 1))
    if rng.random() < inherit("dark_hair"):
        natural = str(rng.choice(["black", "black", "dark brown"]))
    else:
        pool = ["brown", "chestnut", "auburn", "ginger", "dark blond", "blond", "platinum"]
        natural = str(rng.choice(pool, p=[0.26, 0.16, 0.1, 0.14, 0.16, 0.13, 0.05]))
    base_hair = HAIR_NATURAL[natural]
    grey = 0.0
    if age > 44:
        grey = float(np.clip((age - 50) / 24 + spread(0.25), 0, 1))
    silver = linear(*((206, 205, 204) if rng.random() < 0.6 else (150, 150, 154)))
    hair = mix(base_hair, silver, grey)
    if grown > 0.9 and age < 45 and masculine < 0.5 and rng.random() < 0.06:
        hair = HAIR_DYED[rng.integers(len(HAIR_DYED))]
    brow = mix(mix(base_hair, (0.02, 0.015, 0.012), 0.35), silver, grey * 0.7)

    if rng.random() < inherit("light_eyes"):
        eye = str(rng.choice(["blue", "blue", "green", "grey", "hazel"]))
    else:
        eye = str(rng.choice(["dark", "brown", "brown", "hazel"], p=[0.4, 0.25, 0.25, 0.1]))
        if melanin > 0.55:
            eye = str(rng.choice(["dark", "brown"]))
    iris, rim = IRIS[eye]

    style = _hair_style(rng, age, masculine, curl)
    beard = "none"
    if masculine > 0.5 and age > 20:
        beard = str(rng.choice(BEARDS, p=[0.36, 0.2, 0.1, 0.1, 0.14, 0.1]))
        if style == "turban":
            beard = "full"
    frames = 0.14 + 0.3 * old - 0.06 * child
    glasses = str(rng.choice(GLASSES[1:])) if rng.random() < frames else "none"
    pale_lip = mix(skin, linear(196, 96, 90), 0.42)
    deep_lip = mix(skin, linear(128, 60, 58), 0.40)
    lip = mix(pale_lip, deep_lip, melanin)
    if masculine < 0.4 and grown > 0.8 and rng.random() < 0.45:
        paint = linear(
            *[(178, 48, 58), (190, 86, 84), (150, 50, 80), (200, 100, 86)][rng.integers(4)]
        )
        lip = mix(lip, paint, float(rng.uniform(0.3, 0.7)))
    lip_size = 1.02 + 0.22 * inherit("lips") - 0.20 * edge - 0.22 * old

    return Person(
        seed=int(seed),
        age=age,
        masculine=masculine,
        face_width=1 + spread(0.045) + 0.04 * child + 0.015 * edge,
        face_length=1 + spread(0.04) - 0.10 * child,
        jaw_width=0.365 + spread(0.04) + 0.045 * edge * grown - 0.02 * child,
        jaw_drop=spread(0.035) + 0.03 * edge,
        chin_width=0.125 + spread(0.025) + 0.045 * edge * grown,
        chin_forward=spread(0.03),
        cheekbone=spread(0.5) - 0.2 * child,
        cheek_full=spread(0.4) + 1.2 * child - 0.3 * old,
        forehead=spread(0.04) + 0.07 * child,
        brow_ridge=max(0.0, 0.25 + spread(0.25) + 0.4 * edge * grown),
        neck_width=0.345 + 0.055 * edge * grown - 0.05 * child + spread(0.015),
        eye_size=1 + spread(0.055) + 0.17 * child - 0.06 * edge - 0.05 * old,
        eye_spacing=1 + spread(0.045),
        eye_tilt=spread(0.07) + 0.06 * inherit("fold") - 0.04 * edge - 0.07 * old,
        eye_open=1
        + spread(0.10)
        - 0.14 * inherit("fold")
        - 0.08 * edge
        - 0.10 * old
        + 0.08 * child,
        eye_round=spread(0.4) + 0.4 * child,
        fold=float(np.clip(inherit("fold") + spread(0.08), 0, 1)),
        hood=float(np.clip(spread(0.3) + 0.5 * old + 0.3 * edge, -0.4, 1.2)),
        lash=float(np.clip(0.55 - 0.4 * edge + spread(0.12), 0.12, 1)),
        iris=iris,
        iris_rim=rim,
        brow_thick=max(0.5, 1 + spread(0.2) + 0.28 * edge - 0.35 * child),
        brow_arch=0.45 + spread(0.28) - 0.25 * edge,
        brow_height=spread(0.022) - 0.015 * edge + 0.015 * child,
        brow_tilt=spread(0.05),
        brow_length=1 + spread(0.07),
        nose_length=1 + spread(0.075) - 0.20 * child + 0.06 * old + 0.03 * edge,
        nose_width=1 + 0.17 * inherit("nose_width") + spread(0.09) + 0.07 * edge - 0.10 * child,
        nose_bridge=0.55 * inherit("nose_bridge") + spread(0.35) - 0.5 * child + 0.15 * edge,
        nose_tip=1 + spread(0.11) + 0.06 * old + 0.05 * edge - 0.06 * child,
        nose_forward=spread(0.035) - 0.05 * child + 0.015 * edge,
        nose_upturn=spread(0.4) + 0.5 * child - 0.3 * old,
        mouth_width=1 + spread(0.085) + 0.04 * edge - 0.10 * child,
        mouth_height=spread(0.022),
        lip_upper=max(0.45, lip_size + spread(0.14)),
        lip_lower=max(0.45, lip_size + spread(0.14)),
        cupid=float(np.clip(0.5 + spread(0.3), 0, 1)),
        lip_colour=lip,
        mouth_rest=spread(0.25, 0.2),
        skin=skin,
        melanin=melanin,
        blush=float(np.clip(0.45 + spread(0.25) + 0.3 * child, 0.05, 1.2)),
        freckles=float(rng.uniform(0.4, 1)) if rng.random() < 0.35 - 0.6 * melanin else 0.0,
        moles=tuple(
            (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.85, 0.35)))
            for _ in range(int(rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])))
        ),
        wrinkles=float(np.clip(old * 0.9 + 0.15 * max(0, age - 30) / 30 + spread(0.06), 0, 1)),
        ear_size=1 + spread(0.08) + 0.10 * old - 0.08 * child,
        ear_out=float(np.clip(0.3 + spread(0.3), 0, 1)),
        hair_style=style,
        hair_colour=hair,
        hair_grey=grey,
        hair_curl=curl,
        hair_volume=float(np.clip(spread(0.45), -1, 1)),
        hair_part=float(rng.choice([-1, 1])) * float(rng.uniform(0.12, 0.34)),
        hairline=spread(0.03),
        brow_colour=brow,
        beard=beard,
        beard_length=float(rng.uniform(0.3, 1)),
        glasses=glasses,
        glasses_colour=FRAMES[rng.integers(len(FRAMES))],
        earrings=float(masculine < 0.45 and grown > 0.6 and rng.random() < 0.45),
        cloth=CLOTH[rng.integers(len(CLOTH))],
        cloth_style=int(rng.integers(3)),
        scarf_colour=CLOTH[rng.integers(len(CLOTH))],
        asymmetry=spread(0.5),
    )
