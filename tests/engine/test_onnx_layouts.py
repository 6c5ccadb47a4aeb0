"""ONNX inputs as people's models have them: each is given the very pixels it was made for."""

from types import SimpleNamespace

import numpy as np
import pytest
from onnx import helper

from engine.backbones import load_backbone, notes_of
from engine.backbones.onnx_layout import Layout, read_layout
from engine.errors import LetheError
from tests.engine.onnx_toy import FLOAT, FLOAT16, UINT8, toy

WEIGHT = np.random.default_rng(0).normal(size=(3, 5))
FACES = np.random.default_rng(1).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)

COLOURS_FIRST = helper.make_node("Transpose", ["x"], ["faces"], perm=[0, 3, 1, 2])
TO_FLOAT = helper.make_node("Cast", ["x"], ["faces"], to=FLOAT)
TO_FLOAT_FIRST = (
    helper.make_node("Cast", ["x"], ["floats"], to=FLOAT),
    helper.make_node("Transpose", ["floats"], ["faces"], perm=[0, 3, 1, 2]),
)


def by_hand(faces, mean=127.5, std=127.5):
    return ((faces.astype(np.float64) - mean) / std).mean((1, 2)) @ WEIGHT


@pytest.fixture
def load(tmp_path):
    def loaded(*arguments, settings=None, **options):
        path = tmp_path / "toy.onnx"
        path.write_bytes(toy(WEIGHT, *arguments, **options))
        return load_backbone(str(path), **(settings or {}))

    return loaded


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_graph_made_for_one_face_gets_one(load, where):
    """Would catch N believed where an export has a batch of 1 written into its graph: two faces
    are refused by the runtime, or come out as one row of double length."""
    if where == "first":
        shape, options = [1, 3, 32, 32], {}
        node = helper.make_node("Reshape", ["x", "shape"], ["faces"])
    else:
        shape, options = [1, -1], {"results": {"row": ("n", "d")}}
        node = helper.make_node("Reshape", ["y", "shape"], ["row"])
    backbone = load(**{where: [node]}, constants={"shape": np.array(shape)}, **options)
    assert backbone.dimension == 5
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES), atol=1e-5)


@pytest.mark.parametrize("shape", [("n", 32, 32, 3), (3, 32, 32, 3), (1, 32, 32, 3)])
def test_colours_last_are_given_last(load, shape):
    """Would catch a TensorFlow-born model that is refused, or fed axes in the wrong order."""
    backbone = load(shape, first=[COLOURS_FIRST])
    assert backbone.size == 32
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES), atol=1e-5)
    assert "colours last" in notes_of(backbone)[0]


def test_open_colours_last_take_the_size_option(load):
    """Would catch an open height taken for the number of colours."""
    backbone = load(("n", "h", "w", 3), first=[COLOURS_FIRST], settings={"size": 48})
    assert backbone.size == 48


@pytest.mark.parametrize(
    ("shape", "first"),
    [(("n", 3, 32, 32), [TO_FLOAT]), (("n", 32, 32, 3), TO_FLOAT_FIRST)],
)
def test_bytes_come_as_they_are(load, shape, first):
    """Would catch a model that normalises inside fed negative numbers that wrap around."""
    options = {"kind": UINT8, "first": first}
    backbone = load(shape, **options)
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES, 0, 1), rtol=1e-5)
    assert any("mean and std do not apply" in note for note in notes_of(backbone))
    flipped = load(shape, settings={"channel_order": "bgr"}, **options)
    expected = by_hand(FACES[..., ::-1], 0, 1)
    np.testing.assert_allclose(flipped.embed(FACES).numpy(), expected, rtol=1e-5)


def test_half_precision_input(load):
    """Would catch float32 handed to a float16 model, which onnxruntime refuses."""
    backbone = load(kind=FLOAT16, first=[TO_FLOAT])
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES), atol=2e-3)
    assert notes_of(backbone) == ()


@pytest.mark.parametrize(
    ("shape", "middle"),
    [(("n", 3, 32, 28), np.s_[:, :, 2:30]), (("n", 3, 24, 32), np.s_[:, 4:28])],
)
def test_faces_that_are_not_square_are_the_middle_of_square_ones(load, shape, middle):
    """Would catch a squeezed face, or height taken for width: 112 x 96 is the ArcFace template
    without its sides."""
    backbone = load(shape)
    assert backbone.size == 32
    got = backbone.embed(FACES).numpy()
    np.testing.assert_allclose(got, by_hand(FACES[middle]), atol=1e-5)
    assert f"{shape[2]} x {shape[3]} (height x width)" in notes_of(backbone)[0]


def test_a_strip_is_no_face(load):
    """Would catch a text-line reader fed the middle third of a face."""
    with pytest.raises(LetheError, match="N x S x S x 3"):
        load(("n", 32, 96, 3), first=[COLOURS_FIRST])


def test_the_usual_layout_needs_no_word(load):
    """Would catch notes on a model that needed no assumption."""
    assert notes_of(load()) == ()
    assert notes_of(load_backbone("mini")) == ()


def session(shape: list, kind: str = "tensor(float)", many: int = 1) -> SimpleNamespace:
    one = SimpleNamespace(name="x", shape=shape, type=kind)
    return SimpleNamespace(get_inputs=lambda: [one] * many)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (["n", 3, 112, 112], (112, 112, None, False)),
        ([None, 3, 96, 112], (96, 112, None, False)),
        ([4, 3, 112, 112], (112, 112, 4, False)),
        ([0, 3, 112, 112], (112, 112, None, False)),
        ([1, 112, 112, 3], (112, 112, 1, True)),
        ([1, 3, 3, 3], None),
        ([1, "c", 64, 64], (64, 64, 1, False)),
        ([1, 0, 64, 64], (64, 64, 1, False)),
        ([1, 1, 64, 64], None),
        ([1, 4, 64, 64], None),
        ([1, 3, "h", "w"], (80, 80, 1, False)),
        ([1, 3, "h", 64], (64, 64, 1, False)),
        ([1, 3, 64, -1], (64, 64, 1, False)),
        ([1, "h", "w", 3], (80, 80, 1, True)),
        ([1, 3, 100, 150], (100, 150, 1, False)),
        ([1, 3, 100, 151], None),
        ([1, 3, 151, 100], None),
        ([1, 3, 16, 16], (16, 16, 1, False)),
        ([1, 3, 15, 16], None),
        ([1, 3, 16, 15], None),
        ([1, 3, 1024, 1024], (1024, 1024, 1, False)),
        ([1, 3, 1024, 1025], None),
        ([3, 112, 112], None),
        ([1, 1, 3, 112, 112], None),
    ],
)
def test_axes_are_told_apart_by_their_lengths(shape, expected):
    """Would catch an axis of colours, faces or pixels taken for another, an open one that is not
    filled, and a shape at the edge of what is fed that is refused, or one past it let in."""
    if expected is None:
        with pytest.raises(LetheError, match=r"reads tensor\(float\) of|pixels are not supported"):
            read_layout(session(shape).get_inputs(), "m", 80)
        return
    layout = read_layout(session(shape).get_inputs(), "m", 80)
    assert (layout.height, layout.width, layout.batch, layout.colours_last) == expected
    assert layout.size == max(expected[:2])


def test_inputs_that_are_no_face_are_refused():
    """Would catch a model of two inputs, or of whole numbers, that fails only when it runs."""
    with pytest.raises(LetheError, match="has 2 inputs"):
        read_layout(session([1, 3, 32, 32], many=2).get_inputs(), "m", 80)
    with pytest.raises(LetheError, match=r"reads tensor\(int64\) of 1 x 3 x 32 x 32"):
        read_layout(session([1, 3, 32, 32], "tensor(int64)").get_inputs(), "m", 80)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.uint8])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 8), (8, 6)])
def test_faces_are_cut_in_the_middle_and_normalised(kind, last, height, width):
    """Would catch a cut off by a row, a mean that is divided too, or axes out of order."""
    layout = Layout("x", height, width, None, kind, last)
    faces = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    given = layout.arrange(faces, 100.0, 50.0)
    assert given.dtype == kind
    top, left = {8: 0, 5: 1}[height], {8: 0, 6: 1}[width]
    for face in range(2):
        for row in range(height):
            for column in range(width):
                pixel = faces[face, top + row, left + column].astype(np.float64)
                expected = pixel if kind is np.uint8 else ((pixel - 100) / 50).astype(kind)
                got = given[face, row, column] if last else given[face, :, row, column]
                np.testing.assert_allclose(got, expected, rtol=1e-3)
    told = " ".join(layout.notes)
    assert ("colours last" in told, "plain pixels" in told) == (last, kind is np.uint8)
    assert (f"faces of {height} x {width}" in told) == (height != width)
