"""Marching rays through one scene: the only compiled entry points of the renderer."""

from __future__ import annotations

import hashlib
from pathlib import Path

from numba import njit

from tools.people import light
from tools.people.field import distance, scene
from tools.people.head import face
from tools.people.shapes import fast, length

SOURCES = ("shapes", "head", "hair", "things", "field", "shade", "light", "kernel")
_TILE = 8


def fingerprint() -> int:
    """A number that changes whenever the code behind the compiled kernels does.

    numba watches only the file of an entry point when it decides whether cached machine code is
    stale; as a closure variable the fingerprint becomes part of the cache's key.
    """
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


@fast
def ray(s, px, py):
    """Direction in head space of the ray through a pixel position, unit length."""
    u = s.cam_a * px - s.cam_b * py + s.cam_x
    v = s.cam_b * px + s.cam_a * py + s.cam_y
    dx, dy, dz = u, -v, -1.0
    r = 1.0 / length(dx, dy, dz)
    dx, dy, dz = dx * r, dy * r, dz * r
    return (
        s.r00 * dx + s.r10 * dy + s.r20 * dz,
        s.r01 * dx + s.r11 * dy + s.r21 * dz,
        s.r02 * dx + s.r12 * dy + s.r22 * dz,
    )


@fast
def march(s, dx, dy, dz, t, steps):
    """Distance along a ray to the first hit and its material, or (-1, 0) for none."""
    far = s.distance + 2.2
    for _ in range(steps):
        d, material = scene(s, s.eye0 + dx * t, s.eye1 + dy * t, s.eye2 + dz * t, True)
        if d < 0.0016:
            return t, material
        t += d * 0.86
        if t > far:
            return -1.0, 0
    return (t, material) if d < 0.02 else (-1.0, 0)


@fast
def sample(s, px, py, t):
    """One position of the picture: (depth or -1 for background, material, r, g, b)."""
    dx, dy, dz = ray(s, px, py)
    t, material = march(s, dx, dy, dz, t, 90)
    if t < 0.0:
        return t, 0, 0.0, 0.0, 0.0
    x, y, z = s.eye0 + dx * t, s.eye1 + dy * t, s.eye2 + dz * t
    r, g, b = light.colour(s, x, y, z, -dx, -dy, -dz, material)
    return t, material, r, g, b


def _compile(code: int):
    @njit(nogil=True, cache=True, error_model="numpy")
    def picture(s, size, backdrop, image, depth, kind, bright):
        """Render a record into `image` (float64 [size, size, 3] linear) over `backdrop`."""
        if code == 0:
            return
        tiles = (size + _TILE - 1) // _TILE
        pixel = 1.0 / size
        spread = s.pixel * (_TILE * 0.75) / size
        for ty in range(tiles):
            for tx in range(tiles):
                cx, cy = (tx + 0.5) * _TILE * pixel, (ty + 0.5) * _TILE * pixel
                dx, dy, dz = ray(s, cx, cy)
                t, far, hit = s.distance - 1.7, s.distance + 2.2, False
                for _ in range(60):
                    d = distance(s, s.eye0 + dx * t, s.eye1 + dy * t, s.eye2 + dz * t)
                    if d < spread * t + 0.05:
                        hit = True
                        break
                    t += max((d - spread * t) * 0.8, 0.01)
                    if t > far:
                        break
                for j in range(ty * _TILE, min((ty + 1) * _TILE, size)):
                    for i in range(tx * _TILE, min((tx + 1) * _TILE, size)):
                        depth[j, i], kind[j, i] = -1.0, 0
                        for c in range(3):
                            image[j, i, c] = backdrop[j, i, c]
                        if hit:
                            q, material, r, g, b = sample(
                                s, (i + 0.5) * pixel, (j + 0.5) * pixel, t - 0.02
                            )
                            if q > 0.0:
                                depth[j, i], kind[j, i] = q, material
                                image[j, i, 0], image[j, i, 1], image[j, i, 2] = r, g, b
        # where neighbours differ, average four samples of the pixel
        for j in range(size):
            for i in range(size):
                m = 0.0
                for c in range(3):
                    m += min(image[j, i, c], 1.2)
                bright[j, i] = m / 3.0
        for j in range(size):
            for i in range(size):
                differs, near = False, depth[j, i]
                for v in range(max(j - 1, 0), min(j + 2, size)):
                    for u in range(max(i - 1, 0), min(i + 2, size)):
                        q = depth[v, u]
                        if q > 0.0 and (near < 0.0 or q < near):
                            near = q
                        if u != i and v != j:
                            continue
                        if kind[v, u] != kind[j, i] or abs(q - depth[j, i]) > 0.15:
                            differs = True
                        if abs(bright[v, u] - bright[j, i]) > 0.08 + 0.20 * bright[j, i]:
                            differs = True
                if not differs or near < 0.0:
                    continue
                r, g, b = 0.0, 0.0, 0.0
                for k in range(4):
                    ox = (0.375, 0.875, 0.125, 0.625)[k]
                    oy = 0.125 + 0.25 * k
                    start = max(near - 0.10, s.distance - 1.7)
                    q, material, cr, cg, cb = sample(s, (i + ox) * pixel, (j + oy) * pixel, start)
                    if q <= 0.0:
                        cr, cg, cb = backdrop[j, i, 0], backdrop[j, i, 1], backdrop[j, i, 2]
                    r, g, b = r + min(cr, 4.0), g + min(cg, 4.0), b + min(cb, 4.0)
                image[j, i, 0], image[j, i, 1], image[j, i, 2] = r / 4.0, g / 4.0, b / 4.0

    @njit(nogil=True, cache=True, error_model="numpy")
    def front(s, x, y):
        """Depth z of the bare face at (x, y), looking straight at it."""
        z = 1.6 if code != 0 else 0.0
        for _ in range(80):
            d = face(s, x, y, z, True)
            if d < 0.001:
                break
            z -= d * 0.8
        return z

    return picture, front


picture, front = _compile(fingerprint())

__all__ = ["front", "picture"]
