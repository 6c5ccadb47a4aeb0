"""From a person and a shot to one flat record of numbers that the compiled kernels read."""

from __future__ import annotations

import math

import numpy as np

from engine.warp import TEMPLATE, similarity
from tools.people.palette import mix
from tools.people.person import Person
from tools.people.photo import Shot
from tools.people.styles import beard, hair

# Photos are framed looser than ArcFace crops so that hair and chin show: the template is shrunk
# by LOOSE about the picture's centre and lifted by LIFT (fraction of the picture).
LOOSE = 0.72
LIFT = 0.03


def template(size: int) -> np.ndarray:
    """Where eyes, nose tip and mouth corners lie in a photo of `size` px: [5, 2] (x, y)."""
    points = (TEMPLATE / 112 - 0.5) * LOOSE + 0.5
    points[:, 1] += LIFT
    return points * size


_NUMBERS = """
cr_y cr_z cr_rx cr_ry cr_rz fa_y fa_rx fa_ry fa_rz jaw_x jaw_y chin_w chin_y chin_z cheek_x
cheek_y cheek_z cheek_r muzzle_y muzzle_z ridge_y ridge_r socket_z neck_r eye_x eye_y eye_z
eye_r eye_w lid_up lid_low eye_round fold tilt_cos tilt_sin crease_at crease_depth hood bag lash
iris_size pupil gaze_x gaze_y iris_r iris_g iris_b irim_r irim_g irim_b brow_x brow_y brow_w
brow_t brow_arch brow_slope brow_inner brow_thick brow_solid brow_r brow_g brow_b frown bridge_z
bridge_r nose_y nose_z tip_r wing_x wing_r mouth_x mouth_y mouth_w smile tilt_mouth lip_up
lip_low lip_up_fat lip_low_fat cupid gap lip_r lip_g lip_b fold_depth lines forehead_lines ear_x
ear_y ear_z ear_r ear_out earring skin_r skin_g skin_b melanin blush freckles stubble scalp
recede hairline_y variety hair_on hv_y hv_z hv_rx hv_ry hv_rz long len_y flare taper quiff
quiff_y part edge jag burn_y nape_y thin bare_top extra bun_r bun_y bun_z puff_r tail tail_side
braid flow crown_x crown_z wave wave_rate lock lock_rate curl curl_rate strand_rate hair_shine
op_x op_y op_rx op_ry op_cos op_sin op_narrow op_z op_pow hair_r hair_g hair_b beard_thick
beard_long beard_rise beard_side beard_chin stache beard_r beard_g beard_b gl_kind gl_x gl_y
gl_z gl_r gl_t lens frame_r frame_g frame_b hat scarf hand hand_side wrap wrap_r wrap_g wrap_b
thing_r thing_g thing_b cloth_style cloth_r cloth_g cloth_b b00 b01 b02 b10 b11 b12 b20 b21 b22
key_x key_y key_z key_r key_g key_b rim_x rim_y rim_z rimc_r rimc_g rimc_b up_x up_y up_z fill_x
fill_y fill_z sky_r sky_g sky_b ground_r ground_g ground_b catch_x catch_y distance eye0 eye1
eye2 cam_a cam_b cam_x cam_y pixel r00 r01 r02 r10 r11 r12 r20 r21 r22
""".split()  # noqa: SIM905 (a list would take 250 lines)
SCENE = np.dtype([(name, np.float64) for name in _NUMBERS] + [("mole", np.float64, (3, 3))])


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Head space to camera space: yaw turns to the picture's right, pitch looks up, roll tilts."""
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(-pitch), math.sin(-pitch)
    cr, sr = math.cos(roll), math.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return tilt @ nod @ turn


def _face(p: Person, q: Shot) -> dict[str, float]:
    fw, fl = p.face_width, p.face_length
    drop = 0.10 * q.open
    smile = float(np.clip(q.smile + 0.08 + 0.15 * p.mouth_rest, -0.35, 1.1))
    grin = max(smile, 0.0)
    child = float(np.clip((17 - p.age) / 10, 0, 1))
    old = float(np.clip((p.age - 45) / 35, 0, 1))
    eye_r = 0.170 * p.eye_size
    eye_x = 0.310 * p.eye_spacing * (1 + 0.3 * (fw - 1))
    eye_z = 0.475 + 0.02 * child
    shut = max(q.blink, 0.0)
    squint = q.squint * 0.28
    opening = p.eye_open * (1 - shut)
    mouth_w = 0.238 * p.mouth_width * (1 + 0.20 * grin - 0.10 * max(q.open - grin, 0))
    chin_y = -0.96 * fl - p.jaw_drop - 0.75 * drop
    nose_y = -0.335 * p.nose_length * (0.5 + 0.5 * fl)
    mouth_y = nose_y - 0.275 * fl + p.mouth_height - 0.03 * (p.lip_upper - 1) - 0.25 * drop
    brow_y = 0.255 + p.brow_height + 0.055 * q.brows - 0.025 * q.frown - 0.01 * old
    return {
        "cr_y": 0.33 + p.forehead * 0.6,
        "cr_z": -0.19,
        "cr_rx": 0.735 * fw,
        "cr_ry": 0.80 + p.forehead,
        "cr_rz": 0.90,
        "fa_y": -0.28 * fl,
        "fa_rx": 0.585 * fw,
        "fa_ry": 0.76 * fl,
        "fa_rz": 0.63,
        "jaw_x": p.jaw_width * fw,
        "jaw_y": -0.55 * fl - 0.4 * drop,
        "chin_w": p.chin_width,
        "chin_y": chin_y,
        "chin_z": 0.44 + p.chin_forward - 0.2 * drop,
        "cheek_x": 0.355 * fw + 0.03 * grin,
        "cheek_y": -0.235 - 0.03 * p.cheek_full + 0.035 * grin,
        "cheek_z": 0.375 + 0.025 * grin + 0.008 * p.cheekbone,
        "cheek_r": 0.222 + 0.025 * p.cheek_full + 0.02 * p.cheekbone + 0.018 * grin,
        "muzzle_y": mouth_y + 0.02,
        "muzzle_z": 0.275 + 0.02 * (p.lip_upper - 1),
        "ridge_y": 0.17,
        "ridge_r": 0.055 + 0.035 * p.brow_ridge,
        "socket_z": 0.70,
        "neck_r": p.neck_width,
        "eye_x": eye_x,
        "eye_y": 0.0,
        "eye_z": eye_z,
        "eye_r": eye_r,
        "eye_w": eye_r * (0.90 - 0.03 * p.eye_round),
        "lid_up": 0.094 * p.eye_size * opening * (1 - 0.35 * squint)
        + 0.004 * q.brows
        - 0.035 * shut,
        "lid_low": 0.066
        * p.eye_size
        * (1 - squint)
        * (1 - 0.3 * shut)
        * (0.92 + 0.08 * p.eye_round)
        + 0.03 * shut,
        "eye_round": float(np.clip(0.5 + p.eye_round, 0, 1)),
        "fold": p.fold,
        "tilt_cos": math.cos(p.eye_tilt),
        "tilt_sin": math.sin(p.eye_tilt),
        "crease_at": 0.044 - 0.018 * p.fold + 0.05 * shut * opening,
        "crease_depth": 0.020 * (1 - 0.75 * p.fold),
        "hood": p.hood + 0.6 * p.fold,
        "bag": 0.25 + 0.9 * old + 0.3 * max(q.squint, 0),
        "lash": p.lash,
        "iris_size": 0.60,
        "pupil": 0.26,
        "gaze_x": float(np.clip(q.gaze[0], -0.45, 0.45)),
        "gaze_y": float(np.clip(q.gaze[1], -0.22, 0.22)),
        "brow_x": 0.115,
        "brow_y": brow_y,
        "brow_w": 0.40 * p.brow_length,
        "brow_t": 0.052 * p.brow_thick,
        "brow_arch": 0.035 + 0.045 * p.brow_arch + 0.015 * q.brows,
        "brow_slope": 0.02 * p.brow_tilt - 0.035,
        "brow_inner": 0.03 * q.frown - 0.012 * max(q.brows, 0),
        "brow_thick": p.brow_thick,
        "brow_solid": 0.92 - 0.25 * child,
        "frown": q.frown + 0.3 * old,
        "bridge_z": 0.60 + 0.028 * p.nose_bridge,
        "bridge_r": 0.060 + 0.008 * (p.nose_width - 1),
        "nose_y": nose_y + 0.012 * p.nose_upturn,
        "nose_z": 0.80 + p.nose_forward + 0.012 * p.nose_upturn + 0.012 * p.nose_bridge,
        "tip_r": 0.095 * p.nose_tip * (0.6 + 0.4 * p.nose_width),
        "wing_x": 0.094 * p.nose_width * (1 + 0.06 * grin),
        "wing_r": 0.062 * (0.6 + 0.4 * p.nose_width),
        "mouth_x": 0.008 * p.asymmetry,
        "mouth_y": mouth_y,
        "mouth_w": mouth_w,
        "smile": smile,
        "tilt_mouth": 0.008 * p.asymmetry,
        "lip_up": 0.070 * p.lip_upper * (1 - 0.22 * grin),
        "lip_low": 0.086 * p.lip_lower * (1 - 0.16 * grin),
        "lip_up_fat": 0.6 + 0.4 * p.lip_upper,
        "lip_low_fat": 0.6 + 0.4 * p.lip_lower,
        "cupid": 0.10 + 0.25 * p.cupid,
        "gap": 0.155 * q.open,
        "fold_depth": 0.0015 + 0.010 * grin + 0.014 * p.wrinkles,
        "lines": p.wrinkles + 0.4 * grin * float(np.clip((p.age - 25) / 20, 0, 1)),
        "forehead_lines": p.wrinkles * (0.5 + 0.5 * max(q.brows, 0)),
        "ear_x": 0.725 * fw,
        "ear_y": -0.09,
        "ear_z": -0.10,
        "ear_r": 0.185 * p.ear_size,
        "ear_out": p.ear_out,
    }


def _surface(p: Person, q: Shot) -> dict[str, float]:
    rng = np.random.default_rng([0x5EED, p.seed])
    out = {
        "melanin": p.melanin,
        "blush": p.blush,
        "freckles": p.freckles,
        "variety": float(rng.uniform(0, 50)),
        "cloth_style": float(p.cloth_style),
        "earring": p.earrings,
    }
    for key, colour in (
        ("iris", p.iris),
        ("irim", p.iris_rim),
        ("brow", p.brow_colour),
        ("lip", p.lip_colour),
        ("skin", p.skin),
        ("hair", p.hair_colour),
        ("beard", mix(p.brow_colour, p.hair_colour, 0.6)),
        ("frame", p.glasses_colour if q.occlusion != "sunglasses" else (0.02, 0.02, 0.022)),
        ("wrap", p.scarf_colour),
        ("thing", q.occlusion_colour),
        ("cloth", q.cloth),
    ):
        for c, value in zip("rgb", colour, strict=True):
            out[f"{key}_{c}"] = value
    return out


def _things(p: Person, q: Shot, s: dict[str, float]) -> dict[str, float]:
    out: dict[str, float] = {}
    if p.hair_style == "headscarf":  # ears lie under the cloth
        out |= {"ear_r": 0.05, "ear_x": s["ear_x"] - 0.10, "earring": 0.0}
    kind = ("none", "round", "square", "wide").index(p.glasses)
    if q.occlusion == "sunglasses":
        kind, out["lens"] = max(kind, 2), 1.0
    if kind:
        out |= {"gl_kind": float(kind), "gl_r": 0.215, "gl_t": 0.018, "gl_y": s["eye_y"] - 0.03}
        out |= {"gl_x": s["eye_x"] + 0.012, "gl_z": s["eye_z"] + s["eye_r"] + 0.15}
    if q.occlusion in ("cap", "beanie"):
        out["hat"] = 1.0 if q.occlusion == "cap" else 2.0
        out |= {"quiff": 0.0, "puff_r": 0.0, "bare_top": s.get("bare_top", 0.0)}
        for axis, most in (("hv_rx", s["cr_rx"] + 0.08), ("hv_ry", s["cr_ry"] + 0.10)):
            out[axis] = min(s[axis], most)
        out["hv_rz"] = min(s["hv_rz"], s["cr_rz"] + 0.11)
        if s.get("bun_y", 0.0) > 1.0:
            out["bun_r"] = 0.0
    if q.occlusion == "scarf":
        out["scarf"] = 1.0
    if q.occlusion == "hand":
        out |= {"hand": 1.0, "hand_side": q.occlusion_side}
    return out


def landmarks(record: np.ndarray, front) -> np.ndarray:
    """Eyes, nose tip and mouth corners of a record in head space: [5, 3]."""
    s = record
    corner = float(s["mouth_y"] + 0.075 * s["smile"])
    points = []
    for side in (-1, 1):
        points.append([side * s["eye_x"], s["eye_y"], s["eye_z"] + s["eye_r"]])
    points.append([0.0, s["nose_y"], s["nose_z"] + s["tip_r"]])
    for side in (-1, 1):
        x = float(s["mouth_x"] + side * s["mouth_w"])
        points.append([x, corner, front(s, x, corner)])
    return np.array(points, dtype=float)


def project(points: np.ndarray, turn: np.ndarray, distance: float) -> np.ndarray:
    """Head-space points [n, 3] on the image plane at unit distance: [n, 2], y down."""
    seen = points @ turn.T
    depth = distance - seen[:, 2]
    return np.stack([seen[:, 0] / depth, -seen[:, 1] / depth], 1)


def compile_scene(person: Person, shot: Shot, front) -> np.ndarray:
    """The record (0-d array of `SCENE`) of one photo; `front` gives the face's depth at (x, y)."""
    s = _face(person, shot)
    s |= _surface(person, shot) | beard(person)
    s |= hair(person, s)
    s |= _things(person, shot, s)
    turn = rotation(shot.yaw, shot.pitch, shot.roll)
    body = rotation(shot.body_yaw, shot.pitch * 0.3, shot.roll * 0.2).T @ turn
    for i in range(3):
        for j in range(3):
            s[f"r{i}{j}"], s[f"b{i}{j}"] = turn[i, j], body[i, j]

    def head_space(name: str, direction) -> None:
        for axis, value in zip("xyz", turn.T @ np.asarray(direction, dtype=float), strict=True):
            s[f"{name}_{axis}"] = value

    head_space("key", shot.key)
    head_space("rim", shot.rim)
    head_space("up", (0, 1, 0))
    fill = np.array([-shot.key[0], 0.25, 0.9])
    head_space("fill", fill / np.linalg.norm(fill))
    for name, colour in (
        ("key", shot.key_colour),
        ("rimc", shot.rim_colour),
        ("sky", shot.sky),
        ("ground", shot.ground),
    ):
        for c, value in zip("rgb", colour, strict=True):
            s[f"{name}_{c}"] = value
    s["catch_x"] = float(np.clip(0.30 * s["key_x"], -0.24, 0.24)) or 0.05
    s["catch_y"] = float(np.clip(0.16 + 0.2 * s["key_y"], 0.10, 0.26))

    s["distance"] = shot.distance
    for i, value in enumerate(turn.T @ np.array([0, 0, shot.distance])):
        s[f"eye{i}"] = value
    record = np.zeros((), SCENE)
    for name, value in s.items():
        record[name] = value
    for i, (x, y) in enumerate(person.moles[:3]):
        record["mole"][i] = (x, y, 1.0)

    flat = project(landmarks(record[()], front), turn, shot.distance)
    (a, _, tx), (b, _, ty) = similarity(flat, template(1))
    jx, jy, jr, js = shot.jitter
    cos, sin = math.cos(jr) * math.exp(js), math.sin(jr) * math.exp(js)
    a, b = a * cos - b * sin, a * sin + b * cos
    tx, ty = tx - 0.5, ty - 0.5
    tx, ty = tx * cos - ty * sin + 0.5 + jx, tx * sin + ty * cos + 0.5 + jy
    norm = a * a + b * b
    record["cam_a"], record["cam_b"] = a / norm, -b / norm
    record["cam_x"], record["cam_y"] = -(a * tx + b * ty) / norm, -(a * ty - b * tx) / norm
    record["pixel"] = 1 / math.sqrt(norm)
    return record
