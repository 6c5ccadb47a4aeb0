"""dlib's ResNet: its own network, from its own file, on faces cut as dlib cuts them."""

import hashlib
import io
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d, conv2d, cosine_similarity, max_pool2d, normalize, pad

from engine.__main__ import main
from engine.alignment import prepare
from engine.audit.depth import kr_by_depth
from engine.backbones import TrainableBackbone, dlib, dlib_file, load_backbone
from engine.backbones.base import LayeredBackbone
from engine.backbones.dlib_file import Layers
from engine.erasure import METHODS
from engine.erasure.base import Task
from engine.erasure.files import load as load_eraser
from engine.erasure.files import save as save_eraser
from engine.errors import LetheError
from engine.features import extract
from engine.fitted_head import fit_head
from engine.gallery import Gallery, build
from engine.sources import open_gallery
from engine.warp import DLIB_TEMPLATE, onto_template, similarity, template


@cache
def backbone() -> dlib.DlibBackbone:
    return dlib.load(device="cpu")


@cache
def layers() -> Layers:
    return dlib_file.read(dlib_file.packaged(), dlib_file.SHA256)


@cache
def some_people(count: int = 8) -> Gallery:
    """The first people of the embedded gallery with all their photos."""
    everybody = open_gallery("synthetic")
    items = [
        (everybody.identities[label], photo.key, photo.read())
        for photo, label in zip(everybody.photos, everybody.labels, strict=True)
        if label < count
    ]
    return build("some", items, aligned=True)


@cache
def faces() -> np.ndarray:
    """Rendered faces [n, 150, 150, 3] of `some_people`."""
    gallery = some_people()
    return prepare(gallery, dlib.SIZE, "dlib").faces


def by_dlib(chips: np.ndarray) -> torch.Tensor:
    theirs = pytest.importorskip("dlib", reason="dlib-bin is not installed")
    network = theirs.face_recognition_model_v1(str(dlib_file.packaged()))
    return torch.tensor(np.array(network.compute_face_descriptor(list(chips))))


def test_it_is_dlibs_own_network() -> None:
    """Would catch another layer, order of weights, padding, pooling or normalisation."""
    chips = faces()[::20]
    ours = backbone().embed(chips)
    torch.testing.assert_close(ours.double(), by_dlib(chips).double(), atol=1e-4, rtol=0)
    assert 0.8 < ours.norm(dim=1).mean() < 2


def test_it_is_dlibs_own_network_on_real_faces(shared_faces: Path) -> None:
    """Would catch what rendered faces forgive: a rare activation that is wrong on photos."""
    paths = sorted((shared_faces / "lfw_dev_photos").glob("*/*.jpg"))[::140]
    gallery = build("real", [("who", str(path), path) for path in paths], aligned=False)
    chips = prepare(gallery, dlib.SIZE, "dlib").faces
    assert len(chips) >= 10
    ours = backbone().embed(chips)
    torch.testing.assert_close(ours.double(), by_dlib(chips).double(), atol=1e-4, rtol=0)


def test_folding_changes_nothing() -> None:
    """Would catch an affine layer folded with the wrong sign, or pixels normalised twice: the
    layers as the file has them, one after the other and in double precision, give the same."""
    chips = faces()[:3]
    mean = torch.tensor(dlib.MEAN, dtype=torch.float64)[:, None, None]
    x = (torch.tensor(chips).permute(0, 3, 1, 2).double() - mean) / 256
    todo = iter(layers().convolutions)

    def pass_one(x: torch.Tensor) -> torch.Tensor:
        one = next(todo)
        weight, bias, gamma, beta = (
            torch.tensor(values).double() for values in (one.weight, one.bias, one.gamma, one.beta)
        )
        out = conv2d(x, weight, bias, one.stride, one.padding)
        return out * gamma[:, None, None] + beta[:, None, None]

    x = max_pool2d(pass_one(x).relu(), 3, 2)
    for stage, (_, blocks) in enumerate(dlib.STAGES):
        for block in range(blocks):
            shortcut = avg_pool2d(x, 2) if stage and not block else x
            out = pass_one(pass_one(x).relu())
            (_, c, h, w), (_, d, i, j) = shortcut.shape, out.shape
            whole = [max(pair) for pair in ((c, d), (h, i), (w, j))]
            shortcut = pad(shortcut, (0, whole[2] - w, 0, whole[1] - h, 0, whole[0] - c))
            x = (shortcut + pad(out, (0, whole[2] - j, 0, whole[1] - i, 0, whole[0] - d))).relu()
    assert next(todo, None) is None
    expected = x.mean((2, 3)) @ torch.tensor(layers().product).double()
    torch.testing.assert_close(backbone().embed(chips).double(), expected, atol=1e-5, rtol=0)


def test_bf16_is_near_and_no_batch_matters() -> None:
    """Would catch a half precision that loses the face, one cache for both, or faces that depend
    on their neighbours or get lost at the end of a batch."""
    chips = faces()[: dlib.CHUNK + 3]
    exact = backbone().embed(chips)
    half = load_backbone("dlib", device="cpu", precision="bf16")
    assert cosine_similarity(half.embed(chips), exact).min() > 0.999
    assert half.fingerprint != backbone().fingerprint
    torch.testing.assert_close(backbone().embed(chips[-1:]), exact[-1:], atol=1e-5, rtol=0)
    assert exact.shape == (len(chips), 128)
    assert exact.dtype == torch.float32
    assert backbone().embed(chips[:0]).shape == (0, 128)
    with pytest.raises(LetheError, match="150 x 150"):
        backbone().embed(chips[:, :112, :112])


def test_the_file_is_held_to_its_format(tmp_path: Path) -> None:
    """Would catch a cut, foreign or crafted file that is half read, or ends in a traceback."""
    data = dlib_file.packaged().read_bytes()
    first, last = data.index(b"\x01\x05con_4"), data.index(b"\x01\x04fc_2")
    huge = b"\x04\xff\xff\xff\x7f"
    for content, message in (
        (b"", "not hold dlib's"),
        (b"hello", "not hold dlib's"),
        (np.random.default_rng(0).bytes(100_000), "not hold dlib's"),
        (data[: first + 9], "cut off"),
        (data[: len(data) // 2], "cut off"),
        (data[: last - 3], "cut off"),
        (data[:-100_000], "cut off"),
        (data[: first + 7] + b"\x01\x02" + huge * 4 + data[first + 17 :], "another size"),
        (data[: first + 7] + b"\x7f" + data[first + 8 :], "malformed"),
        (data[:first] + data[data.index(b"\x01\x05con_4", first + 9) :], "another size"),
    ):
        path = tmp_path / "some.dat"
        path.write_bytes(content)
        with pytest.raises(LetheError, match=message) as error:
            load_backbone("dlib", weights=str(path))
        assert str(error.value).endswith(".")
        assert "\n" not in str(error.value)
    with pytest.raises(LetheError, match="no readable weights file"):
        load_backbone("dlib", weights=str(tmp_path / "none.dat"))
    with pytest.raises(LetheError, match="no readable weights file"):
        load_backbone("dlib", weights=str(tmp_path))


def whole(value: int, length: int = 2) -> bytes:
    """A whole number as dlib writes it: length and sign, then the bytes, lowest first."""
    return bytes([length | 0x80 * (value < 0)]) + abs(value).to_bytes(length, "little")


def tensor(values: np.ndarray, version: int = 2) -> bytes:
    """A tensor as dlib writes it, its numbers along the second of four dimensions."""
    sizes = whole(1) + whole(len(values)) + whole(1) + whole(1)
    return whole(version) + sizes + values.astype("<f4").tobytes()


def small_file(**changed: object) -> bytes:
    """One convolution (3 to 2 channels, 3x3, stride 2, padding 1), its affine, a product to 4.

    `changed` names what is written otherwise; `after` is what comes behind the product.
    """
    said: dict = {"outputs": 2, "rows": 3, "columns": 3, "stride_y": 2, "stride_x": 2}
    said |= {"padding_y": 1, "padding_x": 1, "numbers": 56, "affine": 4, "gap": 0}
    said |= {"product_outputs": 4, "product_inputs": 2, "product": 8, "version": 2}
    said |= {"value": 0.0, "named": True} | changed
    filters = np.arange(said["numbers"]) + said["value"]
    shape = ("outputs", "rows", "columns", "stride_y", "stride_x", "padding_y", "padding_x")
    convolution = b"\x01\x05con_4" + tensor(filters, said["version"])
    convolution += b"".join(whole(said[name]) for name in shape)
    affine = b"\x01\x07affine_" * said["named"] + tensor(100.0 + np.arange(said["affine"]))
    product = b"\x01\x04fc_2" + whole(said["product_outputs"]) + whole(said["product_inputs"])
    product += tensor(200.0 + np.arange(said["product"]))
    return convolution + bytes(said["gap"]) + affine + product


def test_a_file_of_one_layer_is_read_number_by_number(tmp_path: Path) -> None:
    """Would catch an order of weights, biases or affine that only suits the known network, and a
    sign or a gap between layers that is not read."""
    path = tmp_path / "small.dat"
    path.write_bytes(small_file(gap=1000))
    found = dlib_file.read(path)
    (one,) = found.convolutions
    np.testing.assert_array_equal(one.weight, np.arange(54).reshape(2, 3, 3, 3))
    np.testing.assert_array_equal(one.bias, [54, 55])
    np.testing.assert_array_equal(one.gamma, [100, 101])
    np.testing.assert_array_equal(one.beta, [102, 103])
    assert (one.stride, one.padding) == (2, 1)
    np.testing.assert_array_equal(found.product, 200 + np.arange(8).reshape(2, 4))
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"version": 1}, "a tensor is of another version"),
        ({"value": np.nan}, "some weights are not finite"),
        ({"rows": 1}, "a convolution differs"),
        ({"stride_x": 1}, "a convolution differs"),
        ({"padding_x": 0}, "a convolution differs"),
        ({"padding_y": -1, "padding_x": -1}, "a convolution differs"),
        ({"stride_y": 0, "stride_x": 0}, "a convolution differs"),
        ({"stride_y": -2, "stride_x": -2}, "a convolution differs"),
        ({"rows": 0, "columns": 0, "numbers": 2}, "a convolution differs"),
        ({"outputs": -2}, "a convolution differs"),
        ({"numbers": 55}, "a convolution is of another size"),
        ({"numbers": 57}, "a convolution is of another size"),
        ({"numbers": 0}, "a tensor is of another size"),
        ({"named": False, "gap": 2000}, "a convolution has no affine layer behind it"),
        ({"affine": 3}, "an affine layer is of another size"),
        ({"affine": 5}, "an affine layer is of another size"),
        ({"product_inputs": 3}, "its last layer differs"),
        ({"product_inputs": 3, "product": 12}, "its last layer differs"),
        ({"product": 7}, "its last layer differs"),
    ],
)
def test_a_crafted_file_is_told_by_what_is_wrong(
    tmp_path: Path, changed: dict, message: str
) -> None:
    """Would catch numbers that are taken on trust: a traceback deep inside, or a wrong network."""
    path = tmp_path / "small.dat"
    path.write_bytes(small_file(**changed))
    with pytest.raises(LetheError, match=message):
        dlib_file.read(path)


def test_layers_missing_before_the_last_are_told(tmp_path: Path) -> None:
    """Would catch a product without a convolution taken for a network, or layers that end early."""
    data = small_file()
    path = tmp_path / "small.dat"
    last = data.index(b"\x01\x04fc_2")
    for content, message in (
        (data[last:], "its last layer differs"),
        (data[:last] + bytes(1025), "its layers differ"),  # none within the gap there may be
        (data[:last] + bytes(1024), "cut off"),  # all there is was looked through
        (bytes(2000) + data, "no such layers"),
    ):
        path.write_bytes(content)
        with pytest.raises(LetheError, match=message):
            dlib_file.read(path)


def test_a_far_too_large_file_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch gigabytes read into memory only to say that they are no weights."""
    path = tmp_path / "small.dat"
    path.write_bytes(small_file())
    monkeypatch.setattr(dlib_file, "LARGEST", path.stat().st_size)
    dlib_file.read(path)
    monkeypatch.setattr(dlib_file, "LARGEST", path.stat().st_size - 1)
    with pytest.raises(LetheError, match="far too large"):
        dlib_file.read(path)


def test_another_network_of_the_same_kind_is_refused() -> None:
    """Would catch weights of a shallower network, loaded as far as they go."""
    fewer = Layers(layers().convolutions[:-2], layers().product, "0")
    with pytest.raises(LetheError, match="another network"):
        dlib.network(fewer)


def test_weights_of_ones_own_are_read_and_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch an option that is ignored, a cache that answers for other weights, and a
    packaged file with other weights that passes."""
    data = bytearray(dlib_file.packaged().read_bytes())
    path = tmp_path / "own.dat"
    path.write_bytes(data)
    assert load_backbone("dlib", weights=path).fingerprint == backbone().fingerprint
    data[data.index(b"\x01\x05con_4") + 100] ^= 1
    path.write_bytes(data)
    assert load_backbone("dlib", weights=path).fingerprint != backbone().fingerprint
    monkeypatch.setattr(dlib, "packaged", lambda: path)
    with pytest.raises(LetheError, match="hash differs"):
        load_backbone("dlib")


def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    """Would catch an ImportError, or a program that does not start without the package."""
    monkeypatch.setattr(dlib_file.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LetheError, match="pip install face_recognition_models"):
        load_backbone("dlib")
    empty = ModuleSpec("face_recognition_models", None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(dlib_file.importlib.util, "find_spec", lambda name: empty)
    with pytest.raises(LetheError, match="pip install face_recognition_models"):
        load_backbone("dlib")
    assert main(["list"]) == 0
    assert "dlib's face-recognition ResNet" in capsys.readouterr().out


def test_faces_are_cut_as_dlib_cuts_them(shared_faces: Path) -> None:
    """Would catch template points that are off, or from other landmarks: on average MTCNN's lie
    there on chips that dlib cuts by its own five landmarks."""
    theirs = pytest.importorskip("dlib", reason="dlib-bin is not installed")
    from engine.detection import choose, detector

    models = dlib_file.packaged().parent
    predict = theirs.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    find = theirs.get_frontal_face_detector()
    across, down = np.meshgrid(np.arange(250), np.arange(250))
    places = np.stack([across, down, 0 * down], -1).astype(np.uint8)  # each pixel says where it is
    on_chip = np.argwhere(np.ones((150, 150)))[:, ::-1]
    found = []
    for path in sorted((shared_faces / "lfw_dev_photos").glob("*/*.jpg"))[::70]:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        boxes, five = find(pixels), detector("cpu").detect([pixels])[0]
        if len(boxes) != 1 or not five:
            continue
        details = theirs.get_face_chip_details(predict(pixels, boxes[0]), 150, 0.25)
        cut = theirs.extract_image_chip(places, details).reshape(-1, 3)[:, :2].astype(float)
        inside = ((cut > 3) & (cut < 246)).all(1)
        to_chip = similarity(cut[inside], on_chip[inside])
        landmarks = choose(five, 250, 250)[0].landmarks
        found.append(landmarks @ to_chip[:, :2].T + to_chip[:, 2])
    assert len(found) > 15
    np.testing.assert_allclose(np.median(found, 0), DLIB_TEMPLATE, atol=3)


def test_an_aligned_photo_is_moved_and_not_only_resized() -> None:
    """Would catch a face that stays on ArcFace's template, which costs recall (docs/models.md)."""
    marked = np.zeros((112, 112, 3), dtype=np.uint8)
    for x, y in template(112).round().astype(int):
        marked[y - 1 : y + 2, x - 1 : x + 2] = 255
    out = io.BytesIO()
    Image.fromarray(marked).save(out, "PNG")
    gallery = build("marks", [("a", "a.png", out.getvalue())], aligned=True)
    face = prepare(gallery, 150, "dlib").faces[0].astype(float).sum(2)
    expected = similarity(template(112), template(150, "dlib"))
    for point in template(112) @ expected[:, :2].T + expected[:, 2]:
        x, y = point.round().astype(int)
        assert face[y - 1 : y + 2, x - 1 : x + 2].mean() > 400
    assert abs(template(150, "dlib") - DLIB_TEMPLATE).max() < 1e-9
    plain = Image.fromarray(marked)
    assert (onto_template(plain, template(112), 112) == marked).mean() > 0.99


def test_real_people_are_told_apart(shared_faces: Path) -> None:
    """Would catch a cut or a normalisation that dlib's own parity test cannot see: of the photos
    of twenty people nearly all have one of their own person as the likest."""
    root = shared_faces / "lfw_dev_photos"
    people = sorted(folder.name for folder in root.iterdir())[::4]
    items = [
        (who, f"{who}/{path.name}", path)
        for who in people
        for path in sorted((root / who).glob("*.jpg"))[:12]
    ]
    features = extract(build("real", items, aligned=False), backbone())
    alike = (features.values @ features.values.T).fill_diagonal_(-2)
    right = features.labels[alike.argmax(1)] == features.labels
    assert len(features) > 200
    assert right.float().mean() >= 0.99


def test_it_can_be_trained_and_probed_by_depth(tmp_path: Path) -> None:
    """Would catch training that needs mini or a head, touches the shared weights, or is lost when
    saved, and depths that are out of order."""
    model = backbone()
    assert isinstance(model, TrainableBackbone)
    assert isinstance(model, LayeredBackbone)
    gallery = some_people(4)
    features = extract(gallery, model)
    rows = features.train
    pixels = features.pixels()
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    task = Task(
        values=features.values[rows],
        labels=features.labels[rows],
        forget=(1,),
        classes=4,
        head=fit_head(features),
        model=model,
        faces=lambda: pixels[rows.numpy()],
    )
    method = METHODS["negative-gradient"]
    eraser = method.fit(task, method.resolve({"steps": 1}), lambda progress: None)
    assert all(torch.equal(value, before[key]) for key, value in model.module.state_dict().items())
    assert eraser.backbone.fingerprint != model.fingerprint
    path = tmp_path / "eraser.safetensors"
    save_eraser(eraser, path)
    again = load_eraser(path).backbone
    some = pixels[:2]
    torch.testing.assert_close(again.embed(some), eraser.backbone.embed(some))
    assert not torch.allclose(again.embed(some), model.embed(some), atol=1e-4)

    depths = model.embed_depths(pixels)
    assert [len(one[0]) for one in depths.values()] == [32, 32, 64, 128, 256, 256, 128]
    torch.testing.assert_close(
        normalize(depths["embedding"], dim=1), features.values, atol=1e-4, rtol=0
    )
    found = kr_by_depth(depths, features.labels, features.train, (1,), 4)
    assert [layer.name for layer in found] == list(depths)
    assert found[-1].retain_test >= 0.9
