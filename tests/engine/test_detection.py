"""How photos are searched for faces: how small, how often, and where what is found lies."""

import numpy as np
import pytest
import torch

from engine.detection import SMALLEST, Detector, Face, choose


def face(left: float, top: float, right: float, bottom: float, probability: float = 0.99) -> Face:
    box = np.array([left, top, right, bottom], np.float64)
    return Face(box, box[:2] + np.arange(10.0).reshape(5, 2), probability)


def blank(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.fixture
def bare() -> Detector:
    """A detector without its networks."""
    found = object.__new__(Detector)
    found._nets, found._device = [], torch.device("cpu")
    return found


def test_an_area_is_width_times_height_and_never_negative() -> None:
    """Would catch a bystander who is larger by where they stand, or a box turned inside out."""
    assert face(10, 20, 40, 60).area == 30 * 40
    assert face(40, 20, 10, 60).area == face(10, 60, 40, 20).area == face(40, 60, 10, 20).area == 0


def test_size_counts_against_twice_the_squared_distance() -> None:
    """Would catch the largest face taken wherever it is, or the most central however small."""
    middle = face(90, 90, 110, 110)
    for side, chosen in ((80.0, False), (85.0, True)):
        # its centre is 55 pixels off: 6,050 to make up for, and 400 to beat
        other = face(155 - side / 2, 100 - side / 2, 155 + side / 2, 100 + side / 2)
        assert (side**2 - 2 * 55**2 > 20**2) == chosen
        best, several = choose([middle, other], 200, 200)
        assert several
        assert (best is other) == chosen
    assert choose([middle], 200, 200) == (middle, False)


def test_a_prominent_face_ends_the_search(bare: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch photos searched twice for nothing, or given each other's faces; an unsure face
    only stays where a second look finds none."""
    sure, unsure, small = face(0, 0, 99, 99), face(0, 0, 50, 50, 0.8), face(5, 5, 30, 30)
    answers = {0: [sure], 1: [unsure], 2: [], 3: [unsure]}
    deeper = {1: [small], 2: [small, unsure], 3: []}
    asked = []

    def search(images: list, smallest: float) -> list:
        which = [int(one[0, 0, 0]) for one in images]
        asked.append((which, smallest))
        return [(answers if len(asked) == 1 else deeper)[one] for one in which]

    monkeypatch.setattr(bare, "_search", search)
    images = [blank(600, 900) + np.uint8(at) for at in range(4)]
    assert bare.detect(images) == [[sure], [small], [small, unsure], [unsure]]
    assert asked == [([0, 1, 2, 3], 100), ([1, 2, 3], 30)]
    asked.clear()
    assert bare.detect(images[:1]) == [[sure]]
    assert asked == [([0], 100)]


@pytest.mark.parametrize(
    ("short", "searches"),
    [(19, []), (20, [20]), (120, [20]), (126, [21, 20]), (390, [65, 20]), (600, [100, 30])],
)
def test_how_small_a_face_may_be_depends_on_the_photo(
    bare: Detector, monkeypatch: pytest.MonkeyPatch, short: int, searches: list[int]
) -> None:
    """Would catch faces looked for that are too small to be any, or a search done twice alike."""
    asked: list[float] = []

    def search(images: list, smallest: float) -> list:
        asked.append(smallest)
        return [[] for _ in images]

    monkeypatch.setattr(bare, "_search", search)
    assert bare.detect([blank(short, 1000), blank(short, 1000)]) == [[], []]
    assert asked == pytest.approx(searches)
    assert SMALLEST == 20
    asked.clear()
    bare.detect([blank(1000, short)])
    assert asked == pytest.approx(searches)


def test_one_photo_that_trips_the_networks_costs_no_other(
    bare: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a batch without faces for one bad picture, and corners read as landmarks."""
    calls = []

    def detect_face(stack: np.ndarray, smallest: float, *rest: object) -> tuple:
        calls.append(len(stack))
        if (stack[:, 0, 0, 0] == 1).any():
            raise IndexError
        boxes = [np.array([[1, 2, 3, 4, 0.75]], np.float32)] * len(stack)
        return boxes, [np.arange(10, dtype=np.float32).reshape(1, 5, 2)] * len(stack)

    monkeypatch.setattr("facenet_pytorch.models.utils.detect_face.detect_face", detect_face)
    found = bare._search([blank(30, 30) + np.uint8(at) for at in (0, 1, 2)], 20)
    assert calls == [3, 1, 1, 1]
    assert [len(one) for one in found] == [1, 0, 1]
    (one,) = found[2]
    assert one.box.tolist() == [1, 2, 3, 4]
    assert one.landmarks.tolist() == np.arange(10).reshape(5, 2).tolist()
    assert (one.probability, one.box.dtype, one.landmarks.dtype) == (0.75, float, float)


@pytest.mark.parametrize(
    ("height", "width", "scale", "frame"), [(64, 64, 2.5, 16), (200, 160, 1, 50), (80, 40, 4, 20)]
)
def test_a_close_up_is_framed_enlarged_and_measured_in_its_own_pixels(
    bare: Detector,
    monkeypatch: pytest.MonkeyPatch,
    height: int,
    width: int,
    scale: float,
    frame: int,
) -> None:
    """Would catch a face placed where it lies in the enlarged picture, or a frame that is an edge:
    a bright square is found where it is."""
    image = blank(height, width) + np.uint8(100)
    image[10:30, 8:24] = 250

    def detect(images: list) -> list:
        (framed,) = images
        sides = np.array(framed.shape[:2])
        assert sides.tolist() == [round((one + 2 * frame) * scale) for one in (height, width)]
        mean = int(image.reshape(-1, 3).mean())
        assert np.abs(framed[0, 0].astype(int) - mean).max() <= 1
        down, across = np.nonzero(framed[..., 0] > 200)
        box = [across.min(), down.min(), across.max() + 1, down.max() + 1]
        return [
            [Face(np.array(box, np.float64), np.array(box * 2 + box[:2], float).reshape(5, 2), 0.5)]
        ]

    monkeypatch.setattr(bare, "detect", detect)
    (found,) = bare.detect_close_up(image)
    np.testing.assert_allclose(found.box, [8, 10, 24, 30], atol=1)
    np.testing.assert_allclose(found.landmarks[:2], [[8, 10], [24, 30]], atol=1)
    assert found.probability == 0.5


@pytest.mark.parametrize(
    ("height", "width", "looked_at"),
    [(112, 112, (240, 240)), (16, 160, (960, 2400)), (1600, 1, (2400, 801)), (1, 1, (160, 160))],
)
def test_a_close_up_is_enlarged_but_never_a_strip(
    bare: Detector, monkeypatch: pytest.MonkeyPatch, height: int, width: int, looked_at: tuple
) -> None:
    """Would catch a photo of 1 x 60,000 pixels, 3 kB, that takes gigabytes and ends the program."""
    sizes = []
    monkeypatch.setattr(bare, "detect", lambda images: sizes.append(images[0].shape[:2]) or [[]])
    assert bare.detect_close_up(blank(height, width)) == []
    assert sizes == [looked_at]
