"""Files that cannot be loaded say the true cause in one sentence; weights may lie beside."""

import numpy as np
import onnx
import pytest
from onnx import helper

from engine.backbones import load_backbone, onnx_file
from engine.backbones.onnx_session import condensed
from engine.errors import LetheError
from tests.engine.onnx_toy import mini_bytes, toy

WEIGHT = np.random.default_rng(0).normal(size=(3, 5))
FACES = np.random.default_rng(1).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


def changed(change) -> bytes:
    model = onnx.load_from_string(toy(WEIGHT))
    change(model)
    return model.SerializeToString()


def newer_format(model):
    model.ir_version = 99


def newer_operators(model):
    model.opset_import[0].version = 99


def unknown_operator(model):
    model.graph.node[0].op_type = "FaceMagic"


def foreign_operator(model):
    model.graph.node[0].op_type, model.graph.node[0].domain = "FaceMagic", "org.example"
    model.opset_import.append(helper.make_opsetid("org.example", 1))


def loose_end(model):
    model.graph.node[1].input[0] = "nowhere"


def no_operator_set(model):
    del model.opset_import[:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty .* download it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS .* `git lfs pull`"),
        (b"\xef\xbb\xbf\n<!doctype html><title>404</title>", "a web page, not a model"),
        (toy(WEIGHT)[:100], "is cut off"),
        (toy(WEIGHT)[:-1], "is cut off"),
        (b"hello", "not an ONNX model, or a damaged one"),
        (changed(newer_format), "file format 99 .* reads up to \\d+; update onnxruntime"),
        (changed(newer_operators), "operator set 99 .* knows up to \\d+; update onnxruntime"),
        (changed(unknown_operator), "the operator FaceMagic, which"),
        (changed(foreign_operator), "the operator org.example:FaceMagic, which"),
        (changed(loose_end), "can be loaded: Node input 'nowhere' is not a graph input"),
        (changed(no_operator_set), "can be loaded: Missing opset in the model\\."),
    ],
)
def test_the_true_cause_is_said(tmp_path, content, message):
    """Would catch one sentence for everything, which sends people looking in the wrong place."""
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(LetheError, match=message) as error:
        load_backbone(str(path))
    said = str(error.value)
    assert said.startswith("model.onnx ")
    assert said.endswith(".")
    assert "\n" not in said
    assert "/" not in said
    assert len(said) < 300


def test_a_model_cut_anywhere_is_cut_off(tmp_path):
    """Would catch a broken download called no model at all, wherever it broke."""
    path = tmp_path / "model.onnx"
    whole = mini_bytes()
    for share in (0.001, 0.1, 0.5, 0.9, 0.9999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(LetheError, match="cut off"):
            load_backbone(str(path))


def test_a_model_that_fails_on_faces_says_why(tmp_path):
    """Would catch a model of another size whose own reason is swallowed."""
    path = tmp_path / "model.onnx"
    shape = helper.make_node("Reshape", ["x", "shape"], ["faces"])
    data = toy(WEIGHT, first=[shape], constants={"shape": np.array([-1, 3, 31, 31])})
    path.write_bytes(data)
    with pytest.raises(
        LetheError, match=r"does not run on faces of 32 x 32: .*cannot be reshaped"
    ) as error:
        load_backbone(str(path))
    assert "ONNXRuntimeError" not in str(error.value)


def test_a_long_reason_is_condensed():
    """Would catch a C++ signature, a path or a second sentence in front of a user."""
    reason = (
        "[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/core/graph/model.cc:245 "
        "onnxruntime::Model::Model(onnx::ModelProto&&, const int&) Missing opset in the model. "
        "All ModelProtos MUST have at least one entry.\n"
    )
    assert condensed(reason) == "Missing opset in the model"
    assert len(condensed("word " * 400)) <= 200


@pytest.fixture
def split(tmp_path):
    """Saves the toy with its weights in a file beside it, and gives the model's path."""

    def save(location="weights.bin", weight=WEIGHT, folder="one"):
        path = tmp_path / folder / "model.onnx"
        (path.parent / location).parent.mkdir(parents=True, exist_ok=True)
        model = onnx.load_from_string(toy(weight))
        onnx.save(
            model,
            str(path),
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=location,
            size_threshold=0,
        )
        return path

    return save


@pytest.mark.parametrize("location", ["weights.bin", "deep/weights.bin", "w" * 140 + ".bin"])
def test_weights_beside_the_model_are_used(split, tmp_path, location, monkeypatch):
    """Would catch weights looked for where the program was started instead of beside the model."""
    path = split(location)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "whole.onnx").write_bytes(toy(WEIGHT))
    got = load_backbone(str(path)).embed(FACES)
    whole = load_backbone("whole.onnx").embed(FACES)
    np.testing.assert_array_equal(got.numpy(), whole.numpy())


def test_the_fingerprint_covers_weights_beside_the_model(split):
    """Would catch kept embeddings of other weights: the models' own files are the same."""
    one, other = split(), split(weight=WEIGHT + 1e-3, folder="other")
    assert one.read_bytes() == other.read_bytes()
    first, second, again = (
        load_backbone(str(path)).fingerprint for path in (one, other, split(folder="copy"))
    )
    assert first != second
    assert first == again


def test_missing_weights_are_named(split):
    """Would catch "not an ONNX model" for a model whose second file was left behind."""
    path = split()
    (path.parent / "weights.bin").unlink()
    with pytest.raises(LetheError, match=r"another file, weights\.bin: put it beside the model"):
        load_backbone(str(path))


def test_short_weights_are_refused(split):
    """Would catch a crash, or numbers read past the end, for weights that are cut off."""
    path = split()
    (path.parent / "weights.bin").write_bytes(b"\0" * 8)
    with pytest.raises(LetheError, match=r"^model\.onnx .*\.$"):
        load_backbone(str(path))


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname"])
def test_weights_elsewhere_are_not_read(split, tmp_path, location):
    """Would catch a model from a stranger that has Lethe read any file it names."""
    path = split()
    (tmp_path / "secret.bin").write_bytes((path.parent / "weights.bin").read_bytes())
    model = onnx.load(str(path), load_external_data=False)
    next(
        one for one in model.graph.initializer[0].external_data if one.key == "location"
    ).value = location
    path.write_bytes(model.SerializeToString())
    with pytest.raises(LetheError, match="outside its own folder"):
        load_backbone(str(path))


def number_of(value: int) -> bytes:
    """A number in protobuf's format, written by its definition."""
    out = bytearray()
    while value > 127:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 16_383, 16_384, 2**35 + 7])
def test_numbers_are_read_as_protobuf_writes_them(value):
    """Would catch a length misread, which makes a whole model cut off or a cut one whole."""
    data = number_of(value)
    assert onnx_file._varint(b"x" + data + b"x", 1) == (value, 1 + len(data))
    assert onnx_file._varint(data[:-1], 0)[1] == len(data)


def test_a_model_ends_where_its_fields_say():
    """Would catch the fields that the format has and those that it has not taken for each other,
    or a last byte that is not missed."""
    for field in (1, 5):
        data = number_of(field << 3) + number_of(300)
        assert [onnx_file.is_cut_off(data[:end]) for end in range(len(data) + 1)] == [
            *(False, True, True, False)
        ]
    for field in (2, 3, 4, 6, 7, 8, 14, 20, 25, 26):
        tag = number_of(field << 3 | 2)
        data = tag + number_of(3) + b"abc"
        for end in range(len(tag), len(data)):
            assert onnx_file.is_cut_off(data[:end])
        assert not onnx_file.is_cut_off(data)
        assert onnx_file.is_cut_off(data + data[:-1])
        assert not onnx_file.is_cut_off(number_of(field << 3) + b"\x80")
    for tag in (
        9 << 3 | 2,
        27 << 3 | 2,
        1 << 3 | 2,
        5 << 3 | 2,
        2 << 3 | 5,
        2 << 3 | 6,
        1 << 3 | 1,
    ):
        assert not onnx_file.is_cut_off(number_of(tag) + b"\x80")


def test_files_of_weights_are_found_by_their_entries_alone():
    """Would catch a word in some text read as a file's name, or the second of two files missed."""

    def entry(name: str, tag: bytes = b"\x6a") -> bytes:
        inside = b"\x0a\x08location\x12" + number_of(len(name)) + name.encode()
        return tag + number_of(len(inside)) + inside

    long = "w" * 200
    data = b"xx" + entry("a.bin") + b"yy" + entry(long) + entry("a.bin") + entry("no", b"\x6b")
    assert onnx_file._other_files(data) == ["a.bin", long]
    assert onnx_file._other_files(entry("first")) == ["first"]
    assert onnx_file._other_files(b"\x6a" + b"...." + b"\x0a\x08location\x12\x01a") == []
    assert onnx_file._other_files(b"location") == []


def test_a_models_files_each_change_its_digest(tmp_path):
    """Would catch embeddings of other weights found under a model's name."""
    parts = [(b"m", {}), (b"m", {"a": b"1", "b": b"2"}), (b"m", {"a": b"1", "b": b"3"})]
    digests = [onnx_file.ModelFile(tmp_path, *part).digest for part in parts]
    assert len(set(digests)) == 3
    assert digests[1] == onnx_file.ModelFile(tmp_path, b"m", {"b": b"2", "a": b"1"}).digest
    assert onnx_file.ModelFile(tmp_path, b"..DynamicQuantizeLinear..").quantises_dynamically
    assert not onnx_file.ModelFile(tmp_path, b"..QuantizeLinear..").quantises_dynamically
    with pytest.raises(LetheError, match="no model file"):
        onnx_file.read_model(tmp_path / "gone.onnx")
    with pytest.raises(LetheError, match="cannot be read"):
        onnx_file.read_model(tmp_path)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Status Message: it broke. More.", "it broke"),
        (
            "[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model. Error: x 'a'. b",
            "x 'a'",
        ),
        ("Invalid model: y(1). z", "y(1)"),
        ("/a/b.cc:12 void f(int) const axis < rank was false. Bad axis. Then", "Bad axis"),
        ("Fatal error: version 1.2 is not 1.3.", "version 1.2 is not 1.3"),
        ("w" * 200, "w" * 200),
        ("w" * 201, "w" * 197 + "..."),
    ],
)
def test_reasons_keep_their_one_sentence(message, reason):
    """Would catch codes left in front, the true reason cut away, or a length past the bound."""
    assert condensed(message) == reason
