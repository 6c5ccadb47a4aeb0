"""Signed distances of simple bodies and the smooth operators that join them.

Scalar functions for numba; lengths in head units. The formulas are the usual ones of distance-field
modelling (polynomial smooth minimum, bound of an ellipsoid by its gradient, capsule by projection).
"""

from __future__ import annotations

import math

from numba import njit

fast = njit(nogil=True, error_model="numpy")


@fast
def clamp(v, low, high):
    return min(max(v, low), high)


@fast
def step(low, high, v):
    """Smooth step from 0 at `low` to 1 at `high`."""
    t = min(max((v - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@fast
def bell(v, width):
    """A bump of height 1 at 0 that is exactly 0 from `width` on."""
    t = v / width
    t = 1.0 - t * t
    return t * t if t > 0.0 else 0.0


@fast
def join(a, b, k):
    """Smooth union of two distances with a blend of width k."""
    h = max(k - abs(a - b), 0.0)
    return min(a, b) - h * h / (4.0 * k)


@fast
def carve(a, b, k):
    """Distance `a` with the body of distance `b` smoothly cut away."""
    h = max(k - abs(a + b), 0.0)
    return max(a, -b) + h * h / (4.0 * k)


@fast
def both(a, b, k):
    """Smooth intersection."""
    h = max(k - abs(a - b), 0.0)
    return max(a, b) + h * h / (4.0 * k)


@fast
def length(x, y, z):
    return math.sqrt(x * x + y * y + z * z)


@fast
def ellipsoid(x, y, z, rx, ry, rz):
    ax, ay, az = x / rx, y / ry, z / rz
    bx, by, bz = ax / rx, ay / ry, az / rz
    k0 = math.sqrt(ax * ax + ay * ay + az * az)
    k1 = math.sqrt(bx * bx + by * by + bz * bz)
    return k0 * (k0 - 1.0) / (k1 + 1e-9)


@fast
def capsule(x, y, z, ax, ay, az, bx, by, bz, ra, rb):
    """A rod from a to b whose radius goes from ra to rb."""
    px, py, pz = x - ax, y - ay, z - az
    dx, dy, dz = bx - ax, by - ay, bz - az
    h = (px * dx + py * dy + pz * dz) / (dx * dx + dy * dy + dz * dz)
    h = min(max(h, 0.0), 1.0)
    return length(px - h * dx, py - h * dy, pz - h * dz) - (ra + (rb - ra) * h)


@fast
def hash3(i, j, k):
    """A repeatable number in 0..1 for an integer lattice point."""
    n = (i * 374761393 + j * 668265263 + k * 1440670441) & 0x7FFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0x7FFFFFFF
    n = n ^ (n >> 16)
    return (n & 0xFFFF) / 65535.0


@fast
def noise(x, y, z):
    """Smooth value noise in -1..1 with features of size about 1."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    i, j, k = int(fx), int(fy), int(fz)
    u, v, w = x - fx, y - fy, z - fz
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    w = w * w * (3.0 - 2.0 * w)
    a = hash3(i, j, k) * (1.0 - u) + hash3(i + 1, j, k) * u
    b = hash3(i, j + 1, k) * (1.0 - u) + hash3(i + 1, j + 1, k) * u
    c = hash3(i, j, k + 1) * (1.0 - u) + hash3(i + 1, j, k + 1) * u
    d = hash3(i, j + 1, k + 1) * (1.0 - u) + hash3(i + 1, j + 1, k + 1) * u
    return 2.0 * ((a * (1.0 - v) + b * v) * (1.0 - w) + (c * (1.0 - v) + d * v) * w) - 1.0
