"""A model that a visitor brings is read first, tried in a process of its own, and then used."""

import io
import pickle
import zipfile
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.backbones.onnx_facts import Value, read_facts
from engine.backbones.onnx_file import handed_model
from engine.backbones.onnx_layout import read_layout
from engine.backbones.onnx_trial import try_out
from engine.errors import Cancelled, LetheError
from engine.progress import Progress
from engine.service.model import bring, changed
from tests.engine.onnx_toy import FLOAT, FLOAT16, INT64, mini, mini_bytes, toy

WEIGHT = np.random.default_rng(0).normal(size=(3, 5))
MIDDLE = {"middle": np.float32(127.5)}
INSIDE = [
    helper.make_node("Sub", ["x", "middle"], ["centred"]),
    helper.make_node("Div", ["centred", "middle"], ["faces"]),
]


def altered(change: Callable[[onnx.ModelProto], None]) -> bytes:
    model = onnx.load_from_string(toy(WEIGHT))
    change(model)
    return model.SerializeToString()


def body(*nodes: onnx.NodeProto) -> onnx.GraphProto:
    """A graph for an operator that has one inside; `done` is true, always."""
    return helper.make_graph(
        [*nodes, helper.make_node("Identity", ["go"], ["done"])],
        "inside",
        [
            helper.make_tensor_value_info("at", INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("done", TensorProto.BOOL, [])],
    )


def endless(model: onnx.ModelProto) -> None:
    true = numpy_helper.from_array(np.array(True), "true")
    model.graph.initializer.append(true)
    model.graph.node.append(helper.make_node("Loop", ["", "true"], [], body=body()))


def hidden_loop(model: onnx.ModelProto) -> None:
    """A loop inside the branches of another operator."""
    loop = helper.make_node("Loop", ["", "go"], [], body=body())
    inner = helper.make_graph([loop], "branch", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], [], then_branch=inner, else_branch=inner))


def loop_in_a_function(model: onnx.ModelProto) -> None:
    loop = helper.make_node("Scan", ["a"], ["b"], body=body(), num_scan_inputs=1)
    model.functions.append(
        helper.make_function("own", "Gone", ["a"], ["b"], [loop], [helper.make_opsetid("", 13)])
    )


def elsewhere(tensor: TensorProto, place: str) -> TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return tensor


def weights_elsewhere(model: onnx.ModelProto) -> None:
    elsewhere(model.graph.initializer[0], "weights.bin")


def a_file_of_this_machine(model: onnx.ModelProto) -> None:
    tensor = elsewhere(numpy_helper.from_array(np.zeros(3, np.float32)), "/etc/passwd")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], value=tensor))


def bomb(model: onnx.ModelProto) -> None:
    """Sixteen terabytes of ones, made when the graph is opened or run."""
    shape = numpy_helper.from_array(np.array([1 << 21, 1 << 21], np.int64), "huge")
    model.graph.initializer.append(shape)
    model.graph.node.append(helper.make_node("ConstantOfShape", ["huge"], ["ones"]))
    model.graph.output.append(helper.make_tensor_value_info("ones", FLOAT, [1 << 21, 1 << 21]))


def slow(model: onnx.ModelProto) -> None:
    """Products of matrices that take minutes and hang on the face, so that none is folded."""
    side = 1024
    ones = numpy_helper.from_array(np.ones((side, 3), np.float32), "ones")
    model.graph.initializer.append(ones)
    model.graph.node.append(helper.make_node("MatMul", ["means", "few"], ["thin"]))
    model.graph.initializer.append(
        numpy_helper.from_array(np.ones((3, side * side), np.float32), "few")
    )
    shape = numpy_helper.from_array(np.array([side, side], np.int64), "square")
    model.graph.initializer.append(shape)
    model.graph.node.append(helper.make_node("Reshape", ["thin", "square"], ["m0"]))
    for at in range(5000):
        model.graph.node.append(helper.make_node("MatMul", [f"m{at}", "m0"], [f"m{at + 1}"]))
    model.graph.output.append(helper.make_tensor_value_info("m5000", FLOAT, [side, side]))


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("model.onnx", b"x")
    return out.getvalue()


NO_MODEL = "not an ONNX model, or a damaged one"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "noise": (np.random.default_rng(0).bytes(4000), NO_MODEL),
    "text": (b"hello", NO_MODEL),
    "zip": (zipped(), NO_MODEL),
    "pickle": (pickle.dumps({"weight": [1, 2, 3]}), NO_MODEL),
    "web page": (b"<!doctype html><title>404</title>", "a web page"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    "cut off": (toy(WEIGHT)[:-40], "cut off"),
    "loop": (altered(endless), "operator Loop, which may run for ever"),
    "loop in a branch": (altered(hidden_loop), "operator Loop"),
    "scan in a function": (altered(loop_in_a_function), "operator Scan"),
    "weights beside": (altered(weights_elsewhere), "another file, weights.bin: save the model"),
    "file of this machine": (altered(a_file_of_this_machine), "another file, /etc/passwd"),
    "bomb": (altered(bomb), "too much memory|brought its test run down"),
    "two inputs": (
        altered(lambda m: m.graph.input.add().CopyFrom(m.graph.input[0])),
        "has 2 inputs",
    ),
    "whole numbers": (toy(WEIGHT, kind=INT64), "reads tensor.int64. of"),
    "grey": (toy(WEIGHT, (1, 1, 32, 32)), "reads tensor.float. of 1 x 1 x 32 x 32"),
    "giant faces": (toy(WEIGHT, (1, 3, 90_000, 90_000)), "90000 pixels are not supported"),
    "unknown operator": (
        altered(lambda m: setattr(m.graph.node[0], "op_type", "FaceMagic")),
        "the operator FaceMagic",
    ),
    "newer format": (altered(lambda m: setattr(m, "ir_version", 99)), "file format 99"),
    "loose end": (altered(lambda m: m.graph.node[1].input.__setitem__(0, "no")), "'no' is not"),
    "does not run": (
        toy(WEIGHT, last=[helper.make_node("Reshape", ["y", "seven"], ["z"])],
            results={"z": (7,)}, constants={"seven": np.array([7], np.int64)}),
        "does not run on faces of 32 x 32",
    ),
    "same for all": (toy(np.zeros((3, 5))), "all embeddings are alike"),
    "no numbers": (toy(np.full((3, 5), np.nan)), "nan|not a number|finite"),
    "maps": (toy(WEIGHT, flat=True, last=[helper.make_node("ReduceSum", ["y"], ["z"], keepdims=0)],
                 results={"z": ()}), "not one embedding per face"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_used_says_why(case: str) -> None:
    """Would catch a model that hangs, eats the memory or reads files of the server it is brought
    to, and a reason that is none: each is one sentence that names the file."""
    data, message = HOSTILE[case]
    with pytest.raises(LetheError, match=message) as caught:
        bring("../<b>theirs.onnx", data)
    said = str(caught.value)
    assert "<b>theirs.onnx" in said or "Faces of" in said
    assert "../" not in said
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 400


def test_what_takes_too_long_is_stopped() -> None:
    """Would catch a graph without a loop that occupies the server for minutes all the same."""
    file = handed_model("slow.onnx", altered(slow))
    layout = read_layout(read_facts(file).inputs, "slow.onnx", 112)
    with pytest.raises(LetheError, match=r"did not answer within 2 seconds"):
        try_out(file, layout, seconds=2)


def test_a_trial_can_be_stopped() -> None:
    """Would catch a Cancel that waits for the trial's end."""
    file = handed_model("slow.onnx", altered(slow))
    layout = read_layout(read_facts(file).inputs, "slow.onnx", 112)
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        try_out(file, layout, watch)
    assert len(seen) == 3


def test_the_file_is_read_as_it_is() -> None:
    """Would catch counts of something else: weights, operators and shapes are those put in."""
    facts = read_facts(handed_model("C:\\models\\toy.onnx", toy(WEIGHT)))
    assert facts.file == "toy.onnx"
    assert facts.parameters == WEIGHT.size
    assert facts.operators == {"GlobalAveragePool": 1, "Flatten": 1, "MatMul": 1}
    assert facts.inputs == (Value("x", "tensor(float)", ("n", 3, 32, 32)),)
    assert facts.outputs == (Value("y", "tensor(float)", ("n", 5)),)
    assert (facts.ir, facts.opset) == (8, 13)
    assert facts.size == len(toy(WEIGHT))
    half = read_facts(handed_model("h", toy(WEIGHT, kind=FLOAT16, first=[
        helper.make_node("Cast", ["x"], ["faces"], to=FLOAT)])))  # fmt: skip
    assert half.inputs[0].type == "tensor(float16)"


def test_wrong_settings_are_told_and_the_right_ones_used() -> None:
    """Would catch a check of other settings than are shown, proposals that do not help, and a
    changed setting that changes nothing."""
    model = bring("twice.onnx", mini(first=INSIDE, constants=MIDDLE))
    assert model.check.poor
    assert model.check.better == {"mean": 0.0, "std": 1.0}
    assert "--backbone" not in model.check.problem
    better = changed(model, dict(model.check.better))
    assert not better.check.poor
    assert better.check.auc == pytest.approx(model.check.better_auc)
    assert better.backbone.fingerprint != model.backbone.fingerprint
    assert better.facts is model.facts


def test_whether_it_normalises_is_measured() -> None:
    """Would catch a claim taken from the file instead of from embeddings."""
    assert not bring("a.onnx", mini_bytes()).normalises
    unit = mini(last=[helper.make_node("LpNormalization", ["y"], ["z"], axis=1, p=2)],
                results={"z": ("n", 256)})  # fmt: skip
    assert bring("b.onnx", unit).normalises


def test_axes_that_the_shape_leaves_open_can_be_set() -> None:
    """Would catch a setting that is not heeded, or one that the shape belies and is."""
    shape = ("n", None, None, None)
    last = [helper.make_node("Transpose", ["x"], ["faces"], perm=[0, 3, 1, 2])]
    model = toy(WEIGHT, shape, first=last)
    read = bring("open.onnx", model, {"layout": "nhwc", "size": "32"})
    assert read.backbone.layout.colours_last
    faces = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    by_hand = ((faces - 127.5) / 127.5).mean((1, 2)) @ WEIGHT
    np.testing.assert_allclose(read.backbone.embed(faces).numpy(), by_hand, atol=1e-5)
    with pytest.raises(LetheError, match="with the layout nhwc reads N x S x S x 3"):
        bring("closed.onnx", toy(WEIGHT), {"layout": "nhwc"})
    with pytest.raises(LetheError, match="choose auto, nchw or nhwc"):
        bring("closed.onnx", toy(WEIGHT), {"layout": "sideways"})
