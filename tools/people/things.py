"""The distance field of things: glasses, hats, scarves, head cloths and a hand."""

from __future__ import annotations

import math

from tools.people.hair import opening
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
def rim2d(s, ax, y):
    """Distance in the plane of the lens to its outline, negative inside."""
    gx, gy = ax - s.gl_x, y - s.gl_y
    if s.gl_kind < 1.5:
        return length(gx, gy, 0.0) - s.gl_r
    wide = s.gl_r * (1.12 if s.gl_kind < 2.5 else 1.22)
    high = s.gl_r * (0.86 if s.gl_kind < 2.5 else 0.78)
    if s.gl_kind > 2.5:
        gy -= 0.10 * gx
    corner = 0.08
    qx, qy = max(abs(gx) - wide + corner, 0.0), max(abs(gy) - high + corner, 0.0)
    inner = min(max(abs(gx) - wide, abs(gy) - high) + corner, 0.0)
    return length(qx, qy, 0.0) + inner - corner


@fast
def glasses(s, x, y, z):
    """(frame, lens) distances; the lens counts only for sunglasses."""
    ax = abs(x)
    if ax > 1.0 or abs(y - s.gl_y) > 0.6 or z < -0.5:
        return 0.18, 9.0
    bend = z - s.gl_z + 0.30 * ax * ax
    d2 = rim2d(s, ax, y)
    frame = math.sqrt(d2 * d2 + bend * bend) - s.gl_t
    inner = s.gl_x - s.gl_r * (1.0 if s.gl_kind < 1.5 else 1.15)
    arch = s.gl_y + 0.05
    frame = min(
        frame,
        capsule(ax, y, z, 0.0, arch + 0.02, s.gl_z + 0.02, inner, arch, s.gl_z, s.gl_t, s.gl_t),
    )
    outer = s.gl_x + s.gl_r * (1.0 if s.gl_kind < 1.5 else 1.14)
    zo = s.gl_z - 0.30 * outer * outer
    frame = min(
        frame,
        capsule(
            ax,
            y,
            z,
            outer,
            s.gl_y + 0.05,
            zo,
            s.ear_x + 0.02,
            s.ear_y + 0.20,
            -0.05,
            s.gl_t,
            s.gl_t,
        ),
    )
    lens = 9.0
    if s.lens > 0.5:
        lens = max(d2, abs(bend) - 0.015)
    return frame, lens


@fast
def hat(s, x, y, z):
    if s.hat < 0.5:
        return 9.0
    t = y - 0.10 * z
    if s.hat < 1.5:  # cap
        d = ellipsoid(x, y - s.hv_y, z - s.hv_z, s.hv_rx + 0.05, s.hv_ry + 0.05, s.hv_rz + 0.05)
        d = both(d, 0.44 - t, 0.03)
        bx = abs(x) / 0.52
        brim = ellipsoid(
            x, y - 0.50 + 0.16 * bx * bx + 0.22 * (z - 0.7), z - 0.78, 0.50, 0.045, 0.44
        )
        return min(d, brim * 0.8)
    d = ellipsoid(x, y - s.hv_y - 0.02, z - s.hv_z, s.hv_rx + 0.07, s.hv_ry + 0.10, s.hv_rz + 0.07)
    if d < 0.15:
        d -= 0.012 * abs(math.sin(math.atan2(x, z + 0.2) * 22.0))
        d -= 0.035 * (1.0 - step(0.02, 0.06, t - 0.62)) if t < 0.70 else 0.0
    return both(d, 0.36 - t, 0.05)


@fast
def wrap(s, x, y, z):
    """A head scarf that falls to the shoulders (1) or a turban (2)."""
    if s.wrap < 0.5:
        return 9.0
    if s.wrap < 1.5:
        if y > s.hv_y:
            d = ellipsoid(x, y - s.hv_y, z - s.hv_z, s.hv_rx, s.hv_ry, s.hv_rz)
        else:
            fall = clamp((s.hv_y - y) / 1.6, 0.0, 1.3)
            grow = 1.0 - 0.15 * bell(fall - 0.55, 0.55) + 0.55 * fall * fall * fall
            rx, rz = s.hv_rx * grow, s.hv_rz * (grow - 0.05 * fall)
            zz = z - s.hv_z - 0.10 * fall
            d = (math.sqrt((x / rx) ** 2 + (zz / rz) ** 2) - 1.0) * min(rx, rz)
        if d > 0.3:
            return d
        f = math.atan2(x, y + 0.55)
        soft = step(0.6, -0.7, y)
        d -= 0.022 * math.sin(9.0 * f + 5.0 * y * soft) * soft
        d -= 0.015 * noise(x * 2.5 + y * 1.5, y * 1.2, z * 2.0)
        return carve(d, opening(s, x, y, z), 0.05)
    d = ellipsoid(x, y - s.hv_y, z - s.hv_z, s.hv_rx, s.hv_ry, s.hv_rz)
    if d > 0.3:
        return d
    ax = math.sqrt(x * x + 0.004)
    cross = 0.10 * math.sin(3.0 * x + 1.0)
    folds = math.sin((y + 0.55 * ax + cross * y) * 19.0)
    d -= 0.026 * abs(folds)
    d = both(d, s.burn_y - y + 0.10 * z - 0.38 * ax * ax, 0.06)
    ear = length(abs(x) - s.ear_x, y - s.ear_y + 0.06, z - s.ear_z) - s.ear_r
    return carve(d, ear, 0.05)


@fast
def scarf(s, x, y, z):
    """A thick scarf around neck and chin, in the space of the body."""
    if s.scarf < 0.5 or y > -0.3:
        return 9.0
    r = math.sqrt((x / 0.74) ** 2 + ((z - 0.06) / 0.80) ** 2)
    d = (r - 1.0) * 0.74
    d = both(d, y + 0.86 - 0.10 * z, 0.16)
    if d < 0.2:
        d -= 0.035 * math.sin(y * 16.0 + 2.0 * math.sin(2.0 * x + 1.0) + x * 2.0)
    return d * 0.85


@fast
def hand(s, x, y, z):
    """A hand leaning at the cheek or chin."""
    if s.hand < 0.5:
        return 9.0
    px = x * s.hand_side
    if length(px - 0.62, y + 0.85, z - 0.50) > 0.95:
        return length(px - 0.62, y + 0.85, z - 0.50) - 0.75
    d = ellipsoid(px - 0.72, y + 1.02, z - 0.52, 0.17, 0.24, 0.20)
    d = join(d, capsule(px, y, z, 0.74, -1.15, 0.48, 0.95, -1.9, 0.35, 0.14, 0.19), 0.12)
    for i in range(4):
        f = i - 1.5
        ax, az = 0.74 + 0.012 * f, 0.52 + 0.085 * f
        mx, my, mz = 0.735, -0.70 + 0.03 * (1.0 - abs(f)), 0.50 + 0.075 * f
        tx, ty, tz = 0.62 - 0.03 * f, -0.42 - 0.05 * abs(f - 0.5), 0.47 + 0.075 * f
        one = capsule(px, y, z, ax, -0.92, az, mx, my, mz, 0.062, 0.056)
        one = join(one, capsule(px, y, z, mx, my, mz, tx, ty, tz, 0.056, 0.046), 0.03)
        d = join(d, one, 0.03)
    thumb = capsule(px, y, z, 0.62, -1.05, 0.66, 0.40, -0.99, 0.72, 0.065, 0.052)
    return join(d, thumb, 0.05)


__all__ = ["bell"]
