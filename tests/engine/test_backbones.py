"""Backbones: that pixels arrive as the model expects them, and that bad files are refused."""

import errno
import hashlib
import io
import os
import pickle
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import pytest
import torch

from engine.backbones import BACKBONES, Backbone, download, facenet, load_backbone
from engine.errors import Cancelled, LetheError
from tests.engine.onnx_toy import INT64, toy

WEIGHT = np.random.default_rng(0).normal(size=(3, 5))
FACES = np.random.default_rng(1).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


def by_hand(faces, mean=127.5, std=127.5):
    return ((faces.astype(np.float64) - mean) / std).mean((1, 2)) @ WEIGHT


@pytest.fixture
def model(tmp_path):
    def write(*arguments, name="toy.onnx", **options):
        path = tmp_path / name
        path.write_bytes(toy(WEIGHT, *arguments, **options))
        return str(path)

    return write


@pytest.mark.parametrize("batch", ["n", 1, 3, 7, 16])
def test_onnx_gives_what_one_works_out_by_hand(model, batch):
    """Would catch a wrong normalisation or layout, and faces lost at a fixed batch size."""
    backbone = load_backbone(model((batch, 3, 32, 32)))
    assert isinstance(backbone, Backbone)
    assert (backbone.name, backbone.size, backbone.dimension) == ("toy", 32, 5)
    assert backbone.convention == "arcface"
    got = backbone.embed(FACES)
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got.numpy(), by_hand(FACES), atol=1e-5)
    assert backbone.embed(FACES[:0]).shape == (0, 5)


def test_onnx_options_do_what_they_say(model):
    """Would catch an option that is read and ignored; the command line gives strings."""
    path = model()
    got = load_backbone(path, channel_order="bgr", mean="10", std="64").embed(FACES)
    np.testing.assert_allclose(got.numpy(), by_hand(FACES[..., ::-1], 10, 64), atol=1e-5)
    assert load_backbone(path, convention="box").convention == "box"
    open_sized = model(("n", 3, "h", "w"), name="open.onnx")
    assert load_backbone(open_sized).size == 112
    assert load_backbone(open_sized, size="32").embed(FACES).shape == (7, 5)


def test_onnx_fingerprint_follows_weights_and_options(model, tmp_path):
    """Would catch a cache that answers with another model's or another option's embeddings."""
    path = model()
    same = tmp_path / "renamed.onnx"
    same.write_bytes((tmp_path / "toy.onnx").read_bytes())
    other = tmp_path / "other.onnx"
    other.write_bytes(toy(WEIGHT + 1e-3))
    first = load_backbone(path).fingerprint
    assert load_backbone(str(same)).fingerprint == first
    others = [
        load_backbone(str(other)),
        load_backbone(path, channel_order="bgr"),
        load_backbone(path, mean=0),
        load_backbone(path, std=1),
        load_backbone(path, convention="box"),
    ]
    assert len({first, *(one.fingerprint for one in others)}) == 6


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (("n", 1, 32, 32), {}, "N x 3 x S x S"),
        (("n", 32, 32, 1), {}, "N x 3 x S x S"),
        (("n", 3, 32, 64), {}, "N x 3 x S x S"),
        (("n", 3, 32), {}, "N x 3 x S x S|not an ONNX model"),
        (("n", 3, 32, 32), {"kind": INT64}, "not an ONNX model|N x 3 x S x S"),
        (("n", 3, 4000, 4000), {}, "4000 pixels"),
        (
            ("n", 3, 32, 32),
            {"results": {"x": ("n", 3, 32, 32)}},
            r"gives \(1, 3, 32, 32\) for one face and not one embedding per face",
        ),
        (
            (4, 3, 32, 32),
            {"results": {"x": (4, 3, 32, 32)}},
            r"gives \(4, 3, 32, 32\) for 4 faces and not one embedding per face",
        ),
    ],
)
def test_onnx_of_another_shape_is_refused(model, shape, options, message):
    """Would catch a detector or a classifier of something else taken for a face model."""
    with pytest.raises(LetheError, match=message) as error:
        load_backbone(model(shape, **options))
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_onnx_that_gives_no_numbers_is_refused(tmp_path):
    """Would catch a damaged model whose every similarity is nan."""
    path = tmp_path / "nan.onnx"
    path.write_bytes(toy(np.full((3, 5), np.nan)))
    with pytest.raises(LetheError, match="not finite"):
        load_backbone(str(path))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"a": 1})])
def test_onnx_that_is_none_is_refused(tmp_path, content):
    """Would catch onnxruntime's own exception, or a pickle that is opened."""
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(LetheError, match="not an ONNX model"):
        load_backbone(str(path))


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("resnet", {}, "no backbone called resnet"),
        ("missing.onnx", {}, "no model file missing.onnx"),
        ("toy.onnx", {"colour": "rgb"}, "no option 'colour'"),
        ("toy.onnx", {"channel_order": "hsv"}, "rgb or bgr"),
        ("toy.onnx", {"mean": "x"}, "mean must be a number"),
        ("toy.onnx", {"std": 0}, "above 0"),
        ("toy.onnx", {"convention": "loose"}, "arcface or box"),
        ("toy.onnx", {"device": "tpu"}, "auto, cpu or cuda"),
        ("toy.onnx", {"precision": "int4"}, "auto, fp32 or bf16"),
        ("facenet-vggface2", {"weights": "/nowhere.pt"}, "no weights file"),
    ],
)
def test_wrong_names_and_options_are_one_sentence(
    model, monkeypatch, tmp_path, spec, options, message
):
    """Would catch an option that is swallowed, or a traceback for a typing error."""
    model()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LetheError, match=message) as error:
        load_backbone(spec, **options)
    assert str(error.value).endswith(".")


def test_faces_of_another_shape_are_refused(model):
    """Would catch floats or other sizes that are embedded as if they were faces."""
    backbone = load_backbone(model())
    for wrong in (FACES.astype(np.float32), FACES[:, :16], FACES[0], FACES[..., :1]):
        with pytest.raises(LetheError, match="32 x 32"):
            backbone.embed(wrong)


def test_registry_lines_are_fit_to_list():
    """Would catch an entry that `engine list` cannot show."""
    for name, entry in BACKBONES.items():
        assert entry.name == name
        assert entry.summary
        assert "\n" not in entry.summary
        assert all(entry.options.values())


def test_a_real_model_is_fed_as_its_makers_say(edgeface, shared_faces):
    """Would catch a preprocessing that a toy forgives: it agrees with onnxruntime fed by hand,
    does not depend on the batch, and tells real people apart."""
    import onnxruntime
    from PIL import Image

    backbone = load_backbone(str(edgeface))
    assert (backbone.size, backbone.dimension) == (112, 512)
    people = sorted(folder.name for folder in (shared_faces / "lfw_dev").iterdir())[:2]
    paths = [
        sorted((shared_faces / "lfw_dev" / who).iterdir())[at] for who in people for at in (0, 1)
    ]
    faces = np.stack([np.asarray(Image.open(path).resize((112, 112))) for path in paths])
    session = onnxruntime.InferenceSession(str(edgeface), providers=["CPUExecutionProvider"])
    fed = ((faces.astype(np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2)
    expected = session.run(None, {session.get_inputs()[0].name: fed})[0]
    got = backbone.embed(faces)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-3, atol=1e-3)
    one_by_one = torch.cat([backbone.embed(face[None]) for face in faces])
    np.testing.assert_allclose(got.numpy(), one_by_one.numpy(), rtol=1e-3, atol=1e-3)
    assert not torch.allclose(got.norm(dim=1), torch.ones(4))
    unit = torch.nn.functional.normalize(got)
    similar = unit @ unit.T
    assert (
        min(similar[0, 1], similar[2, 3]) > max(similar[0, 2], similar[0, 3], similar[1, 2]) + 0.1
    )


@pytest.fixture(scope="session")
def facenet_state() -> dict[str, torch.Tensor]:
    from facenet_pytorch import InceptionResnetV1

    torch.manual_seed(0)
    return InceptionResnetV1(pretrained=None, classify=True, num_classes=3).state_dict()


@pytest.fixture(scope="session")
def facenet_bytes(facenet_state) -> bytes:
    out = io.BytesIO()
    torch.save(facenet_state, out)
    return out.getvalue()


@pytest.fixture
def weights(tmp_path, facenet_bytes):
    path = tmp_path / "weights.pt"
    path.write_bytes(facenet_bytes)
    return path


def test_facenet_is_facenets_own_network(weights, facenet_state):
    """Would catch another normalisation, layout or layer: after normalising, the embedding is
    the one of facenet-pytorch's own code, its classifier's weights left out."""
    from facenet_pytorch import InceptionResnetV1, fixed_image_standardization

    backbone = load_backbone("facenet-vggface2", weights=weights, precision="fp32", device="cpu")
    assert (backbone.size, backbone.dimension, backbone.convention) == (160, 512, "box")
    faces = np.random.default_rng(2).integers(0, 256, (2, 160, 160, 3), dtype=np.uint8)
    own = InceptionResnetV1(pretrained=None, classify=False, num_classes=3).eval()
    own.load_state_dict({k: v for k, v in facenet_state.items() if not k.startswith("logits")})
    with torch.no_grad():
        expected = own(fixed_image_standardization(torch.tensor(faces).permute(0, 3, 1, 2).float()))
    got = backbone.embed(faces)
    assert got.dtype == torch.float32
    assert not got.is_inference()
    torch.testing.assert_close(torch.nn.functional.normalize(got), expected, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(got.norm(dim=1), torch.ones(2), atol=1e-3)

    rough = load_backbone("facenet-vggface2", weights=weights, precision="bf16", device="cpu")
    similar = torch.nn.functional.cosine_similarity(rough.embed(faces), got)
    assert similar.min() > 0.98
    assert rough.fingerprint != backbone.fingerprint


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def test_facenet_opens_no_pickle_and_nothing_unfitting(tmp_path, monkeypatch):
    """Would catch code that runs out of a weights file, or half-loaded weights."""
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Evil()}, tmp_path / "evil.pt")
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Evil()))
    (tmp_path / "text.pt").write_text("hello")
    torch.save([torch.ones(3)], tmp_path / "list.pt")
    torch.save({"last_linear.weight": torch.ones(3)}, tmp_path / "other.pt")
    for name, message in (
        ("evil", "no plain PyTorch weights"),
        ("raw", "no plain PyTorch weights"),
        ("text", "no plain PyTorch weights"),
        ("list", "no state dict"),
        ("other", "do not fit"),
    ):
        with pytest.raises(LetheError, match=message) as error:
            load_backbone("facenet-vggface2", weights=str(tmp_path / f"{name}.pt"))
        assert "\n" not in str(error.value)
    assert not (tmp_path / "pwned").exists()


class Answer(io.BytesIO):
    def __init__(self, data: bytes, stated: int | None = None) -> None:
        super().__init__(data)
        self.headers = {"Content-Length": str(len(data) if stated is None else stated)}


@pytest.fixture
def web(monkeypatch, tmp_path):
    """Serves `data` in place of the internet and counts the requests."""
    monkeypatch.setenv("LETHE_CACHE", str(tmp_path / "cache"))
    asked = []

    def serve(answer):
        def urlopen(url, timeout):
            asked.append(url)
            if isinstance(answer, Exception):
                raise answer
            return Answer(answer) if isinstance(answer, bytes) else answer

        monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
        return asked

    return serve


def leftovers(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache" / "weights").glob("*"))


DATA = np.random.default_rng(3).bytes(3_000_000)
PINNED = download.Release("https://example.org/a.pt", 3, hashlib.sha256(DATA).hexdigest())
TRUSTED = replace(PINNED, sha256=None)


def test_facenet_downloads_once_with_progress(web, monkeypatch, tmp_path, facenet_bytes):
    """Would catch a download at every start, or one that seems to hang."""
    asked = web(facenet_bytes)
    seen = []
    name = "facenet-casia-webface"
    first = load_backbone(name, watch=seen.append, precision="fp32")
    again = load_backbone(name, precision="fp32")
    assert asked == [facenet.RELEASES[name].url]
    assert seen[-1].done == seen[-1].total == len(facenet_bytes)
    assert len(seen) > 50
    assert first.fingerprint == again.fingerprint


def test_download_is_held_to_its_hash(web, tmp_path):
    """Would catch a swapped file that is used, at the download or any time after it."""
    web(DATA[:-1] + b"x")
    with pytest.raises(LetheError, match="hash differs"):
        download.fetch(PINNED)
    assert leftovers(tmp_path) == []
    web(DATA)
    for release in (PINNED, TRUSTED):
        path = download.fetch(release)
        assert path.read_bytes() == DATA
        path.write_bytes(DATA[:-1] + b"x")
        if release is TRUSTED:
            with pytest.raises(LetheError, match="hash differs"):
                download.fetch(release)
        else:
            with pytest.raises(LetheError, match="delete it"):
                download.fetch(release)
            path.unlink()


def test_first_trusted_hash_outlives_the_file(web, tmp_path):
    """Would catch a second download that replaces the noted hash in silence."""
    web(DATA)
    download.fetch(TRUSTED).unlink()
    web(DATA[:-1] + b"x")
    with pytest.raises(LetheError, match="hash differs"):
        download.fetch(TRUSTED)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (URLError("no route"), "needs internet"),
        (TimeoutError("slow"), "could not be downloaded"),
        (OSError(errno.ENOSPC, "No space left on device"), "make room"),
        (Answer(DATA[:1000], stated=len(DATA)), "needs internet"),
    ],
)
def test_failed_downloads_leave_nothing_and_say_what_to_do(web, tmp_path, problem, message):
    """Would catch half a file that is taken for the whole at the next start."""
    web(problem)
    with pytest.raises(LetheError, match=message) as error:
        download.fetch(TRUSTED)
    assert "weights=PATH" in str(error.value)
    assert "\n" not in str(error.value)
    assert leftovers(tmp_path) == []


def test_a_download_can_be_stopped(web, tmp_path):
    """Would catch a stopped download that leaves its part behind."""
    web(DATA)

    def stop(progress):
        if progress.done > 1_000_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        download.fetch(PINNED, stop)
    assert leftovers(tmp_path) == []
