"""ONNX outputs: the embedding is found, and each face's is its own."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from onnx import helper

from engine.backbones import load_backbone, notes_of
from engine.backbones.onnx_outputs import as_embeddings, fault, float_outputs, pictures
from engine.errors import LetheError
from tests.engine.onnx_toy import mini, mini_bytes, toy

WEIGHT = np.random.default_rng(0).normal(size=(3, 5))
FACES = np.random.default_rng(1).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)
NOISE = np.random.default_rng(2).normal(size=(256, 1000)).astype(np.float32)


def by_hand(faces):
    return ((faces.astype(np.float64) - 127.5) / 127.5).mean((1, 2)) @ WEIGHT


@pytest.mark.parametrize("batch", ["n", 1, 2, 5])
@pytest.mark.parametrize(
    ("axes", "shape"), [([2, 3], (5, 1, 1)), ([1], (1, 5)), ([1, 2], (1, 1, 5))]
)
def test_axes_of_one_are_left_out(load, axes, shape, batch):
    """Would catch [N, d, 1, 1] refused, or the batch of 1 squeezed away with the rest."""
    deep = helper.make_node("Unsqueeze", ["y", "axes"], ["deep"])
    backbone = load(
        toy(
            WEIGHT,
            (batch, 3, 32, 32),
            last=[deep],
            results={"deep": (batch, *shape)},
            constants={"axes": np.array(axes)},
        )
    )
    assert backbone.dimension == 5
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES), atol=1e-5)


def test_the_embedding_is_found_behind_the_norm(load):
    """Would catch the first output used because it is the first; AdaFace exports have two."""
    norm = helper.make_node("ReduceL2", ["y"], ["norm"], axes=[1], keepdims=1)
    backbone = load(toy(WEIGHT, last=[norm], results={"norm": ("n", 1), "y": ("n", 5)}))
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES), atol=1e-5)
    assert "y is used, the only one" in notes_of(backbone)[0]


@pytest.mark.parametrize("results", [("logits", "y"), ("y", "logits"), ("colour", "y")])
def test_of_two_outputs_the_better_on_faces_is_used(load, results):
    """Would catch class scores, or a feature that knows no face, taken for the embedding."""
    shapes = {"y": ("n", 256), "logits": ("n", 1000), "colour": ("n", 3)}
    data = mini(
        last=[
            helper.make_node("MatMul", ["y", "noise"], ["logits"]),
            helper.make_node("ReduceMean", ["x"], ["colour"], axes=[2, 3], keepdims=0),
        ],
        results={name: shapes[name] for name in results},
        constants={"noise": NOISE},
    )
    backbone = load(data)
    other = next(name for name in results if name != "y")
    assert backbone.dimension == 256
    note = notes_of(backbone)[0]
    assert "y is used" in note
    assert f"output=NAME takes another: {other})" in note
    asked = load(data, output=other)
    assert asked.dimension == shapes[other][1]
    assert notes_of(asked) == ()
    assert asked.fingerprint != backbone.fingerprint
    assert load(data, output="y").fingerprint == backbone.fingerprint
    with pytest.raises(LetheError, match=f"no output called 'z'; choose {', '.join(results)}"):
        load(data, output="z")


def test_naming_the_only_output_changes_nothing(load):
    """Would catch embeddings that are kept twice, or a cache lost to a new option."""
    assert load(toy(WEIGHT), output="y").fingerprint == load(toy(WEIGHT)).fingerprint


def test_the_fingerprint_is_what_it_was(load):
    """Would catch every kept embedding of an ONNX model computed anew after an update."""
    import hashlib
    import json

    options = {
        "channel_order": "bgr",
        "mean": 10.0,
        "std": 64.0,
        "size": 32,
        "convention": "arcface",
    }
    data = toy(WEIGHT)
    before = hashlib.sha256(hashlib.sha256(data).digest())
    before.update(json.dumps(options, sort_keys=True).encode())
    backbone = load(data, channel_order="bgr", mean=10, std=64)
    assert backbone.fingerprint == before.hexdigest()
    same = load(data).with_settings(channel_order="bgr", mean=10, std=64)
    assert same.fingerprint == backbone.fingerprint
    assert torch.equal(same.embed(FACES), backbone.embed(FACES))


@pytest.mark.parametrize("weight", [0 * WEIGHT, 0 * WEIGHT + 1e-9])
@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_a_constant_is_no_embedding(load, weight, batch):
    """Would catch a model that gives everyone one embedding, so that everyone is everyone."""
    add = helper.make_node("Add", ["y", "constant"], ["z"])
    constant = {"constant": np.arange(5, dtype=np.float32) * (weight.max() > 0)}
    with pytest.raises(LetheError, match="all embeddings are alike") as error:
        load(
            toy(
                weight,
                (batch, 3, 32, 32),
                last=[add],
                results={"z": (batch, 5)},
                constants=constant,
            )
        )
    assert str(error.value).endswith(".")


def quantised_input(batch) -> bytes:
    """A toy whose pixels pass through eight bits, scaled by the whole batch's range."""
    return toy(
        WEIGHT,
        (batch, 3, 32, 32),
        first=[
            helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
            helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["faces"]),
        ],
    )


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_an_embedding_is_its_faces_alone(load, batch):
    """Would catch embeddings that change with the faces that happen to share the batch; where
    the batch is fixed to four, what fills it up must not count either."""
    backbone = load(quantised_input(batch))
    faint = FACES // 8 + 20
    faint[0] = FACES[0]
    together = backbone.embed(faint)
    alone = torch.cat([backbone.embed(face[None]) for face in faint])
    assert torch.equal(together, alone)
    one_of_one = load(quantised_input(1)).embed(faint)
    torch.testing.assert_close(together, one_of_one, atol=1e-6, rtol=1e-6)
    said = any("one by one" in note for note in notes_of(backbone))
    assert said == (batch != 1)


def test_a_batch_norm_left_in_training_is_noticed(load):
    """Would catch a search for quantised operators alone: this graph has none."""
    mean = helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1)
    half = helper.make_node("Mul", ["mean", "half"], ["halved"])
    centre = helper.make_node("Sub", ["x", "halved"], ["faces"])
    backbone = load(toy(WEIGHT, first=[mean, half, centre], constants={"half": np.float32(0.5)}))
    np.testing.assert_allclose(backbone.embed(FACES).numpy(), by_hand(FACES) / 2, atol=1e-5)
    assert "one by one" in notes_of(backbone)[0]


def test_a_plain_model_keeps_its_batches(load):
    """Would catch rounding taken for dependence, which would make every model slow."""
    backbone = load(mini_bytes())
    assert notes_of(backbone) == ()


def test_a_dynamically_quantised_network(load, tmp_path):
    """Would catch what a toy cannot show: a whole network quantised by onnxruntime's own tool."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)
    (tmp_path / "mini.onnx").write_bytes(mini_bytes())
    quantised = tmp_path / "int8.onnx"
    quantize_dynamic(tmp_path / "mini.onnx", quantised, weight_type=QuantType.QUInt8)
    backbone = load_backbone(str(quantised))
    assert "one by one" in notes_of(backbone)[0]
    faces = np.random.default_rng(3).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    faces[1] //= 8
    alone = torch.cat([backbone.embed(face[None]) for face in faces])
    assert torch.equal(backbone.embed(faces), alone)
    plain = load_backbone(str(tmp_path / "mini.onnx")).embed(faces)
    assert torch.nn.functional.cosine_similarity(alone, plain).min() > 0.9


def test_an_output_of_another_count_is_no_embedding():
    """Would catch values of one face, or of all at once, handed out among several."""
    assert as_embeddings(np.zeros((4, 5)), 3) is None
    assert as_embeddings(np.zeros(3), 3) is None
    assert as_embeddings(np.zeros((3, 5)), 3).shape == (3, 5)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 5), 5), ((3, 1, 5), 5), ((3, 5, 1, 1), 5), ((3, 5, 2), 0), ((3, 1), 0), ((3,), 0)],
)
def test_an_embedding_is_one_axis_beside_the_faces(shape, expected):
    """Would catch a map of features or a single score handed out as an embedding."""
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = as_embeddings(values, 3)
    assert (found is not None) == bool(expected)
    if found is not None:
        assert found.shape == (3, expected)
        assert (found.ravel() == values.ravel()).all()
    assert as_embeddings(values, 4) is None
    assert as_embeddings([[1.0]] * 3, 3) is None


def test_useless_embeddings_are_told_from_faint_ones():
    """Would catch a model whose embeddings hardly differ refused, one that says the same of every
    face accepted, or values that are not finite passed on."""
    plain = np.ones((4, 6), np.float32)
    assert fault(plain) is not None
    near, apart = plain.copy(), plain.copy()
    near[0, 2] += 5e-7
    apart[0, 2] += 1e-5
    assert "alike" in fault(near)
    assert fault(apart) is None
    assert "alike" in fault(1e4 * near)
    assert fault(1e-4 * apart) is None
    apart[3, 5] = np.inf
    assert "not finite" in fault(apart)
    assert "not finite" in fault(plain * np.nan)


def test_outputs_to_look_at_are_those_of_real_numbers():
    """Would catch labels tried as embeddings while there are some, or a name that is not there."""

    def session(**kinds):
        outputs = [SimpleNamespace(name=name, type=f"tensor({kinds[name]})") for name in kinds]
        return SimpleNamespace(get_outputs=lambda: outputs)

    several = session(label="int64", a="float", b="float16", c="double", d="uint8")
    assert float_outputs(several, "m", None) == ["a", "b", "c"]
    assert float_outputs(several, "m", "label") == ["label"]
    assert float_outputs(session(label="int64", more="int64"), "m", None) == ["label"]
    with pytest.raises(LetheError, match="no output called 'x'; choose label, a, b, c, d"):
        float_outputs(several, "m", "x")


def test_the_drawn_pictures_are_bright_and_faint_in_turn():
    """Would catch pictures among which a scale taken from the whole batch would not show."""
    drawn = pictures(24)
    assert (drawn.shape, drawn.dtype) == ((4, 24, 24, 3), np.uint8)
    assert (pictures(24) == drawn).all()
    for number, one in enumerate(drawn.astype(int)):
        if number % 2:
            assert (one.min() >= 14, one.max() <= 58) == (True, True)
        else:
            assert one.max() - one.min() > 150
