"""One photo of a person, as numbers: pose, expression, light, camera and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.people.palette import Colour, linear, mix
from tools.people.person import Person

PORTRAIT = 0
"""The shot seed of a calm studio portrait: nearly frontal, friendly, well lit."""
OCCLUSIONS = ("none", "cap", "beanie", "scarf", "sunglasses", "hand")


@dataclass(frozen=True)
class Shot:
    """What changes from photo to photo. Angles in radians, directions in camera space (x right, y
    up, z towards the camera), colours linear RGB, `focus` and `softness` as fractions of a face."""

    seed: int
    yaw: float
    pitch: float
    roll: float
    body_yaw: float
    # expression
    smile: float
    open: float
    brows: float
    frown: float
    blink: float
    squint: float
    gaze: tuple[float, float]
    # light
    key: tuple[float, float, float]
    key_colour: Colour
    rim: tuple[float, float, float]
    rim_colour: Colour
    sky: Colour
    ground: Colour
    # camera
    distance: float
    jitter: tuple[float, float, float, float]
    exposure: float
    cast: Colour
    contrast: float
    blur: float
    noise: float
    jpeg: int
    # surroundings
    backdrop: tuple[Colour, Colour]
    backdrop_kind: int
    occlusion: str
    occlusion_colour: Colour
    occlusion_side: float
    cloth: Colour


_BACKDROPS = tuple(
    (linear(*a), linear(*b))
    for a, b in (
        ((206, 214, 220), (150, 164, 178)),
        ((226, 214, 196), (176, 150, 124)),
        ((96, 116, 120), (40, 56, 64)),
        ((176, 196, 168), (88, 118, 92)),
        ((222, 190, 170), (150, 104, 96)),
        ((120, 140, 176), (52, 64, 100)),
        ((240, 236, 228), (206, 200, 190)),
        ((84, 74, 78), (34, 30, 36)),
        ((228, 184, 110), (166, 104, 60)),
        ((150, 190, 206), (86, 130, 160)),
    )
)
_WARMTH = (linear(255, 200, 150), linear(255, 248, 240), linear(214, 230, 255))
_THINGS = ((168, 56, 48), (46, 60, 96), (60, 96, 80), (214, 168, 76), (70, 66, 72), (200, 190, 176))


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    flat = np.cos(elevation)
    return (
        float(np.sin(azimuth) * flat),
        float(np.sin(elevation)),
        float(np.cos(azimuth) * flat),
    )


def sample_shot(seed: int, person: Person) -> Shot:
    """Draw photo `seed` of `person`; the pair of seeds decides every bit of it.

    Seed `PORTRAIT` gives a portrait that shows the person at their best.
    """
    rng = np.random.default_rng([0x5407, person.seed, int(seed)])

    def normal(scale: float, limit: float = 2.2) -> float:
        return float(scale * np.clip(rng.normal(), -limit, limit))

    yaw = normal(0.27)
    pitch = normal(0.11)
    mood = rng.random()
    smile = float(np.clip(0.28 + normal(0.32), -0.25, 1.0))
    mouth_open = 0.0
    if mood < 0.24:
        smile, mouth_open = float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.3, 0.8))
    elif mood < 0.30:
        smile, mouth_open = float(rng.uniform(-0.1, 0.3)), float(rng.uniform(0.4, 0.9))
    blink = float(rng.uniform(0.55, 1.0)) if rng.random() < 0.045 else 0.0
    brows = normal(0.45)
    warmth = float(np.clip(rng.beta(2, 2), 0, 1))
    tint = (
        mix(_WARMTH[0], _WARMTH[1], warmth * 2)
        if warmth < 0.5
        else mix(_WARMTH[1], _WARMTH[2], warmth * 2 - 1)
    )
    strength = float(np.exp(normal(0.22)))
    hard = rng.random()
    fill = float(rng.uniform(0.14, 0.34) if hard < 0.3 else rng.uniform(0.34, 0.75))
    backdrop = _BACKDROPS[rng.integers(len(_BACKDROPS))]
    brighter = float(np.exp(normal(0.2)))
    backdrop = tuple(tuple(float(v * brighter) for v in c) for c in backdrop)
    sky = mix(mix(backdrop[0], (0.75, 0.8, 0.9), 0.55), tint, 0.15)
    ground = mix(backdrop[1], (0.45, 0.30, 0.22), 0.5)
    key = _direction(normal(0.62, 1.9), float(rng.uniform(0.05, 0.95)))
    rim_on = float(rng.random() < 0.6) * float(rng.uniform(0.3, 1.2))
    side = float(rng.choice([-1, 1]))
    rim = _direction(side * float(rng.uniform(2.0, 2.6)), float(rng.uniform(0.1, 0.7)))
    cast = tuple(float(np.exp(normal(0.045))) for _ in range(3))
    occlusion = "none"
    if rng.random() < 0.10:
        options = ["cap", "beanie", "scarf", "sunglasses", "hand"]
        occlusion = str(rng.choice(options, p=[0.24, 0.2, 0.22, 0.12, 0.22]))
    if person.hair_style in ("headscarf", "turban") and occlusion in ("cap", "beanie"):
        occlusion = "none"
    thing = linear(*_THINGS[rng.integers(len(_THINGS))])
    cloth = person.cloth
    if rng.random() < 0.6:
        cloth = linear(*_THINGS[rng.integers(len(_THINGS))])

    shot = Shot(
        seed=int(seed),
        yaw=yaw,
        pitch=pitch,
        roll=normal(0.06),
        body_yaw=yaw * float(rng.uniform(0.1, 0.7)),
        smile=smile,
        open=mouth_open,
        brows=brows,
        frown=float(np.clip(normal(0.3), 0, 0.5)) if smile < 0.3 else 0.0,
        blink=blink,
        squint=float(np.clip(normal(0.2) + 0.35 * max(0.0, smile - 0.4), 0, 0.6)),
        gaze=(normal(0.16) - 0.55 * yaw * float(rng.random() < 0.7), normal(0.07) + 0.5 * pitch),
        key=key,
        key_colour=tuple(float(v * strength) for v in tint),
        rim=rim,
        rim_colour=tuple(float(v * rim_on) for v in mix(tint, (0.8, 0.9, 1.0), 0.6)),
        sky=tuple(float(v * fill) for v in sky),
        ground=tuple(float(v * fill) for v in ground),
        distance=float(rng.uniform(5.0, 11.0)),
        jitter=(normal(0.012), normal(0.012), normal(0.02), normal(0.02)),
        exposure=float(np.exp(normal(0.20))),
        cast=cast,
        contrast=float(np.exp(normal(0.08))),
        blur=float(rng.uniform(0.0, 0.6)) if rng.random() < 0.8 else float(rng.uniform(0.6, 1.0)),
        noise=float(rng.uniform(0.002, 0.014)),
        jpeg=int(rng.integers(62, 96)),
        backdrop=backdrop,
        backdrop_kind=int(rng.integers(3)),
        occlusion=occlusion,
        occlusion_colour=thing,
        occlusion_side=float(rng.choice([-1, 1])),
        cloth=cloth,
    )
    return _portrait(shot, rng) if int(seed) == PORTRAIT else shot


def _portrait(shot: Shot, rng: np.random.Generator) -> Shot:
    side = float(rng.choice([-1, 1]))
    turned = -side * float(rng.uniform(0.05, 0.22))
    plain = _BACKDROPS[int(rng.choice([0, 1, 3, 4, 6, 9]))]
    return replace(
        shot,
        yaw=turned,
        pitch=0.02,
        roll=0.0,
        body_yaw=turned * 0.4,
        smile=float(rng.uniform(0.3, 0.6)),
        open=0.0,
        brows=0.15,
        frown=0.0,
        blink=0.0,
        squint=0.05,
        gaze=(0.0, 0.0),
        key=_direction(side * 0.55, 0.50),
        key_colour=mix(_WARMTH[1], _WARMTH[0], 0.15),
        rim=_direction(-side * 2.3, 0.35),
        rim_colour=(0.62, 0.66, 0.72),
        sky=(0.40, 0.42, 0.46),
        ground=(0.25, 0.21, 0.19),
        distance=8.0,
        jitter=(0.0, 0.0, 0.0, 0.0),
        exposure=1.0,
        cast=(1.0, 1.0, 1.0),
        contrast=1.0,
        blur=0.1,
        noise=0.002,
        jpeg=96,
        backdrop=plain,
        backdrop_kind=0,
        occlusion="none",
    )
