"""Hair styles and beards as numbers of a scene record."""

from __future__ import annotations

import math

import numpy as np

from tools.people.person import Person


def beard(p: Person) -> dict[str, float]:
    """The beard's fields of a scene record."""
    full = {
        "none": {},
        "stubble": {"stubble": 0.30 + 0.25 * p.beard_length},
        "moustache": {"beard_thick": 0.045, "stubble": 0.1},
        "goatee": {"beard_thick": 0.05, "beard_chin": 1.0, "beard_long": 0.5},
        "short": {"beard_thick": 0.04, "beard_chin": 1.0, "beard_side": 1.0, "stubble": 0.55},
        "full": {
            "beard_thick": 0.07,
            "beard_chin": 1.0,
            "beard_side": 1.0,
            "beard_long": 0.6 + 1.4 * p.beard_length,
            "stubble": 0.6,
        },
    }[p.beard]
    return {"stache": 1.0, "beard_rise": 1.35, **full}


def hair(p: Person, head: dict[str, float]) -> dict[str, float]:
    """The fields of hair, head scarf or turban; `head` holds the cranium they sit on."""
    style, v, curl = p.hair_style, p.hair_volume, p.hair_curl
    part = p.hair_part
    h = {
        "hair_on": 1.0,
        "edge": 0.035,
        "jag": 0.025,
        "thin": 0.055,
        "burn_y": -0.14,
        "nape_y": -0.62,
        "op_y": -0.20,
        "op_rx": 0.645 * p.face_width,
        "op_ry": 0.86 + p.hairline + 0.6 * p.forehead,
        "op_z": 0.13,
        "op_cos": 1.0,
        "op_pow": 2.6,
        "crown_x": part,
        "crown_z": -0.30,
        "lock": 0.016,
        "lock_rate": 5.0,
        "strand_rate": 34.0,
        "hair_shine": 1.0 - 0.5 * p.hair_grey,
        "hairline_y": p.hairline,
        "wave_rate": 7.0,
    }
    top, side, back = 0.13 + 0.04 * v, 0.075 + 0.02 * v, 0.09
    wavy = float(np.clip((curl - 0.2) / 0.4, 0, 1))

    def tilt(angle: float) -> None:
        h["op_cos"], h["op_sin"] = math.cos(angle), math.sin(angle)

    def fall(to: float, flare: float, taper: float, width: float) -> None:
        h.update(long=1.0, len_y=to, flare=flare, taper=taper, op_z=-0.02, op_narrow=0.10)
        h.update(op_rx=width * p.face_width, edge=0.05)

    if style == "bald":
        h.update(hair_on=0.0)
    elif style == "buzz":
        h.update(hair_on=0.0, scalp=0.86)
    elif style == "receding":
        top, side = 0.03, 0.07
        h.update(bare_top=0.5 + 0.5 * abs(v), scalp=0.12, recede=1.0)
    elif style == "side_part":
        h.update(
            part=0.030, crown_z=0.05, thin=0.03, quiff=0.17 + 0.04 * v, quiff_y=0.96 + p.forehead
        )
        h.update(op_rx=h["op_rx"] + 0.05, op_ry=h["op_ry"] + 0.05, burn_y=-0.05)
        side = 0.045
        tilt(-0.22 * np.sign(part))
    elif style == "quiff":
        h.update(
            thin=0.02,
            flow=1.0,
            quiff=0.24 + 0.04 * v,
            quiff_y=0.98 + p.forehead,
            lock_rate=7.0,
            lock=0.022,
        )
        h["crown_x"] = part * 0.4
        h.update(op_rx=h["op_rx"] + 0.05, op_ry=h["op_ry"] + 0.05, burn_y=-0.05)
        side = 0.04
    elif style == "crop":
        h.update(lock=0.026, lock_rate=8.0, jag=0.07)
        h.update(op_rx=h["op_rx"] + 0.05, op_ry=h["op_ry"] - 0.04, burn_y=-0.05, op_pow=3.4)
        top, side = 0.11, 0.045
    elif style == "pixie":
        h.update(lock=0.024, lock_rate=6.0, jag=0.06, burn_y=-0.28, part=0.02, crown_z=0.0)
        h["op_ry"] -= 0.12
        tilt(-0.30 * np.sign(part))
        side += 0.02
    elif style == "curly_short":
        h.update(thin=0.02, lock=0.0, curl=0.038, curl_rate=6.5, hair_shine=0.4, jag=0.015)
        h["op_ry"] -= 0.05
        top, side, back = 0.20 + 0.05 * v, 0.12, 0.12
    elif style == "afro":
        h.update(
            thin=0.05, lock=0.0, curl=0.030, curl_rate=8.5, hair_shine=0.3, nape_y=-0.75, jag=0.012
        )
        size = 0.36 + 0.10 * v
        top, side, back = size, size * 0.9, size * 0.8
        h.update(op_ry=h["op_ry"] - 0.02, burn_y=-0.20)
    elif style in ("bob", "fringe_bob"):
        fall(-0.78 - 0.12 * v, 0.12, 0.25, 0.60)
        h.update(part=0.03 if style == "bob" else 0.0, crown_z=0.05, wave=0.05 * wavy)
        if style == "fringe_bob":
            h["crown_x"] = 0.0
            h["op_ry"] -= 0.30
            h["jag"] = 0.05
        else:
            h.update(op_pow=1.9, jag=0.015)
            tilt(-0.20 * np.sign(part))
    elif style in ("long_straight", "long_wavy", "long_curly"):
        fall(-1.75, 0.14, 0.22, 0.60)
        h.update(part=0.03, crown_z=0.05, op_pow=1.8, jag=0.012)
        h["op_ry"] += 0.06
        if style == "long_wavy":
            h.update(wave=0.10, wave_rate=6.0, lock=0.035, lock_rate=4.5, flare=0.22)
        if style == "long_curly":
            h.update(lock=0.01, curl=0.045, curl_rate=5.5, hair_shine=0.5, part=0.0, jag=0.02)
            top, side, back, h["flare"] = 0.22, 0.18, 0.16, 0.30
        if abs(part) > 0.25:
            tilt(-0.18 * np.sign(part))
            h["op_ry"] -= 0.04
        else:
            h["crown_x"] = part * 0.2
    elif style in ("bun", "top_knot", "ponytail"):
        h.update(flow=1.0, lock=0.010, lock_rate=8.0, crown_x=0.0, extra=1.0, jag=0.01)
        top, side, back = 0.07, 0.035, 0.06
        if style == "bun":
            h.update(bun_r=0.30, bun_y=0.62, bun_z=-1.12)
        elif style == "top_knot":
            h.update(bun_r=0.27 + 0.05 * v, bun_y=1.34 + p.forehead, bun_z=-0.35)
        else:
            h.update(tail=1.0, tail_side=float(np.sign(part)))
    elif style == "braids":
        h.update(part=0.035, crown_x=0.0, crown_z=0.05, extra=1.0, braid=1.0, lock=0.010)
        top, side = 0.09, 0.06
    elif style == "puffs":
        h.update(flow=1.0, extra=1.0, puff_r=0.34 + 0.05 * v, crown_x=0.0, part=0.03)
        h.update(lock=0.012, lock_rate=9.0)
        if curl > 0.4:
            h.update(curl=0.024, curl_rate=9.0, hair_shine=0.35)
        top, side, back = 0.06, 0.035, 0.05
    elif style == "headscarf":
        h.update(
            hair_on=0.0, wrap=1.0, op_rx=0.585 * p.face_width, op_ry=0.68, op_y=-0.10, op_z=0.12
        )
        h.update(op_narrow=0.35)
        top, side, back = 0.16, 0.11, 0.18
    elif style == "turban":
        h.update(hair_on=0.0, wrap=2.0, burn_y=0.40)
        top, side, back = 0.26, 0.15, 0.20
    h.setdefault("scalp", 0.0)
    return h | {
        "hv_y": head["cr_y"] + top * 0.30,
        "hv_z": head["cr_z"] - back * 0.35,
        "hv_rx": head["cr_rx"] + side,
        "hv_ry": head["cr_ry"] + top * 0.75,
        "hv_rz": head["cr_rz"] + 0.035 + back * 0.75,
    }
