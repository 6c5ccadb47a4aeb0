"""Light on a material: key, sky, rim and gloss, one hit at a time."""

from __future__ import annotations

import math

from tools.people import shade
from tools.people.field import (
    BEARD,
    CLOTH,
    EYE,
    FRAME,
    HAIR,
    HAT,
    LENS,
    MOUTH,
    SCARF,
    SKIN,
    WRAP,
    normal,
)
from tools.people.hair import flow, locks
from tools.people.shapes import clamp, fast, length, noise, step


@fast
def gloss_of(nx, ny, nz, lx, ly, lz, vx, vy, vz, power):
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    r = 1.0 / (length(hx, hy, hz) + 1e-9)
    return max(nx * hx * r + ny * hy * r + nz * hz * r, 0.0) ** power


@fast
def strand_gloss(tx, ty, tz, lx, ly, lz, vx, vy, vz, power):
    """Highlight of a bundle of fibres with direction t (Kajiya and Kay)."""
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    r = 1.0 / (length(hx, hy, hz) + 1e-9)
    c = (tx * hx + ty * hy + tz * hz) * r
    return math.sqrt(max(1.0 - c * c, 0.0)) ** power


@fast
def hair_light(s, x, y, z, nx, ny, nz, vx, vy, vz, lit, open_sky, r, g, b):
    """Colour of hair with base colour (r, g, b)."""
    e = 0.004
    u = flow(s, x, y, z)
    gx = flow(s, x + e, y, z) - u
    gy = flow(s, x, y + e, z) - u
    gz = flow(s, x, y, z + e) - u
    tx, ty, tz = ny * gz - nz * gy, nz * gx - nx * gz, nx * gy - ny * gx
    k = 1.0 / (length(tx, ty, tz) + 1e-9)
    tx, ty, tz = tx * k, ty * k, tz * k
    fine = noise(u * s.strand_rate, y * 0.8, s.variety)
    broad = noise(u * s.strand_rate * 0.23, y * 0.5, s.variety + 5.0)
    if s.curl > 0.0:
        fine = noise(x * 26.0, y * 26.0, z * 26.0) + 0.9 * locks(s, x, y, z) / s.curl
    shift = 0.22 * fine + 0.10
    tx, ty, tz = tx + nx * shift, ty + ny * shift, tz + nz * shift
    k = 1.0 / length(tx, ty, tz)
    tx, ty, tz = tx * k, ty * k, tz * k
    tone = 1.0 + 0.26 * fine + 0.20 * broad
    r, g, b = r * tone, g * tone, b * tone
    nl = nx * s.key_x + ny * s.key_y + nz * s.key_z
    diffuse = clamp((nl + 0.35) / 1.35, 0.0, 1.0) * (0.25 + 0.75 * lit)
    up = 0.5 + 0.5 * (nx * s.up_x + ny * s.up_y + nz * s.up_z)
    sr = s.ground_r + (s.sky_r - s.ground_r) * up
    sg = s.ground_g + (s.sky_g - s.ground_g) * up
    sb = s.ground_b + (s.sky_b - s.ground_b) * up
    o = open_sky * open_sky
    cr = r * (s.key_r * 1.9 * diffuse + sr * 1.35 * o)
    cg = g * (s.key_g * 1.9 * diffuse + sg * 1.35 * o)
    cb = b * (s.key_b * 1.9 * diffuse + sb * 1.35 * o)
    shine = strand_gloss(tx, ty, tz, s.key_x, s.key_y, s.key_z, vx, vy, vz, 38.0)
    wide = strand_gloss(tx, ty, tz, s.key_x, s.key_y, s.key_z, vx, vy, vz, 9.0)
    face = clamp(nl * 1.6 + 0.3, 0.0, 1.0) * lit
    top = strand_gloss(tx, ty, tz, s.up_x, s.up_y, s.up_z, vx, vy, vz, 20.0) * o * up
    k1 = s.hair_shine * face * shine
    k2 = 0.55 * face * wide
    cr += s.key_r * (0.16 * k1 + r * 1.3 * k2) + sr * top * (0.05 + 0.7 * r) * s.hair_shine
    cg += s.key_g * (0.15 * k1 + g * 1.3 * k2) + sg * top * (0.05 + 0.7 * g) * s.hair_shine
    cb += s.key_b * (0.14 * k1 + b * 1.3 * k2) + sb * top * (0.05 + 0.7 * b) * s.hair_shine
    return cr, cg, cb


@fast
def colour(s, x, y, z, vx, vy, vz, material):
    """Linear RGB that leaves a hit towards the viewer direction v."""
    wide = 0.004
    if material in (HAIR, BEARD):
        wide = 0.010
    nx, ny, nz = normal(s, x, y, z, wide)
    open_sky = shade.occlusion(s, x, y, z, nx, ny, nz)
    nl = nx * s.key_x + ny * s.key_y + nz * s.key_z
    lit = 0.0
    if nl > -0.30:
        lit = shade.shadow(s, x, y, z, nx, ny, nz)
    facing = clamp(nx * vx + ny * vy + nz * vz, 0.0, 1.0)
    edge = (1.0 - facing) ** 3
    nr = nx * s.rim_x + ny * s.rim_y + nz * s.rim_z
    rim = clamp(nr, 0.0, 1.0) * edge * open_sky

    if material == HAIR:
        c = hair_light(
            s, x, y, z, nx, ny, nz, vx, vy, vz, lit, open_sky, s.hair_r, s.hair_g, s.hair_b
        )
        return c[0] + s.rimc_r * rim * 0.5, c[1] + s.rimc_g * rim * 0.5, c[2] + s.rimc_b * rim * 0.5
    if material == BEARD:
        k = 0.9 + 0.35 * noise(x * 42.0, y * 16.0, z * 42.0)
        r, g, b = s.beard_r * k, s.beard_g * k, s.beard_b * k
        gloss, power, wet, wrap = 0.10, 8.0, 0.0, 0.35
    elif material == SKIN:
        r, g, b, gloss, wet = shade.skin_paint(s, x, y, z)
        m = shade.scalp(s, x, y, z)
        r, g, b = (
            r + (s.hair_r * 1.1 - r) * m,
            g + (s.hair_g * 1.1 - g) * m,
            b + (s.hair_b * 1.1 - b) * m,
        )
        gloss *= 1.0 - 0.6 * m
        power, wrap = 14.0, 0.30
    elif material == EYE:
        r, g, b, dim, _iris = shade.eye_paint(s, x, y, z)
        open_sky = 0.35 + 0.65 * open_sky
        r, g, b = r * dim, g * dim, b * dim
        lit = 0.25 + 0.75 * lit
        gloss, power, wet, wrap = 0.05, 40.0, 0.0, 0.35
    elif material == MOUTH:
        r, g, b, gloss = shade.mouth_paint(s, x, y)
        power, wet, wrap = 30.0, 0.3, 0.3
        open_sky = 0.30 + 0.70 * open_sky
        lit = 0.35 + 0.65 * lit
    elif material == CLOTH:
        weave = 1.0 + 0.07 * noise(x * 24.0, y * 24.0, z * 24.0)
        r, g, b = s.cloth_r * weave, s.cloth_g * weave, s.cloth_b * weave
        gloss, power, wet, wrap = 0.04, 6.0, 0.0, 0.2
    elif material == WRAP:
        r, g, b = s.wrap_r, s.wrap_g, s.wrap_b
        gloss, power, wet, wrap = 0.08, 7.0, 0.0, 0.25
    elif material in (HAT, SCARF):
        weave = 1.0 + 0.12 * noise(x * 20.0, y * 20.0, z * 20.0)
        r, g, b = s.thing_r * weave, s.thing_g * weave, s.thing_b * weave
        gloss, power, wet, wrap = 0.03, 6.0, 0.0, 0.25
    elif material == FRAME:
        r, g, b = s.frame_r, s.frame_g, s.frame_b
        gloss, power, wet, wrap = 0.5, 50.0, 0.0, 0.1
    elif material == LENS:
        r, g, b = 0.012, 0.012, 0.014
        gloss, power, wet, wrap = 0.9, 120.0, 0.0, 0.0
    else:  # METAL
        r, g, b = 0.75, 0.55, 0.26
        gloss, power, wet, wrap = 1.0, 24.0, 0.0, 0.1

    # key light; red light wraps further round skin than blue, as it does below real skin
    wr, wg, wb = wrap, wrap, wrap
    if material == SKIN:
        wr, wg, wb = 0.42, 0.24, 0.18
    soft_r = lit**0.72 if material == SKIN else lit
    kr = clamp((nl + wr) / (1.0 + wr), 0.0, 1.0) * soft_r
    kg = clamp((nl + wg) / (1.0 + wg), 0.0, 1.0) * lit
    kb = clamp((nl + wb) / (1.0 + wb), 0.0, 1.0) * lit
    up = 0.5 + 0.5 * (nx * s.up_x + ny * s.up_y + nz * s.up_z)
    o2 = open_sky * (0.4 + 0.6 * open_sky)
    sr = s.ground_r + (s.sky_r - s.ground_r) * up
    sg = s.ground_g + (s.sky_g - s.ground_g) * up
    sb = s.ground_b + (s.sky_b - s.ground_b) * up
    orr = open_sky**0.8 if material == SKIN else o2
    front = 0.28 * facing
    cr = r * (s.key_r * 1.62 * kr + (sr * 1.35 + front * s.sky_r) * orr)
    cg = g * (s.key_g * 1.62 * kg + (sg * 1.35 + front * s.sky_g) * o2)
    cb = b * (s.key_b * 1.62 * kb + (sb * 1.35 + front * s.sky_b) * o2)

    # gloss: a broad sheen, a tight one where wet, and a fresnel edge
    sheen = gloss_of(nx, ny, nz, s.key_x, s.key_y, s.key_z, vx, vy, vz, power) * lit * gloss
    if nl <= 0.0:
        sheen = 0.0
    wide_sheen = (
        gloss_of(nx, ny, nz, s.fill_x, s.fill_y, s.fill_z, vx, vy, vz, 10.0)
        * 0.10
        * gloss
        * open_sky
    )
    k = 0.42 * sheen
    if wet > 0.0:
        k += wet * 0.55 * gloss_of(nx, ny, nz, s.key_x, s.key_y, s.key_z, vx, vy, vz, 60.0) * lit
    fresnel = (0.03 + 0.35 * edge * facing) * gloss * o2
    cr += s.key_r * k + s.sky_r * (wide_sheen + fresnel) + s.rimc_r * rim * (0.6 + r)
    cg += s.key_g * k + s.sky_g * (wide_sheen + fresnel) + s.rimc_g * rim * (0.6 + g)
    cb += s.key_b * k + s.sky_b * (wide_sheen + fresnel) + s.rimc_b * rim * (0.6 + b)
    if material == EYE:
        # catch-light of a soft box and a small second one; the cornea bulges over the iris
        side = 1.0 if x > 0.0 else -1.0
        gx, gy = s.gaze_x - side * 0.075, s.gaze_y
        px = (x - side * s.eye_x) / s.eye_r - gx
        py = (y - s.eye_y) / s.eye_r - gy
        hx, hy = s.catch_x, s.catch_y
        far = length((px - hx) * 1.05, py - hy, 0.0)
        spot = 1.0 - step(0.10, 0.20, far)
        second = 0.30 * (1.0 - step(0.05, 0.14, length(px + hx * 0.9, py + hy * 0.8, 0.0)))
        _t, above, _below = shade.lids(s, abs(x), y)
        hide = step(0.0, 0.02, -above)
        cr += hide * (1.5 * spot * (0.5 + 0.5 * s.key_r) + second * 0.5)
        cg += hide * (1.5 * spot * (0.5 + 0.5 * s.key_g) + second * 0.5)
        cb += hide * (1.5 * spot * (0.5 + 0.5 * s.key_b) + second * 0.5)
    return cr, cg, cb
