"""What the networks of our own share: pixels in, chunks, precision, and where they run."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.backbones.base import number, pick_device
from engine.backbones.network import NetworkBackbone, content_hash, to_input
from engine.errors import LetheError


class Mean(nn.Module):
    """The mean of each colour, and how many faces came at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []
        self.gain = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(len(x))
        return x.mean((2, 3)) * self.gain

    def depths(self, x: Tensor) -> dict[str, Tensor]:
        return {"first": x.mean((2, 3)), "last": self(x)}


class Small(NetworkBackbone):
    size, dimension, chunk, convention, fingerprint = 4, 3, 5, "arcface", "small"


def backbone(half: bool = False) -> Small:
    return Small(Mean(), name="small", device=None, half=half)


FACES = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
MEANS = torch.from_numpy(FACES.mean((1, 2)) / 127.5 - 1).float()


def test_pixels_become_numbers_between_minus_one_and_one() -> None:
    """Would catch a scale or an order of axes that the network was not trained with."""
    found = to_input(FACES)
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(found, FACES.transpose(0, 3, 1, 2) / 127.5 - 1, atol=1e-6)
    torch.testing.assert_close(to_input(torch.from_numpy(FACES)), found)


@pytest.mark.parametrize(
    ("count", "chunk", "chunks"),
    [(0, 5, [0]), (4, 5, [4]), (5, 5, [5]), (12, 5, [5, 5, 2]), (1, 1, [1]), (2, 1, [1, 1])],
)
def test_faces_pass_in_chunks_and_keep_their_order(
    count: int, chunk: int, chunks: list[int]
) -> None:
    """Would catch faces lost or doubled where chunks meet, a pass of none, or all at once."""
    model = backbone()
    model.chunk = chunk
    torch.testing.assert_close(model.embed(FACES[:count]), MEANS[:count], atol=1e-6, rtol=0)
    assert model.module.seen == chunks
    found = model.embed_depths(FACES[:count])
    assert list(found) == ["first", "last"]
    for values in found.values():
        torch.testing.assert_close(values, MEANS[:count], atol=1e-6, rtol=0)


def test_it_is_frozen_and_on_the_cpu_where_nothing_else_is_asked() -> None:
    """Would catch a network that trains along, or keeps graphs of what it embeds."""
    model = backbone()
    assert (model.name, model.device, model.half) == ("small", torch.device("cpu"), False)
    assert not model.module.training
    assert not any(one.requires_grad for one in model.module.parameters())
    assert not model.embed(FACES).requires_grad


@pytest.mark.parametrize("half", [False, True])
def test_half_precision_is_used_where_asked_and_float32_comes_out(half: bool) -> None:
    """Would catch bf16 that is never used, or that leaks into the features."""

    class Product(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(48, 3)
            self.types: list[torch.dtype] = []

        def forward(self, x: Tensor) -> Tensor:
            out = self.layer(x.flatten(1))
            self.types.append(out.dtype)
            return out

        def depths(self, x: Tensor) -> dict[str, Tensor]:
            return {"last": self(x)}

    model = Small(Product(), name="small", device=None, half=half)
    assert model.embed(FACES).dtype == torch.float32
    assert model.embed_depths(FACES)["last"].dtype == torch.float32
    assert set(model.module.types) == {torch.bfloat16 if half else torch.float32}


@pytest.mark.parametrize(
    "faces",
    [
        FACES.astype(np.float32),
        FACES[0],
        FACES[:, :3],
        FACES[:, :, :3],
        FACES[..., :1],
        FACES.transpose(0, 3, 1, 2),
    ],
)
def test_faces_of_another_kind_are_refused(faces: np.ndarray) -> None:
    """Would catch faces in [0, 1], a single one, or colours first that give some embedding."""
    for ask in (backbone().embed, backbone().embed_depths):
        with pytest.raises(LetheError, match="4 x 4 x 3"):
            ask(faces)


def test_a_content_hash_follows_names_shapes_types_and_values() -> None:
    """Would catch two networks that share a cache, or one that has two."""
    x = torch.arange(6.0)
    told = [
        {"a": x, "b": x},
        {"a": x, "c": x},
        {"a": x, "b": x + 1e-6},
        {"a": x.view(2, 3), "b": x},
        {"a": x.int(), "b": x},
        {"a": x},
    ]
    assert len({content_hash(one) for one in told}) == len(told)
    assert content_hash({"b": x, "a": x}) == content_hash(told[0])
    turned = x.view(2, 3).T.contiguous().T
    assert content_hash({"a": turned, "b": x}) == content_hash(told[3])


@pytest.mark.parametrize("there", [False, True])
def test_the_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    """Would catch a GPU left idle, or one promised that is not there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert pick_device("auto").type == ("cuda" if there else "cpu")
    assert pick_device("cpu").type == "cpu"
    with pytest.raises(LetheError, match="Unknown device 'gpu'"):
        pick_device("gpu")
    if there:
        assert pick_device("cuda").type == "cuda"
    else:
        with pytest.raises(LetheError, match="no CUDA GPU"):
            pick_device("cuda")


def test_an_options_number_is_finite() -> None:
    """Would catch a mean of NaN, with which every face is the same."""
    assert number("mean", "127.5") == 127.5
    assert number("mean", -3) == -3.0
    for value in ("a", None, "nan", "inf", float("-inf"), [1]):
        with pytest.raises(LetheError, match="option mean must be a number"):
            number("mean", value)
