"""The distance field of a head: bones, lids, nose, lips and ears of one scene record."""

from __future__ import annotations

import math

from tools.people.shapes import (
    bell,
    capsule,
    carve,
    clamp,
    ellipsoid,
    fast,
    join,
    length,
    step,
)


@fast
def lids(s, ax, y):
    """Where a point lies between the lids of its eye, from the front.

    Returns (along, above, below): position along the eye (-1 inner to 1 outer corner), height over
    the upper lid's edge, and depth under the lower lid's edge (both negative inside the opening).
    """
    qx, qy = ax - s.eye_x, y - s.eye_y
    u = qx * s.tilt_cos + qy * s.tilt_sin
    v = qy * s.tilt_cos - qx * s.tilt_sin
    t = u / s.eye_w
    inner = clamp(-t, 0.0, 1.0)
    arch = 1.0 - t * t
    # the peak of the upper lid lies inwards, the low point of the lower lid outwards
    skew = 1.0 - 0.22 * t
    upper = s.lid_up * (arch if arch < 0.0 else arch ** (0.85 - 0.25 * s.eye_round)) * skew
    upper -= s.fold * 0.035 * inner * inner
    lower = s.lid_low * (arch if arch < 0.0 else arch**0.9) * (1.0 + 0.20 * t)
    return t, v - upper, -v - lower


@fast
def lip_line(s, x):
    """The mouth at `x`: (along -1..1, height of the line, upper lip, lower lip, opening)."""
    t = (x - s.mouth_x) / s.mouth_w
    a = t * t
    line = s.mouth_y + s.smile * 0.075 * a - 0.012 * math.cos(4.6 * t) * (1.0 - clamp(a, 0.0, 1.0))
    line += s.tilt_mouth * t
    rest = max(1.0 - a, 0.0)
    up = s.lip_up * rest**0.75 * (1.0 + 0.10 * bell(abs(t) - 0.27, 0.3) - s.cupid * bell(t, 0.22))
    low = s.lip_low * rest**0.62
    gap = s.gap * rest**0.55
    return t, line, up, low, gap


@fast
def skull(s, x, ax, y, z):
    """Cranium, face, jaw, chin and cheeks without features."""
    d = ellipsoid(x, y - s.cr_y, z - s.cr_z, s.cr_rx, s.cr_ry, s.cr_rz)
    d = join(d, ellipsoid(x, y - s.fa_y, z - 0.08, s.fa_rx, s.fa_ry, s.fa_rz), 0.22)
    jaw = capsule(
        ax, y, z, s.jaw_x, s.jaw_y, -0.02, s.chin_w, s.chin_y + 0.15, s.chin_z, 0.155, 0.125
    )
    d = join(d, jaw, 0.26)
    d = join(d, length(ax - s.cheek_x, y - s.cheek_y, z - s.cheek_z) - s.cheek_r, 0.17)
    d = join(d, ellipsoid(x, y - s.chin_y - 0.15, z - s.chin_z, s.chin_w + 0.07, 0.14, 0.16), 0.17)
    return d


@fast
def face(s, x, y, z, fine):
    """Skin of the head including features, before the eye and mouth openings are cut.

    Without `fine` the surface relief is left out, which is enough for shadows.
    """
    ax = abs(x)
    d = skull(s, x, ax, y, z)
    if d > 0.60:  # nose and ears stand out from the skull by less than this
        return d - 0.30
    if z > 0.0:
        # muzzle and brow ridge
        if y < 0.03:
            d = join(d, ellipsoid(x, y - s.muzzle_y, z - 0.40, 0.36, 0.27, s.muzzle_z), 0.22)
        if -0.15 < y < 0.6:
            ridge = capsule(
                ax, y, z, 0.10, 0.19, 0.60, 0.44, s.ridge_y, 0.44, s.ridge_r, s.ridge_r * 0.8
            )
            d = join(d, ridge, 0.13)
        # sockets, then the ball of the lids
        ex, ey, ez = ax - s.eye_x, y - s.eye_y, z - s.eye_z
        e = length(ex, ey, ez)
        if e < 0.55:
            d = carve(d, ellipsoid(ex + 0.01, ey - 0.02, z - s.socket_z, 0.25, 0.17, 0.16), 0.14)
            d = join(d, e - s.eye_r - 0.020, 0.055)
        # nose
        if ax < 0.42 and -0.72 < y < 0.4:
            bridge = capsule(
                x,
                y,
                z,
                0.0,
                0.06,
                s.bridge_z,
                0.0,
                s.nose_y,
                s.nose_z - 0.02,
                s.bridge_r,
                s.tip_r * 0.86,
            )
            d = join(d, bridge, 0.115)
            d = join(d, length(x, y - s.nose_y, z - s.nose_z) - s.tip_r, 0.05)
            wing = ellipsoid(
                ax - s.wing_x, y - s.nose_y + 0.035, z - s.nose_z + 0.115, s.wing_r, 0.068, 0.10
            )
            d = join(d, wing, 0.042)
        # ears sit behind; lips, folds and creases are heights on the surface
        if fine and d < 0.10:
            d -= relief(s, x, ax, y, z)
    if ax > 0.45 and z < 0.45 and abs(y - s.ear_y) < 0.5:
        ez = z - s.ear_z + 0.30 * (y - s.ear_y)
        ox = ax - s.ear_x - s.ear_out * 0.5 * max(-ez, -0.06)
        ear = ellipsoid(ox, y - s.ear_y, ez, 0.055, s.ear_r, s.ear_r * 0.60)
        if ear < 0.2:
            bowl = ellipsoid(
                ox - 0.06, y - s.ear_y - 0.02, ez - 0.02, 0.06, s.ear_r * 0.66, s.ear_r * 0.36
            )
            ear = carve(ear, bowl, 0.03)
        d = join(d, ear, 0.05)
    return d


@fast
def relief(s, x, ax, y, z):
    """Height of lips, lid creases, smile folds and wrinkles over the bare face."""
    h = 0.0
    # lips
    if -1.0 < y < -0.25 and ax < 0.6 and z > 0.2:
        t, line, up, low, gap = lip_line(s, x)
        if abs(t) < 1.0:
            v = y - line
            top, bottom = v - gap * 0.35, -v - gap * 0.65
            if top > 0.0:
                r = top / (up + 1e-6)
                h += (
                    0.038
                    * s.lip_up_fat
                    * (1.0 - t * t)
                    * step(0.0, 0.35, r)
                    * (1.0 - step(0.45, 1.25, r))
                )
            elif bottom > 0.0:
                r = bottom / (low + 1e-6)
                h += (
                    0.050
                    * s.lip_low_fat
                    * (1.0 - t * t)
                    * step(0.0, 0.4, r)
                    * (1.0 - step(0.55, 1.3, r))
                )
            if gap < 0.004:
                h -= 0.014 * bell(v, 0.022) * (1.0 - t * t * t * t)
        corner = length(abs(t) - 1.03, (y - line) / s.mouth_w, 0.0) * s.mouth_w
        h -= (0.014 + 0.012 * max(s.smile, 0.0)) * bell(corner, 0.07)
        # the little valley under the nose and the one under the lower lip
        h -= 0.012 * bell(x, 0.055) * bell(y - line - up - 0.07, 0.09)
        h -= 0.016 * bell(x, 0.16) * bell(y - line + low + gap + 0.055, 0.06)
    # nostrils
    if ax < 0.2 and abs(y - s.nose_y + 0.09) < 0.06:
        h -= 0.022 * nostril(s, ax, y, z)
    # fold from the nose's wing to beside the mouth
    if s.fold_depth > 0.002 and -0.85 < y < -0.25 and 0.1 < ax < 0.6:
        r = clamp((-0.40 - y) / 0.34, -0.3, 1.3)
        at = s.wing_x + 0.075 + (s.mouth_w + 0.075 - s.wing_x - 0.075) * r**1.0
        edge = bell(r - 0.42, 0.62)
        h -= s.fold_depth * edge * bell(ax - at, 0.055)
        h += s.fold_depth * 0.8 * edge * bell(ax - at - 0.075, 0.09)
    # lid crease and lower lid
    if abs(y - s.eye_y) < 0.32 and ax < 0.72:
        t, above, below = lids(s, ax, y)
        span = 1.0 - step(0.85, 1.25, abs(t))
        if span > 0.0:
            if above > 0.0:
                h -= s.crease_depth * span * bell(above - s.crease_at, 0.028)
                h += (
                    s.hood * 0.03 * span * bell(above - s.crease_at - 0.06, 0.075) * (1.0 + 0.5 * t)
                )
            if below > 0.0:
                h += 0.006 * span * bell(below - 0.015, 0.02)
                h -= s.bag * 0.011 * span * bell(below - 0.085, 0.04)
                h += s.bag * 0.012 * span * bell(below - 0.045, 0.04)
        # crow's feet
        if s.lines > 0.05 and ax > s.eye_x + s.eye_w:
            r = length(ax - s.eye_x - s.eye_w, y - s.eye_y, 0.0)
            angle = math.atan2(y - s.eye_y, ax - s.eye_x - s.eye_w)
            h -= 0.009 * s.lines * bell(r - 0.10, 0.08) * max(0.0, math.cos(angle * 9.0))
    # brows are a soft ridge, forehead lines cross above them
    if y > 0.05:
        h += 0.010 * s.brow_thick * step(0.0, 0.7, brow(s, ax, y)[0])
        if s.forehead_lines > 0.03 and 0.3 < y < 0.85:
            wave = math.cos((y - 0.02 * math.cos(7.0 * x)) * 62.0)
            mask = bell(ax, 0.48) * bell(y - s.brow_y - 0.24, 0.19)
            h -= 0.008 * s.forehead_lines * mask * max(0.0, wave)
        if s.frown > 0.02:
            h -= 0.016 * s.frown * bell(ax - 0.05, 0.025) * bell(y - 0.2, 0.12)
    return h


@fast
def nostril(s, ax, y, z):
    """1 in the middle of a nostril, 0 outside."""
    qx, qy = (ax - s.wing_x * 0.58) / 0.044, (y - s.nose_y + 0.088) / 0.030
    return bell(length(qx, qy, (z - s.nose_z + 0.075) / 0.085), 1.0)


@fast
def brow(s, ax, y):
    """(cover 0..1, position along from inner 0 to outer 1, height across in -1..1)."""
    r = (ax - s.brow_x) / s.brow_w
    if r < -0.1 or r > 1.1:
        return 0.0, r, 0.0
    peak = 0.62
    lift = 1.0 - ((r - peak) / peak) ** 2 if r < peak else 1.0 - 2.0 * ((r - peak) / peak) ** 2
    middle = s.brow_y + s.brow_arch * lift + s.brow_slope * r - s.brow_inner * (1.0 - r) ** 3
    thick = s.brow_t * (1.0 - 0.45 * bell(r + 0.1, 0.5)) * (1.0 - step(0.45, 1.1, r) * 0.85)
    across = (y - middle) / thick
    cover = (
        (1.0 - step(0.55, 1.1, abs(across))) * step(-0.10, 0.17, r) * (1.0 - step(0.92, 1.05, r))
    )
    return cover, r, across


@fast
def mouth_cut(s, x, y):
    """Distance-like value, negative inside an open mouth seen from the front."""
    t, line, _up, _low, gap = lip_line(s, x)
    if abs(t) >= 1.0:
        return 0.1
    v = y - line
    return max(v - gap * 0.35, -v - gap * 0.65) * 0.7


@fast
def eyeball(s, x, y, z):
    return length(abs(x) - s.eye_x, y - s.eye_y, z - s.eye_z) - s.eye_r


@fast
def neck(s, x, y, z):
    """Neck and shoulders, in the space of the body."""
    d = capsule(x, y, z, 0.0, -0.45, -0.22, 0.0, -1.75, -0.34, s.neck_r, s.neck_r * 1.06)
    ax = abs(x)
    trap = capsule(ax, y, z, 0.18, -1.42, -0.40, 1.05, -1.86, -0.38, 0.20, 0.30)
    chest = ellipsoid(x, y + 2.35, z + 0.28, 1.15, 0.85, 0.62)
    return join(join(d, trap, 0.30), chest, 0.25)


@fast
def ear_bead(s, ax, y, z):
    return length(ax - s.ear_x - 0.02, y - s.ear_y + s.ear_r + 0.05, z - s.ear_z - 0.06) - 0.042
