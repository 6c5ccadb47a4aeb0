"""The self-check: wrong settings are noticed on faces, and the right ones proposed."""

import time

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

from engine.backbones import load_backbone
from engine.backbones.self_check import self_check
from engine.backbones.trial_faces import verify
from tests.engine.onnx_toy import FLOAT, UINT8, mini, mini_bytes


def inside(start: str = "x") -> list[onnx.NodeProto]:
    return [
        helper.make_node("Sub", [start, "middle"], ["centred"]),
        helper.make_node("Div", ["centred", "middle"], ["faces"]),
    ]


MIDDLE = {"middle": np.float32(127.5)}


def options(note: str) -> dict[str, str]:
    """The settings that a note tells to use, read as the command line would."""
    words = note.rstrip(".").partition(": use ")[2].split()
    assert set(words[::2]) == {"--backbone-option"}
    return dict(word.split("=") for word in words[1::2])


def test_a_good_model_goes_without_a_word(load):
    """Would catch an alarm for settings that are right."""
    check = self_check(load(mini_bytes()))
    assert not check.poor
    assert check.notes == ()
    assert check.auc > 0.99
    assert check.same > check.different + 0.3
    assert self_check(load_backbone("mini")).auc == pytest.approx(check.auc, abs=0.002)


def test_normalising_twice_is_noticed_and_the_cure_named(load):
    """Would catch a model that normalises inside, fed normalised pixels, used as if all were
    well; the settings in the note must work when they are followed."""
    data = mini(first=inside(), constants=MIDDLE)
    wrong = self_check(load(data))
    assert wrong.poor
    assert wrong.different > 0.9
    assert options(wrong.notes[0]) == {"mean": "0", "std": "1"}
    right = self_check(load(data, **options(wrong.notes[0])))
    assert not right.poor
    assert f"{right.auc:.3f}" in wrong.notes[0]


def test_a_wrong_order_of_colours_is_named_too(load):
    """Would catch only the first of two wrong settings proposed."""
    data = mini(first=inside(), constants=MIDDLE)
    check = self_check(load(data, channel_order="bgr"))
    assert options(check.notes[0]) == {"mean": "0", "std": "1", "channel_order": "rgb"}


@pytest.mark.parametrize("seed", [0, 1])
def test_random_weights_are_poor_and_nothing_cures_them(load, seed):
    """Would catch hair and skin colours, which even random weights see, taken for verification,
    or settings proposed because they are the best of the worthless."""
    model = onnx.load_from_string(mini_bytes())
    generator = np.random.default_rng(seed)
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size > 64:
            shuffled = generator.permutation(values.ravel()).reshape(values.shape)
            weight.CopyFrom(numpy_helper.from_array(shuffled, weight.name))
    check = self_check(load(model.SerializeToString()))
    assert check.poor
    assert "hardly tells" in check.notes[0]
    assert "--backbone-option" not in check.notes[0]


def test_plain_bytes_have_no_mean_to_try(load):
    """Would catch a proposal of mean and std to a model that is never given them: this one
    normalises wrongly inside, which no setting mends."""
    cast = helper.make_node("Cast", ["x"], ["floats"], to=FLOAT)
    wrong = mini(kind=UINT8, first=[cast, *inside("floats")], constants={"middle": np.float32(1e4)})
    check = self_check(load(wrong))
    assert check.poor
    assert "--backbone-option" not in check.notes[0]
    right = mini(kind=UINT8, first=[cast, *inside("floats")], constants=MIDDLE)
    assert not self_check(load(right)).poor


class Fixed:
    """A backbone of another kind, that gives what it is told to."""

    name, dimension, size, convention, fingerprint = "fixed", 4, 112, "arcface", "0"

    def __init__(self, value: float) -> None:
        self.value = value

    def embed(self, faces: np.ndarray) -> torch.Tensor:
        return torch.full((len(faces), 4), self.value)


@pytest.mark.parametrize("value", [1.0, float("nan"), float("inf"), 0.0])
def test_values_that_are_no_numbers_are_poor(value):
    """Would catch a traceback, or nan read as "not below the limit"."""
    check = self_check(Fixed(value))
    assert check.auc == pytest.approx(0.5)
    assert check.poor
    assert check.notes[0].endswith(".")
    assert "--backbone-option" not in check.notes[0]


def test_pairs_are_of_the_people_they_should_be():
    """Would catch two people's photos taken for one's: embeddings that are the faces' own pixels
    are likelier alike in one person than in two, and a face is wholly like itself."""
    seen = []

    def embed(faces: np.ndarray) -> torch.Tensor:
        seen.append(faces)
        return torch.from_numpy(faces[:, ::14, ::14].reshape(len(faces), -1) / 255.0 - 0.5)

    found = verify(embed, 56)
    faces = np.concatenate(seen)
    assert faces.shape == (128, 56, 56, 3)
    assert len({face.tobytes() for face in faces}) == 128
    assert 0.6 < found.auc < 0.9
    assert found.same > found.different


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({}, None),
        ({"channel_order": "bgr"}, None),
        ({"mean": 0, "std": 255}, None),
        ({"mean": 123.675, "std": 58.395}, None),
        ({"mean": 0, "std": 1}, {"mean": "127.5", "std": "127.5"}),
        (
            {"mean": 0, "std": 1, "channel_order": "bgr"},
            {"mean": "127.5", "std": "127.5", "channel_order": "rgb"},
        ),
    ],
)
def test_a_real_model_under_every_usual_setting(edgeface, settings, cure):
    """Would catch limits that fit only our own network. On real faces this model loses nothing in
    BGR or with ImageNet's mean, so that they need no alarm, and everything with plain pixels."""
    check = self_check(load_backbone(str(edgeface), **settings))
    assert check.poor == (cure is not None)
    assert (options(check.notes[0]) if check.notes else None) == cure


def test_the_check_takes_a_moment(edgeface):
    """Would catch a check that makes every start wait, or tries settings when all is well: it
    takes .3 s on two free cores and may take 1.5, which is 3 of processor time."""
    backbone = load_backbone(str(edgeface))
    self_check(backbone)  # reads the photos
    start = time.process_time()  # other programs on the machine do not count
    self_check(backbone)
    assert time.process_time() - start < 3


def test_the_auc_is_scikit_learns():
    """Would catch the two kinds of pairs exchanged, or ties that count wholly or not at all."""
    from sklearn.metrics import roc_auc_score

    drawn = []

    def embed(faces: np.ndarray) -> torch.Tensor:
        generator = np.random.default_rng(len(drawn))
        people = np.repeat(generator.integers(-1, 2, (len(faces) // 2, 4)), 2, axis=0)
        drawn.append(people + generator.integers(-1, 2, (len(faces), 4)))
        return torch.from_numpy(drawn[-1])

    found = verify(embed, 16)
    values = np.concatenate(drawn).astype(float)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    one, two = np.triu_indices(len(values), 1)
    alike, same = (values @ values.T).round(9)[one, two], one // 2 == two // 2
    assert found.auc == pytest.approx(roc_auc_score(same, alike), abs=2e-3)
    assert found.same == pytest.approx(alike[same].mean())
    assert found.different == pytest.approx(alike[~same].mean())
