"""The whole scene as one distance field, with the material of the nearest body."""

from __future__ import annotations

from tools.people import hair as hairs
from tools.people import head, things
from tools.people.shapes import bell, both, carve, fast, join, length, step

NOTHING, SKIN, EYE, MOUTH, HAIR, BEARD, CLOTH, FRAME, LENS, HAT, WRAP, SCARF, METAL = range(13)


@fast
def to_body(s, x, y, z):
    """Head space to the space of neck and shoulders."""
    px, py, pz = x, y + 0.95, z + 0.25
    return (
        s.b00 * px + s.b01 * py + s.b02 * pz,
        s.b10 * px + s.b11 * py + s.b12 * pz - 0.95,
        s.b20 * px + s.b21 * py + s.b22 * pz - 0.25,
    )


@fast
def collar(s, x, z):
    """Height of the neckline over the body at `x`, `z`."""
    ax = abs(x)
    if s.cloth_style < 0.5:  # crew neck
        return -1.42 + 0.12 * ax - 0.10 * z
    if s.cloth_style < 1.5:  # v-neck
        return -1.42 - 0.32 * bell(ax, 0.42) * step(-0.2, 0.1, z)
    return -1.12 - 0.10 * z  # turtleneck


@fast
def scene(s, x, y, z, fine):
    """(distance, material) of the scene at a point of head space; coarse unless `fine`."""
    d = head.face(s, x, y, z, fine)
    material, bare = SKIN, d
    if d < 0.25:
        ax = abs(x)
        if z > 0.1 and fine:
            if abs(y - s.eye_y) < 0.3 and abs(ax - s.eye_x) < 0.3:
                _t, above, below = head.lids(s, ax, y)
                cut = max(max(above, below) * 0.8, s.eye_z - z)
                d = max(d, -cut) if cut > 0.02 else carve(d, cut, 0.016)
                ball = head.eyeball(s, x, y, z)
                if ball < d:
                    d, material = ball, EYE
            if s.gap > 0.003 and abs(x - s.mouth_x) < s.mouth_w and abs(y - s.mouth_y) < 0.4:
                cut = max(head.mouth_cut(s, x, y), 0.30 - z)
                d = carve(d, cut, 0.02)
                inner = bare + 0.050
                if inner < d:
                    d, material = inner, MOUTH
        if s.earring > 0.5 and ax > 0.5 and abs(y - s.ear_y + s.ear_r) < 0.3:
            e = head.ear_bead(s, ax, y, z)
            if e < d:
                d, material = e, METAL
    if s.beard_thick > 0.0 and bare < 0.9:
        b = hairs.beard(s, bare, x, y, z)
        if b < d:
            d, material = b, BEARD
    h = hairs.hair(s, x, y, z, fine)
    if h < d:
        d, material = h, HAIR
    if y < -0.25:
        bx, by, bz = to_body(s, x, y, z)
        n = head.neck(s, bx, by, bz)
        if n < 0.3:
            top = collar(s, bx, bz)
            c = both(n - 0.045 - 0.03 * (s.cloth_style > 1.5), by - top, 0.04)
            if c < n and c < d:
                d, material = c, CLOTH
        if material == SKIN:
            d = join(d, n, 0.10)
        elif n < d:
            d, material = n, SKIN
        if s.scarf > 0.5:
            c = things.scarf(s, bx, by, bz)
            if c < d:
                d, material = c, SCARF
    if s.wrap > 0.5:
        c = things.wrap(s, x, y, z)
        if c < d:
            d, material = c, WRAP
    if s.hat > 0.5:
        c = things.hat(s, x, y, z)
        if c < d:
            d, material = c, HAT
    if s.gl_kind > 0.5 and d < 0.6:
        frame, lens = things.glasses(s, x, y, z)
        if frame < d:
            d, material = frame, FRAME
        if lens < d:
            d, material = lens, LENS
    if s.hand > 0.5:
        c = things.hand(s, x, y, z)
        if c < d:
            d, material = c, SKIN
    return d, material


@fast
def distance(s, x, y, z):
    return scene(s, x, y, z, False)[0]


@fast
def normal(s, x, y, z, e):
    """Unit normal of the field by four samples on a tetrahedron."""
    a = scene(s, x + e, y - e, z - e, True)[0]
    b = scene(s, x - e, y - e, z + e, True)[0]
    c = scene(s, x - e, y + e, z - e, True)[0]
    d = scene(s, x + e, y + e, z + e, True)[0]
    nx, ny, nz = a - b - c + d, -a - b + c + d, -a + b - c + d
    r = 1.0 / (length(nx, ny, nz) + 1e-12)
    return nx * r, ny * r, nz * r
