"""From photos to faces: geometry against plain formulas, and real photos against real crops."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine import alignment
from engine.alignment import in_threads, prepare
from engine.backbones import load_backbone
from engine.detection import Face, choose, detector
from engine.errors import Cancelled, LetheError
from engine.gallery import build
from engine.sources import open_gallery
from engine.warp import TEMPLATE, box_crop, onto_template, similarity, template
from tests.engine.photos import encoded, image


def turned(points, angle, scale, shift):
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ rotation.T + shift


@pytest.mark.parametrize("angle", [0.0, 0.4, -2.0, np.pi])
def test_similarity_recovers_an_exact_motion(angle):
    """Would catch a rotation taken backwards or a scale taken inversely."""
    points = np.random.default_rng(0).normal(size=(5, 2)) * 30
    matrix = similarity(points, turned(points, angle, 1.7, [5, -3]))
    expected = 1.7 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(matrix[:, :2], expected, atol=1e-9)
    np.testing.assert_allclose(matrix[:, 2], [5, -3], atol=1e-9)


def test_similarity_is_the_least_squares_one_and_never_mirrors():
    """Would catch an affine fit or a reflection: it agrees with a linear least squares over
    (a, b, x, y), which knows neither."""
    generator = np.random.default_rng(1)
    for trial in range(20):
        source = generator.normal(size=(5, 2)) * 20
        target = turned(source, trial, 0.6, [9, 9]) + generator.normal(size=(5, 2))
        if trial % 2:
            target = generator.normal(size=(5, 2)) * [20, -20]
        rows, values = [], target.ravel()
        for x, y in source:
            rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        a, b, right, down = np.linalg.lstsq(np.array(rows), values, rcond=None)[0]
        matrix = similarity(source, target)
        np.testing.assert_allclose(matrix, [[a, -b, right], [b, a, down]], atol=1e-8)
        assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize("size", [112, 160])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7, 6.0])
@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_landmarks_land_on_the_template(size, scale, angle):
    """Would catch a shift by half a pixel, a turn the wrong way or a blur by shrinking at once:
    dots painted on the landmarks of a photo are found on the template's places."""
    landmarks = turned(TEMPLATE - TEMPLATE.mean(0), angle, scale, [400.0, 380.0])
    y, x = np.mgrid[:800, :800]
    for number, landmark in enumerate(landmarks):
        distance = ((x - landmark[0]) ** 2 + (y - landmark[1]) ** 2) / (3 * scale) ** 2
        dot = np.repeat((255 * np.exp(-distance / 2)).astype(np.uint8)[..., None], 3, axis=2)
        face = onto_template(Image.fromarray(dot), landmarks, size)[..., 0].astype(float)
        found = [(face.sum(axis) * np.arange(size)).sum() / face.sum() for axis in (0, 1)]
        np.testing.assert_allclose(found, template(size)[number], atol=0.15)


def test_template_scales_like_a_picture():
    """Would catch the customary factor without the half pixel, which shifts larger faces."""
    np.testing.assert_allclose(template(112), TEMPLATE)
    np.testing.assert_allclose(template(224), TEMPLATE * 2 + 0.5)


def test_large_faces_are_averaged_down():
    """Would catch a warp that picks single pixels of a large photo: noise instead of skin."""
    board = (np.indices((900, 900)).sum(0) % 2 * 255).astype(np.uint8)
    photo = Image.fromarray(board).convert("RGB")
    face = onto_template(photo, TEMPLATE * 6 + 100, 112)
    assert np.abs(face.astype(int) - 127).max() < 30


def test_a_photo_smaller_than_a_pixel_is_its_mean():
    """Would catch a shrinking that stops before a single pixel is left, or that leaves none: half
    black and half white is grey wherever it is seen."""
    photo = np.zeros((48, 48, 3), np.uint8)
    photo[:, 24:] = 255
    landmarks = (template(112) - 50.2) * 100 + 24  # a hundred of its pixels make one
    face = onto_template(Image.fromarray(photo), landmarks, 112)
    assert abs(int(face[50, 50, 0]) - 127) <= 3
    assert not np.delete(face.reshape(-1, 3), 50 * 112 + 50, axis=0).any()


def test_landmarks_that_span_nothing_give_no_face():
    """Would catch a division by zero for a degenerate detection."""
    assert onto_template(image(0), np.ones((5, 2)), 112) is None


@pytest.mark.parametrize("size", [160, 112])
def test_box_crop_is_facenets_own(size):
    """Would catch a margin or rounding other than facenet-pytorch's, whose weights expect it."""
    from facenet_pytorch import extract_face

    photo = image(3, 250, 250)
    for box in (
        [60.4, 70.2, 170.9, 199.7],
        [-12.0, -3.0, 90.0, 120.5],
        [180.0, 150.0, 280.0, 260.0],
    ):
        expected = extract_face(photo, np.array(box), size, 14 * size / 160)
        got = box_crop(photo, np.array(box), size)
        np.testing.assert_array_equal(got, expected.permute(1, 2, 0).numpy().astype(np.uint8))
    assert box_crop(photo, np.array([300.0, 300.0, 350.0, 350.0]), size) is None


def test_the_largest_central_face_is_chosen():
    """Would catch a bystander, or an unsure detection, taken for the person."""

    def face(left, top, side, probability=0.99):
        return Face(np.array([left, top, left + side, top + side]), np.zeros((5, 2)), probability)

    middle, corner = face(90, 90, 70), face(0, 0, 75)
    assert choose([corner, middle], 250, 250) == (middle, True)
    assert choose([middle, face(80, 80, 90, 0.75)], 250, 250) == (middle, False)
    unsure = face(10, 10, 40, 0.75)
    assert choose([unsure], 250, 250) == (unsure, False)


def crops(count=9, size=40):
    items = [
        (who, f"{who}/{photo}.png", encoded(10 * number + photo, width=size, height=size))
        for number, who in enumerate("AB")
        for photo in range(count)
    ]
    return items


def test_aligned_faces_are_passed_through():
    """Would catch aligned faces that are cut a second time, or photos that change places."""
    gallery = build("toy", crops(), aligned=True)
    for convention in ("arcface", "box"):
        prepared = prepare(gallery, 40, convention)
        assert prepared.rows.tolist() == list(range(18))
        for face, photo in zip(prepared.faces, gallery.photos, strict=True):
            np.testing.assert_array_equal(face, np.asarray(photo.image()))
    with pytest.raises(LetheError, match="Unknown alignment"):
        prepare(gallery, 40, "loose")


def test_each_photo_is_prepared_as_it_came(shared_faces):
    """Would catch a whole gallery detected for one photo, or rows that change places: crops pass
    as they are, in the photo among them the face is found."""
    with Image.open(next(iter(sorted((shared_faces / "lfw_dev_photos").rglob("*.jpg"))))) as one:
        photo = io.BytesIO()
        one.save(photo, "PNG")
    items = [*crops(3)[:4], ("A", "A/0.photo", photo.getvalue()), ("A", "A/1.grey", encoded(3))]
    aligned = {key for _, key, _ in crops(3)}
    gallery = build("toy", items, aligned=aligned)
    prepared = prepare(gallery, 40, "arcface")
    keys = [gallery.photos[row].key for row in prepared.rows]
    assert keys == ["A/0.photo", "A/0.png", "A/1.png", "A/2.png", "B/0.png"]
    assert [(one.key, one.reason) for one in prepared.skipped] == [("A/1.grey", "no face found")]
    for face, row in zip(prepared.faces[1:], prepared.rows[1:], strict=True):
        np.testing.assert_array_equal(face, np.asarray(gallery.photos[row].image()))
    alone = prepare(build("toy", [items[4]], aligned=False), 40, "arcface")
    np.testing.assert_array_equal(prepared.faces[0], alone.faces[0])


def test_shrinking_averages():
    """Would catch a resize that picks pixels: a fine checkerboard must come out grey."""
    board = (np.indices((160, 160)).sum(0) % 2 * 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(board).convert("RGB").save(out, "PNG")
    gallery = build("toy", [("A", "A/1", out.getvalue())], aligned=True)
    inner = prepare(gallery, 56, "arcface").faces[0, 4:-4, 4:-4]
    assert np.abs(inner.astype(int) - 127).max() < 40


@pytest.mark.parametrize("aligned", [True, False])
def test_truncated_photos_are_skipped_and_said(aligned):
    """Would catch a truncated photo that ends everything or goes missing in silence, and rows
    that shift by one after it."""
    items = crops(3)
    items[1] = ("A", "A/1.png", encoded(1, "JPEG", 200, 200)[:1000])
    gallery = build("toy", items, aligned=aligned)
    if aligned:
        prepared = prepare(gallery, 40, "arcface")
        assert prepared.rows.tolist() == [0, 2, 3, 4, 5]
        assert [one.key for one in prepared.skipped] == ["A/1.png"]
        np.testing.assert_array_equal(prepared.faces[1], np.asarray(gallery.photos[2].image()))
    else:
        with pytest.raises(LetheError, match="no face found"):
            prepare(gallery, 112, "arcface")


def test_preparing_reports_and_can_be_stopped():
    """Would catch work that cannot be cancelled or never says that it is done."""
    gallery = build("toy", crops(), aligned=True)
    seen = []
    prepare(gallery, 40, "arcface", seen.append)
    assert (seen[-1].done, seen[-1].total) == (18, 18)

    def stop(_):
        raise Cancelled

    with pytest.raises(Cancelled):
        prepare(gallery, 40, "arcface", stop)


def test_threads_keep_order_and_pass_errors_on():
    """Would catch results in order of completion, or an error lost in a thread."""
    assert list(in_threads(lambda x: x * x, range(100))) == [x * x for x in range(100)]
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda x: 1 // x, range(-3, 3)))


def test_detector_reads_its_weights_without_pickle(monkeypatch):
    """Would catch a detector that unpickles: every torch.load says weights_only."""
    from engine import detection

    seen = []
    real = torch.load

    def watched(*args, **options):
        seen.append(options.get("weights_only"))
        return real(*args, **options)

    monkeypatch.setattr(torch, "load", watched)
    detection.Detector(torch.device("cpu"))
    assert seen == [True, True, True]


def test_real_photos_align_like_the_reference(shared_faces, edgeface):
    """Would catch any fault of detection or alignment: an embedding of our crop agrees with the
    one of the reference crop of the same photo."""
    photos = open_gallery(shared_faces / "lfw_dev_photos")
    aligned = open_gallery(shared_faces / "lfw_dev")
    keys = sorted(photo.key for photo in photos.photos)[::42]
    ours = prepare(_only(photos, keys), 112, "arcface")
    theirs = prepare(_only(aligned, keys), 112, "arcface")
    assert len(keys) == 40
    assert len(ours.rows) + len(ours.skipped) == 40
    assert len(ours.rows) >= 39
    backbone = load_backbone(str(edgeface))
    a, b = (
        torch.nn.functional.normalize(backbone.embed(faces))
        for faces in (ours.faces, theirs.faces[ours.rows])
    )
    assert ((a * b).sum(1) > 0.9).float().mean() >= 0.95

    # and on what was cut, the detector finds the landmarks where the template has them
    def distance(face):
        framed = np.asarray(Image.fromarray(face).resize((224, 224), Image.Resampling.BICUBIC))
        found = detector("cpu").detect_close_up(framed)
        if not found:
            return None
        landmarks = (max(found, key=lambda one: one.area).landmarks + 0.5) / 2 - 0.5
        return np.linalg.norm(landmarks - TEMPLATE, axis=1).mean()

    distances = [one for one in in_threads(distance, ours.faces) if one is not None]
    assert len(distances) >= 35
    assert np.median(distances) < 3.0


def test_real_photos_by_box_and_turned_phone_photos(shared_faces):
    """Would catch a box crop that misses the face, and EXIF turns that are not honoured."""
    source = sorted((shared_faces / "lfw_dev_photos").rglob("*.jpg"))[::400]
    items = []
    for number, path in enumerate(source):
        exif = Image.Exif()
        exif[0x0112] = 8
        out = io.BytesIO()
        with Image.open(path) as photo:
            turned_photo = photo.transpose(Image.Transpose.ROTATE_270)
            turned_photo.save(out, "JPEG", quality=95, exif=exif)
        items += [("A", f"A/{number}", path), ("B", f"B/{number}", out.getvalue())]
    prepared = prepare(build("toy", items, aligned=False), 160, "box")
    assert len(prepared.rows) == 2 * len(source)
    upright, again = np.split(prepared.faces.astype(float), 2)
    assert np.abs(upright - again).mean() < 12
    for face in prepared.faces[: len(source)]:
        assert detector("cpu").detect_close_up(face)


def test_a_real_close_up_and_a_tiny_face_are_found(shared_faces):
    """Would catch Olivetti-like photos, which the face fills, being all skipped."""
    sources = sorted((shared_faces / "lfw_dev").rglob("*.jpg"))[::170]
    items = []
    for number, path in enumerate(sources):
        with Image.open(path) as photo:
            out = io.BytesIO()
            photo.crop((25, 20, 135, 150)).resize((64, 64)).convert("L").save(out, "PNG")
        items.append(("A", f"A/{number}", out.getvalue()))
    prepared = prepare(build("toy", items, aligned=False), 112, "arcface")
    assert len(prepared.rows) >= 0.8 * len(items)


def _only(gallery, keys):
    chosen = [photo for photo in gallery.photos if photo.key in set(keys)]
    items = [(photo.key.split("/")[0], photo.key, photo.source) for photo in chosen]
    pairs = zip(gallery.photos, gallery.aligned, strict=True)
    return build(gallery.name, items, aligned={photo.key for photo, one in pairs if one})


@pytest.mark.parametrize("convention", ["arcface", "box"])
def test_every_photo_gets_its_own_face_or_its_own_reason(monkeypatch, convention):
    """Would catch a face of another photo, one lost because others have another size, a face that
    spans nothing taken for one, and a photo left out or remarked on without its reason."""

    def face(left, top, side, landmarks=None):
        box = np.array([left, top, left + side, top + side], np.float64)
        places = template(112) * side / 112 + (left, top) if landmarks is None else landmarks
        return Face(box, places, 0.99)

    flat = np.ones((5, 2))
    nowhere = face(400.0, 400.0, 20.0, flat)
    seen = {
        (200, 200): [face(20, 30, 112)],
        (210, 200): [face(60, 40, 112), face(0, 0, 30)],
        (220, 200): [],
        (230, 200): [nowhere],
        (240, 200): None,
    }
    asked = []

    class Finder:
        def detect(self, pixels):
            sizes = {one.shape[1::-1] for one in pixels}
            assert len(sizes) == 1
            asked.append(len(pixels))
            return [seen[sizes.copy().pop()] or [] for _ in pixels]

        def detect_close_up(self, pixels):
            return [face(40, 50, 112)] if pixels.shape[1] == 240 else []

    monkeypatch.setattr(alignment, "detector", lambda device: Finder())
    widths = (200, 210, 220, 230, 240, 200, 200)
    photos = [image(seed, width, 200) for seed, width in enumerate(widths)]
    items = [("A", f"A/{at}.png", png(one)) for at, one in enumerate(photos)]
    items.insert(3, ("A", "A/broken.png", png(photos[0])[:900]))
    told = []
    gallery = build("toy", items, aligned=False)
    prepared = prepare(gallery, 112, convention, watch=told.append)
    assert [(one.key, one.cause) for one in prepared.skipped] == [
        ("A/2.png", "no face found"),
        ("A/3.png", "no face found"),
        ("A/broken.png", "cut off"),
    ]
    said = {one.key: one.reason for one in prepared.remarks if "several" in one.reason}
    assert [*said] == ["A/1.png"]
    assert said["A/1.png"].startswith("several faces: the largest")
    keys = [gallery.photos[row].key for row in prepared.rows]
    assert keys == ["A/0.png", "A/1.png", "A/4.png", "A/5.png", "A/6.png"]
    places = {0: (20, 30), 1: (60, 40), 4: (40, 50), 5: (20, 30), 6: (20, 30)}
    for cut, key in zip(prepared.faces, keys, strict=True):
        number = int(key[2])
        only = face(*places[number], 112)
        expected = (
            onto_template(photos[number], only.landmarks, 112, "arcface")
            if convention == "arcface"
            else box_crop(photos[number], only.box, 112)
        )
        np.testing.assert_array_equal(cut, expected)
    assert sum(asked) == 7
    assert (told[-1].done, told[-1].total) == (8, 8)
    with pytest.raises(LetheError, match=r"No photo in toy can be used; A/2.png for one: no face"):
        prepare(build("toy", items[2:3], aligned=False), 112, convention)


def png(picture):
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
