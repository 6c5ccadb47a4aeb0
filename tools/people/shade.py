"""Colour of a hit: materials, light, shadow and the look of skin, eyes and hair."""

from __future__ import annotations

import math

from tools.people.field import (
    distance,
)
from tools.people.hair import beard_mask, brow_hairs
from tools.people.head import lids, lip_line, nostril
from tools.people.shapes import bell, clamp, fast, length, noise, step


@fast
def shadow(s, x, y, z, nx, ny, nz):
    """Share of the key light that reaches a point, with soft edges."""
    dx, dy, dz = s.key_x, s.key_y, s.key_z
    ox, oy, oz = x + nx * 0.03, y + ny * 0.03, z + nz * 0.03
    t, lit = 0.03, 1.0
    for _ in range(16):
        d = distance(s, ox + dx * t, oy + dy * t, oz + dz * t)
        lit = min(lit, 0.5 + 0.5 * d / (0.11 * t + 0.012))
        if lit <= 0.0:
            return 0.0
        t += clamp(d, 0.035, 0.30)
        if t > 2.2 or d > 0.5:
            break
    return lit * lit * (3.0 - 2.0 * lit)


@fast
def occlusion(s, x, y, z, nx, ny, nz):
    """Share of the sky that a point sees, from three distances along its normal."""
    a, w, total = 0.0, 1.0, 0.0
    for i in range(3):
        h = 0.05 + 0.13 * i
        d = distance(s, x + nx * h, y + ny * h, z + nz * h)
        a += w * max(h - d, 0.0) / h
        total += w
        w *= 0.75
    return clamp(1.0 - 0.95 * a / total, 0.0, 1.0)


@fast
def skin_paint(s, x, y, z):
    """Albedo and gloss of skin: (r, g, b, gloss, wet)."""
    ax = abs(x)
    r, g, b = s.skin_r, s.skin_g, s.skin_b
    gloss, wet = 0.32, 0.0
    # slow variation: warm cheeks, nose and ears, paler brow, deeper sockets
    patch = noise(x * 3.1 + s.variety, y * 3.1, z * 3.1)
    pores = noise(x * 34.0, y * 34.0, z * 34.0)
    tone = 1.0 + 0.035 * patch + 0.020 * pores
    red = 0.0
    if z > -0.1:
        red += (
            0.95
            * bell(length((ax - 0.40) * 1.0, (y + 0.30) * 1.25, 0.0), 0.36)
            * (s.blush + 0.4 * max(s.smile, 0.0))
        )
        red += 0.55 * s.blush * bell(length(x, y - s.nose_y, z - s.nose_z), 0.28)
        red += 0.30 * s.blush * bell(length(x, y - s.chin_y - 0.1, 0.0), 0.25)
    red += 0.5 * step(0.66, 0.76, ax) * (abs(y - s.ear_y) < 0.35)
    red *= 0.9 - 0.45 * s.melanin
    r, g, b = (
        r * tone * (1.0 + 0.05 * red),
        g * tone * (1.0 - 0.20 * red),
        b * tone * (1.0 - 0.17 * red),
    )
    if z < 0.1 or y > 1.0:
        return r, g, b, gloss, wet
    # around the eyes
    t, above, below = lids(s, ax, y)
    socket = bell(length((ax - s.eye_x) * 0.85, y - s.eye_y - 0.01, 0.0), 0.30)
    dark = (0.10 + 0.16 * s.bag) * socket
    r, g, b = r * (1.0 - 0.75 * dark), g * (1.0 - 1.0 * dark), b * (1.0 - 0.95 * dark)
    if above > -0.02 and abs(t) < 1.3:
        line = (1.0 - step(0.012 + 0.020 * s.lash, 0.030 + 0.034 * s.lash, above)) * (
            1.0 - step(0.96, 1.14, abs(t))
        )
        if t > 0.5:
            line = max(
                line,
                s.lash
                * (1.0 - step(0.0, 0.032, abs(above - 0.30 * (t - 0.98))))
                * (1.0 - step(1.02, 1.26, t)),
            )
        line *= 0.55 + 0.45 * s.lash
        line *= step(-0.03, -0.01, -below + 0.04) if below > 0.0 else 1.0
        if below < 0.012 or t > 0.9:
            r, g, b = r + (0.018 - r) * line, g + (0.013 - g) * line, b + (0.012 - b) * line
    if below > -0.02 and abs(t) < 1.0 and above < 0.0:
        rim = 1.0 - step(0.004, 0.022, below)
        rim *= 0.35 + 0.25 * s.lash
        r, g, b = r * (1.0 - 0.55 * rim), g * (1.0 - 0.68 * rim), b * (1.0 - 0.66 * rim)
    # lips
    if y < -0.2:
        t, line, up, low, gap = lip_line(s, x)
        if abs(t) < 1.04:
            v = y - line
            top, bottom = v - gap * 0.35, -v - gap * 0.65
            inside = 0.0
            if top > -0.03 and v > 0.0:
                inside = 1.0 - step(up - 0.012, up + 0.012, top)
            elif bottom > -0.03:
                inside = 1.0 - step(low - 0.016, low + 0.014, bottom)
            inside *= 1.0 - step(0.90, 1.02, abs(t))
            k = inside * 0.92
            crease = 1.0 + 0.06 * noise(x * 70.0, y * 9.0, 1.0)
            r += (s.lip_r * crease - r) * k
            g += (s.lip_g * crease - g) * k
            b += (s.lip_b * crease - b) * k
            wet = 0.55 * inside
            if gap < 0.01:
                seam = bell(v, 0.013 + 0.006 * abs(t)) * (1.0 - step(0.98, 1.10, abs(t)))
                r, g, b = r * (1.0 - 0.62 * seam), g * (1.0 - 0.75 * seam), b * (1.0 - 0.74 * seam)
    if ax < 0.2 and abs(y - s.nose_y + 0.09) < 0.06:
        hole = 0.85 * step(0.05, 0.5, nostril(s, ax, y, z))
        r, g, b = r * (1.0 - 0.85 * hole), g * (1.0 - 0.93 * hole), b * (1.0 - 0.93 * hole)
    # freckles and moles
    if s.freckles > 0.0:
        zone = bell(length(ax - 0.26, (y + 0.22) * 1.3, 0.0), 0.42)
        spot = step(0.30, 0.62, noise(x * 17.0, y * 17.0, s.variety)) * zone * s.freckles
        spot += (
            0.6 * step(0.42, 0.7, noise(x * 29.0, y * 29.0, s.variety + 4.0)) * zone * s.freckles
        )
        spot = min(spot, 1.0)
        r, g, b = r * (1.0 - 0.26 * spot), g * (1.0 - 0.42 * spot), b * (1.0 - 0.5 * spot)
    for i in range(3):
        if s.mole[i, 2] > 0.0:
            spot = 1.0 - step(0.010, 0.022, length(x - s.mole[i, 0], y - s.mole[i, 1], 0.0))
            r, g, b = r * (1.0 - 0.7 * spot), g * (1.0 - 0.78 * spot), b * (1.0 - 0.8 * spot)
    # shaven or short beard and scalp
    if s.stubble > 0.0 and y < 0.1:
        m = step(-0.06, 0.07, beard_mask(s, x, ax, y, z)) * s.stubble
        m *= 0.8 + 0.4 * noise(x * 40.0, y * 40.0, z * 40.0)
        m = clamp(m, 0.0, 0.9)
        r, g, b = r + (s.brow_r - r) * m, g + (s.brow_g - g) * m, b + (s.brow_b - b) * m
        gloss *= 1.0 - 0.5 * m
    # brows
    if y > 0.0:
        m = brow_hairs(s, x, y) * s.brow_solid
        r, g, b = r + (s.brow_r - r) * m, g + (s.brow_g - g) * m, b + (s.brow_b - b) * m
        gloss *= 1.0 - 0.7 * m
    return r, g, b, gloss, wet


@fast
def scalp(s, x, y, z):
    """Cover of shaven hair painted on the scalp (0..1)."""
    if s.scalp <= 0.0 or y < -0.6:
        return 0.0
    line = (
        0.66
        + s.hairline_y
        - 0.55 * bell(abs(x) - 0.74, 0.40)
        - s.recede * 0.6 * bell(abs(x) - 0.34, 0.25)
    )
    front = (
        step(-0.03, 0.05, y - line)
        if z > 0.10
        else step(-0.04, 0.05, y + 0.12 + 0.5 * step(0.05, -0.6, z))
    )
    ear = step(0.0, 0.06, length(abs(x) - s.ear_x, y - s.ear_y, z - s.ear_z) - s.ear_r * 1.02)
    return s.scalp * front * ear * (0.85 + 0.2 * noise(x * 45.0, y * 45.0, z * 45.0))


@fast
def eye_paint(s, x, y, z):
    """Albedo of the eyeball and shade of the lids on it: (r, g, b, shade, iris share)."""
    side = 1.0 if x > 0.0 else -1.0
    ex, ey, _ez = x - side * s.eye_x, y - s.eye_y, z - s.eye_z
    gx, gy = s.gaze_x - side * 0.075, s.gaze_y
    dx, dy = ex / s.eye_r - gx, ey / s.eye_r - gy
    rho = math.sqrt(dx * dx + dy * dy)
    iris_r = s.iris_size
    r, g, b = 0.80, 0.765, 0.74
    corner = step(0.55, 0.98, abs(ex) / s.eye_r)
    g *= 1.0 - 0.12 * corner
    b *= 1.0 - 0.14 * corner
    cover = 1.0 - step(iris_r - 0.045, iris_r + 0.02, rho)
    if cover > 0.0:
        angle = math.atan2(dy, dx)
        k = rho / iris_r
        fibre = (
            1.0
            + 0.22 * noise(angle * 6.0, k * 2.0, s.variety)
            + 0.14 * noise(angle * 13.0, k * 3.0, 2.0)
        )
        glow = 1.0 + 0.75 * clamp(-dy / iris_r + 0.15 * dx / iris_r, -0.5, 1.0) * (1.0 - 0.2 * k)
        rim = step(0.72, 1.0, k)
        core = 1.0 - step(0.42, 0.75, k)
        warm = 0.35 * core
        ir = (s.iris_r * fibre * glow * (1.0 + 0.5 * warm)) * (1.0 - rim) + s.irim_r * rim * 0.7
        ig = (s.iris_g * fibre * glow * (1.0 + 0.1 * warm)) * (1.0 - rim) + s.irim_g * rim * 0.7
        ib = (s.iris_b * fibre * glow * (1.0 - 0.3 * warm)) * (1.0 - rim) + s.irim_b * rim * 0.7
        pupil = 1.0 - step(s.pupil - 0.03, s.pupil + 0.035, rho)
        ir, ig, ib = (
            ir * (1.0 - pupil) + 0.006 * pupil,
            ig * (1.0 - pupil) + 0.005 * pupil,
            ib * (1.0 - pupil) + 0.005 * pupil,
        )
        r, g, b = r + (ir - r) * cover, g + (ig - g) * cover, b + (ib - b) * cover
    t, above, below = lids(s, abs(x), y)
    shade = 1.0 - 0.62 * (1.0 - step(0.0, 0.085, -above)) - 0.20 * (1.0 - step(0.0, 0.03, -below))
    shade *= 1.0 - 0.45 * step(0.72, 1.0, abs(t))
    lash = (1.0 - step(0.004, 0.022 + 0.012 * s.lash, -above)) * (0.5 + 0.5 * s.lash)
    return (
        r * (1 - lash) + 0.01 * lash,
        g * (1 - lash) + 0.008 * lash,
        b * (1 - lash) + 0.008 * lash,
        shade,
        cover,
    )


@fast
def mouth_paint(s, x, y):
    """Teeth, gums, tongue or the dark behind them: (r, g, b, gloss)."""
    t, line, _up, _low, gap = lip_line(s, x)
    v = y - line
    edge = -0.10 + 0.02 * t * t
    reach = 1.0 - step(0.62, 0.92, abs(t))
    if v > edge:
        tooth = abs(math.sin(x * 26.0 + 1.5708))
        gap_line = 1.0 - 0.16 * step(0.93, 1.0, tooth)
        k = (
            (0.30 + 0.70 * reach)
            * gap_line
            * (1.0 - 0.35 * (1.0 - step(0.0, 0.05, gap * 0.35 - v)))
        )
        return 0.80 * k, 0.765 * k, 0.70 * k, 0.5
    tongue = step(-0.24, -0.34, v) * bell(x, 0.22)
    return 0.05 + 0.30 * tongue, 0.012 + 0.07 * tongue, 0.012 + 0.07 * tongue, 0.15
