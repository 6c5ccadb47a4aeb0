"""The distance field of hair, beards and head cloths."""

from __future__ import annotations

import math

from tools.people.head import brow, lip_line
from tools.people.shapes import (
    bell,
    both,
    capsule,
    carve,
    clamp,
    ellipsoid,
    fast,
    join,
    length,
    noise,
    step,
)


@fast
def flow(s, x, y, z):
    """A coordinate that is constant along a strand and grows across strands."""
    if s.flow < 0.5:  # falling from a crown point
        u = math.atan2(x - s.crown_x, z - s.crown_z) * 0.62
    else:  # combed back from the forehead
        u = math.atan2(x - s.crown_x, y + 0.15) * 0.8
    if s.wave > 0.0:
        u += s.wave * math.sin(y * s.wave_rate + 2.5 * u) * step(0.5, -0.4, y)
    return u


@fast
def locks(s, x, y, z):
    """Height of locks and curls over the smooth volume of the hair."""
    h = 0.0
    if s.lock > 0.0:
        u = flow(s, x, y, z)
        n = noise(u * s.lock_rate, 0.35 * y + 7.0, s.variety)
        m = noise(u * s.lock_rate * 2.7, 0.6 * y, s.variety + 3.0)
        h += s.lock * (n + 0.45 * m)
    if s.curl > 0.0:
        # a gyroid bent by noise: round tubes that wind through each other
        r = s.curl_rate * 3.0
        w = 2.2 * noise(x * 2.6 + s.variety, y * 2.6, z * 2.6)
        a, b, c = x * r + w, y * r - w, z * r + 1.7 * w
        h += (
            0.55
            * s.curl
            * (math.sin(a) * math.cos(b) + math.sin(b) * math.cos(c) + math.sin(c) * math.cos(a))
        )
        h += 0.5 * s.curl * noise(x * r * 0.8, y * r * 0.8, z * r * 0.8)
    return h


@fast
def opening(s, x, y, z):
    """Distance-like value of the window that hair leaves for the face, negative inside it."""
    px, py = x - s.op_x, y - s.op_y
    qx = px * s.op_cos + py * s.op_sin
    qy = py * s.op_cos - px * s.op_sin
    rx = s.op_rx
    if qy < 0.0:
        rx = rx * (1.0 - s.op_narrow * clamp(-qy, 0.0, 1.0))
        qy = 0.0
    ux, uy = abs(qx) / rx, qy / s.op_ry
    r = (ux**s.op_pow + uy**s.op_pow) ** (1.0 / s.op_pow) - 1.0
    return max(r * min(rx, s.op_ry), s.op_z - z)


@fast
def hair(s, x, y, z, fine):
    """Distance to the hair of the head; a large number where there is none."""
    if s.hair_on < 0.5:
        return 9.0
    ry = s.hv_ry
    if s.long > 0.5 and y < s.hv_y:
        fall = clamp((s.hv_y - y) / (s.hv_y - s.len_y), 0.0, 1.2)
        soft = fall * fall * (1.5 - 0.5 * fall)
        grow = 1.0 + s.flare * soft - 0.5 * s.taper * soft * fall
        rx, rz = s.hv_rx * grow, s.hv_rz * grow * (1.0 - 0.18 * soft)
        zz = z - s.hv_z + 0.05 * soft
        r = math.sqrt((x / rx) ** 2 + (zz / rz) ** 2)
        d = both((r - 1.0) * min(rx, rz), s.len_y - y + 0.06 * zz, 0.20)
    else:
        d = ellipsoid(x, y - s.hv_y, z - s.hv_z, s.hv_rx, ry, s.hv_rz)
    if s.quiff > 0.0:
        d = join(
            d, ellipsoid(x - s.crown_x * 0.5, y - s.quiff_y, z - 0.38, 0.46, s.quiff, 0.34), 0.20
        )
    if d > 0.40 and s.extra < 0.5:
        return d
    near = d < 0.20
    if near:
        jag = 0.0
        if s.jag > 0.0 and fine:
            jag = s.jag * noise(x * 24.0, y * 2.0, s.variety + 9.0)
        window = opening(s, x, y + jag, z)
        if window < -0.10:  # well inside the face's window: no lock reaches here
            d = max(d, -window)
            return min(d, extras(s, x, y, z)) if s.extra > 0.5 else d
        if fine:
            d -= locks(s, x, y, z)
        if s.part > 0.0 and y > 0.4 and z > -0.35:
            d += s.part * bell(x - s.crown_x, 0.045)
        d += s.thin * (1.0 - step(-0.03, 0.24, window))
        d = carve(d, window, s.edge)
        if s.long < 0.5:
            # sideburn, over the ear, down to the nape
            low = s.burn_y + (s.nape_y - s.burn_y) * step(0.02, -0.55, z)
            d = both(d, low - y, s.edge)
            ear = length(abs(x) - s.ear_x, (y - s.ear_y + 0.02) * 0.8, z - s.ear_z) - s.ear_r * 0.98
            d = carve(d, ear, s.edge)
        if s.bare_top > 0.0:
            top = ellipsoid(x, y - 0.95, z - 0.22, 0.44 + 0.2 * s.bare_top, 0.62, 0.80)
            d = carve(d, top, 0.05)
    if s.extra > 0.5:
        d = min(d, extras(s, x, y, z))
    return d


@fast
def extras(s, x, y, z):
    """Buns, tails, puffs and braids."""
    d = 9.0
    ax = abs(x)
    if s.bun_r > 0.0:
        b = length(x, y - s.bun_y, z - s.bun_z) - s.bun_r
        if b < 0.15:
            twist = math.atan2(y - s.bun_y, x) + 6.0 * length(x, y - s.bun_y, 0.0)
            b -= 0.018 * math.sin(3.0 * twist) + locks(s, x, y, z) * 0.6
        d = min(d, b)
    if s.puff_r > 0.0:
        b = length(ax - 0.62, y - 0.66, z + 0.22) - s.puff_r
        if b < 0.15:
            b -= locks(s, x, y, z)
        d = min(d, b)
    if s.tail > 0.0:
        side = s.tail_side
        b = capsule(x, y, z, side * 0.1, 0.35, -1.15, side * 0.62, -0.7, -0.72, 0.20, 0.15)
        b = join(
            b, capsule(x, y, z, side * 0.62, -0.7, -0.72, side * 0.70, -1.5, -0.35, 0.15, 0.07), 0.1
        )
        if b < 0.15:
            b -= locks(s, x, y, z)
        d = min(d, b)
    if s.braid > 0.0:
        swing = 0.70 + 0.05 * clamp(-y, 0.0, 1.5)
        if y < 0.0:
            beat = abs(math.sin(y * 11.0 + 0.8))
            r = 0.105 + 0.030 * beat - 0.02 * clamp(-y - 0.6, 0.0, 1.0)
            b = length(ax - swing, 0.0, (z + 0.02 + 0.12 * y) * 0.9) - r
            b += 0.010 * math.cos((ax - swing) * 40.0 + y * 22.0)
            b = max(b, -1.55 - y) * 0.8
        else:
            b = length(ax - swing, y, z + 0.02) - 0.12
        d = min(d, b)
    return d


@fast
def beard_mask(s, x, ax, y, z):
    """How far inside the beard's area a point is (positive inside), seen from the front."""
    _t, line, up, low, gap = lip_line(s, x)
    cheek = s.mouth_y + 0.05 + max(ax - s.mouth_w, 0.0) * s.beard_rise
    inside = cheek - y
    if ax < s.mouth_w + 0.10:
        # a window for the lips, closed above by the moustache
        under = line - low - gap * 0.65 - 0.035
        over = line + up + gap * 0.35
        stache = -1.0
        if s.stache > 0.5:
            # two tapered halves that droop from under the nose to beyond the corners
            h = clamp(ax / (s.mouth_w + 0.05), 0.0, 1.0)
            spine = over + 0.055 - (0.03 + up * 0.6) * h * h - 0.02 * (1.0 - h) ** 4
            over_end = max(ax - s.mouth_w - 0.03, 0.0)
            stache = 0.056 - 0.046 * h * h - length(y - spine, over_end, 0.0)
        chin = under - y
        side = ax - s.mouth_w - 0.015
        inside = min(max(max(stache, chin), side), max(stache, inside))
    if s.beard_side < 0.5:
        inside = min(inside, s.mouth_w + 0.06 - ax)
        if s.beard_chin < 0.5:
            inside = min(inside, y - line + 0.02)
    inside = min(inside, z - 0.35 * (y + 0.25), s.ear_x - 0.03 - ax)
    return inside


@fast
def beard(s, skin, x, y, z):
    """Distance to a beard with body, given the distance to the skin below it."""
    if s.beard_thick <= 0.0 or y > 0.15:
        return 9.0
    if skin > 0.45:
        return skin - 0.22
    ax = abs(x)
    inside = beard_mask(s, x, ax, y, z)
    if inside < -0.15:
        return 0.12
    cover = step(-0.03, 0.06, inside)
    low = 1.0 + s.beard_long * step(-0.65, -1.05, y)
    low *= 0.35 + 0.65 * step(0.72, 0.50, ax)
    r = 15.0
    n = noise(x * r, y * r * 0.45, z * r)
    thick = s.beard_thick * cover * low + 0.012 * n * cover
    return max(skin - thick, -inside) * 0.6


@fast
def brow_hairs(s, x, y):
    """Cover of the brow at a point including single hairs, and the brow's plain cover."""
    ax = abs(x)
    cover, r, across = brow(s, ax, y)
    if cover <= 0.0:
        return 0.0
    lean = across * 0.10 + r
    n = noise(lean * 34.0, across * 1.2 + (3.0 if x > 0.0 else 0.0), s.variety)
    return clamp(cover * (0.95 + 0.35 * n), 0.0, 1.0)
