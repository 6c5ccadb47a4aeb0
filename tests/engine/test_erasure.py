"""The erasers do what the papers say, and nothing else."""

import dataclasses

import numpy as np
import pytest
import torch

from engine.erasure import METHODS, fit
from engine.erasure.base import Option, Task
from engine.erasure.files import load, save
from engine.erasure.spectrum import auto_rank, choose_rank, factor, paper_rank
from engine.errors import Cancelled, LetheError
from engine.progress import Progress
from tests.engine.toy import centroid_head, task


def textbook_esc(z: np.ndarray, x: np.ndarray, k: int) -> np.ndarray:
    """ESC with the full d x d matrix of left singular vectors, float64."""
    u, _, _ = np.linalg.svd(z.T.astype(np.float64), full_matrices=True)
    rest = u[:, k:]
    return x.astype(np.float64) @ rest @ rest.T


@pytest.mark.parametrize("photos", [4, 60], ids=["n_f below d", "n_f above d"])
def test_esc_agrees_with_the_textbook(photos: int) -> None:
    """Would catch a reduced SVD that throws away the orthogonal complement, or a wrong side."""
    toy = task(photos=photos)
    eraser, _ = fit("esc", toy, {"rank": 3})
    expected = textbook_esc(toy.forget_values.numpy(), toy.values.numpy(), 3)
    np.testing.assert_allclose(eraser(toy.values).numpy(), expected, atol=1e-5)


def test_esc_is_an_orthogonal_projection_of_the_right_rank() -> None:
    """Would catch factors that are not orthonormal: the map would shrink or mix directions."""
    toy = task()
    eraser, _ = fit("esc", toy, {"rank": 2})
    once = eraser(toy.values)
    torch.testing.assert_close(eraser(once), once, atol=1e-5, rtol=0)
    matrix = eraser(torch.eye(toy.values.shape[1]))
    torch.testing.assert_close(matrix, matrix.T, atol=1e-6, rtol=0)
    assert int(torch.linalg.matrix_rank(matrix)) == toy.values.shape[1] - 2


def test_esc_leaves_what_is_orthogonal_to_the_forgotten_untouched() -> None:
    """Would catch collateral damage: the complement of the dropped directions must stay as is."""
    toy = task()
    eraser, _ = fit("esc", toy, {"rank": 2})
    x = torch.randn(20, toy.values.shape[1])
    x = x - (x @ eraser.factor) @ eraser.factor.T
    torch.testing.assert_close(eraser(x), x, atol=1e-5, rtol=0)


def test_two_erasures_of_all_directions_equal_the_joint_one() -> None:
    """Would catch a second step that re-opens the first: spans must add up."""
    toy = task()
    both, _ = fit("esc", toy, {"rank": 20})
    first_task = dataclasses.replace(toy, forget=(1,))
    first, _ = fit("esc", first_task, {"rank": 10})
    second_task = dataclasses.replace(toy, values=first(toy.values), forget=(4,), forgotten=(1,))
    second, _ = fit("esc", second_task, {"rank": 10})
    torch.testing.assert_close(second(first(toy.values)), both(toy.values), atol=1e-5, rtol=0)
    cross = first.factor.T @ second.factor
    assert float(cross.abs().max()) < 1e-5


def test_auto_rank_finds_the_cliff_and_paper_rank_is_the_papers() -> None:
    """Would catch an off-by-one at the cut, or the rounding tail taken for the cliff."""
    spectrum = torch.tensor([3.7, 3.1, 3.0, 2.6, 2.3, 1.2, 1.0, 0.9])
    assert auto_rank(spectrum, people=5) == 5
    assert auto_rank(torch.tensor([9.0, 3.1, 3.0, 2.6, 2.3, 1.2, 1.0, 0.9]), people=5) == 5
    assert auto_rank(torch.tensor([2.0, 1.9, 0.7]), people=3) == 3
    assert auto_rank(torch.tensor([2.0]), people=1) == 1
    assert auto_rank(torch.tensor([2.0, 0.5, 0.4, 0.001]), people=1) == 1
    assert paper_rank(512, 1.5) == 7
    assert paper_rank(10, 1.5) == 1


def test_factor_drops_rounding_noise() -> None:
    """Would catch directions of pure noise: a doubled photo adds no direction."""
    z = torch.randn(3, 16).repeat(2, 1)
    directions, values = factor(z)
    assert directions.shape == (16, 3)
    assert len(values) == 3


def test_erasing_what_is_gone_is_refused() -> None:
    """Would catch a projection on noise when the same features are erased twice."""
    toy = task()
    eraser, _ = fit("esc", toy, {"rank": 20})
    gone = dataclasses.replace(toy, values=eraser(toy.values))
    with pytest.raises(LetheError, match="nothing is left"):
        fit("esc", gone, {})


def textbook_esc_t(
    toy: Task, lr: float, steps: int, threshold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Penalised ESC-T on the dense d x d mask, the gradient worked out by hand in float64."""
    z = toy.forget_values.double()
    y = toy.labels[toy.is_forget]
    w = toy.head.weight.double()
    u, _, _ = torch.linalg.svd(z.float().T, full_matrices=True)
    u = u.double()
    mask = torch.ones_like(u)
    for _ in range(steps):
        a = u * mask
        logits = z @ a @ a.T @ w.T + toy.head.bias.double()
        right = logits.argmax(1) == y
        if not right.any():
            break
        p = logits[right].softmax(1)
        one_hot = torch.eye(toy.classes, dtype=torch.double)[y[right]]
        py = (p * one_hot).sum(1, keepdim=True)
        # d/dlogits of -log(1 - p_y) = p_y / (1 - p_y) (one_hot - p)
        g = py / (1 - py) * (one_hot - p) / int(right.sum())
        g_h = g @ w
        zr = z[right]
        g_a = zr.T @ (g_h @ a) + g_h.T @ (zr @ a)
        mask = (mask - lr * g_a * u).clamp(0, 1)
    a = u * (mask >= threshold)
    return a @ a.T, mask


def test_esc_t_agrees_with_a_gradient_worked_out_by_hand() -> None:
    """Would catch training on samples that are already wrong, or a mask on the wrong axis."""
    toy = task(photos=6, dimension=24)
    # A soft head keeps 1 - p well above the clamp, where both ways of computing it agree.
    toy = dataclasses.replace(toy, head=centroid_head(toy.values, toy.labels, scale=6.0))
    eraser, _ = fit("esc-t", toy, {"lr": 0.5, "steps": 12, "threshold": 0.9})
    expected, mask = textbook_esc_t(toy, 0.5, 12, 0.9)
    assert eraser.parameters["entries_cut"] == int((mask < 0.9).sum()) > 0
    torch.testing.assert_close(eraser(torch.eye(24)).double(), expected, atol=1e-5, rtol=0)


def test_esc_t_forgets_and_reports() -> None:
    """Would catch a mask that claims to forget: the binarised one is what is measured."""
    toy = task()
    eraser, _ = fit("esc-t", toy, {})
    y = toy.labels[toy.is_forget]
    accuracy = float((toy.head.predict(eraser(toy.forget_values)) == y).float().mean())
    assert accuracy <= 0.05
    assert eraser.parameters["forget_accuracy_binarised"] == pytest.approx(accuracy)
    assert eraser.parameters["entries_cut"] > 0
    assert "none of them right" in eraser.parameters["stopped"]


@pytest.mark.parametrize(
    ("scale", "options", "columns"),
    [
        (6.0, {"steps": 2}, 2),
        (20.0, {"steps": 3, "lr": 0.5}, 2),
        (20.0, {"steps": 1, "lr": 20}, 44),
    ],
)
def test_esc_t_measures_the_mask_that_it_gives(scale: float, options: dict, columns: int) -> None:
    """Would catch a mask judged by another map than it makes, in few columns or in many, or a
    half-done erasure without its warning."""
    toy = task()
    toy = dataclasses.replace(toy, head=centroid_head(toy.values, toy.labels, scale=scale))
    eraser, _ = fit("esc-t", toy, options)
    kept, masked = eraser.kept.double(), eraser.masked.double()
    assert eraser.rank == kept.shape[1] == columns
    torch.testing.assert_close(kept.T @ kept, torch.eye(columns).double(), atol=1e-5, rtol=0)
    cut = masked == 0
    assert torch.equal(masked[~cut], kept[~cut])
    assert int(cut.sum()) == eraser.parameters["entries_cut"]
    assert cut.any(0).all()
    others = torch.eye(48).double() - kept @ kept.T
    expected = toy.values.double() @ (others + masked @ masked.T)
    torch.testing.assert_close(eraser(toy.values).double(), expected, atol=1e-5, rtol=0)
    right = toy.head.predict(expected.float()) == toy.labels
    accuracy = float(right[toy.is_forget].float().mean())
    assert 0.05 < accuracy < 1
    assert eraser.parameters["forget_accuracy_binarised"] == pytest.approx(accuracy)
    assert f"right on {accuracy:.0%} of their photos" in eraser.warnings[0]


def test_esc_t_by_the_authors_loss_warns_that_nothing_was_cut() -> None:
    """Would catch a silent no-op: -CE with lr 1e-3 does not move the mask on unit-norm faces."""
    toy = task()
    eraser, _ = fit("esc-t", toy, {"loss": "ce"})
    assert eraser.parameters["entries_cut"] == 0
    assert "nothing was erased" in eraser.warnings[0]
    torch.testing.assert_close(eraser(toy.values), toy.values, atol=1e-6, rtol=0)


def test_head_only_changes_the_answer_and_no_feature() -> None:
    """Would catch a counterexample that cheats by touching the features."""
    toy = task()
    eraser, _ = fit("head-only", toy)
    assert torch.equal(eraser(toy.values), toy.values)
    answers = eraser.head(toy.head).predict(toy.values)
    assert not torch.isin(answers, torch.tensor(toy.forget)).any()
    kept = ~toy.is_forget
    assert torch.equal(answers[kept], toy.head.predict(toy.values)[kept])


LIGHT = [name for name, method in METHODS.items() if not method.needs]


@pytest.mark.parametrize("name", LIGHT)
def test_every_method_keeps_the_contract(name: str, tmp_path) -> None:
    """Would catch any method that draws unseeded, edits its input, or is lost on disk."""
    toy = task()
    before = toy.values.clone()
    eraser, seconds = fit(name, toy)
    again, _ = fit(name, task())
    out = eraser(toy.values)
    assert torch.equal(toy.values, before)
    assert out.shape == before.shape
    assert torch.isfinite(out).all()
    assert torch.equal(out, again(toy.values))
    assert seconds >= 0
    assert eraser.method == name
    path = tmp_path / "eraser.safetensors"
    save(eraser, path)
    loaded = load(path)
    assert torch.equal(loaded(toy.values), out)
    assert (loaded.rank, loaded.warnings) == (eraser.rank, eraser.warnings)
    assert loaded.head(toy.head).blocked == eraser.head(toy.head).blocked
    with pytest.raises(LetheError, match="no option"):
        fit(name, toy, {"colour": "red"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rank": 49}, "outside 1 to 48"),
        ({"rank": 0}, "rank must lie"),
        ({"rank": "many"}, "whole number"),
        ({"rank": 2.5}, "whole number"),
        ({"p": 0}, "p must lie"),
        ({"p": float("nan")}, "p must lie"),
    ],
)
def test_options_out_of_range_are_one_sentence(options: dict, message: str) -> None:
    """Would catch a traceback, or a nonsense rank silently clipped."""
    with pytest.raises(LetheError, match=message):
        fit("esc", task(), options)


def test_nobody_everybody_and_unknown_methods_are_refused() -> None:
    """Would catch an SVD of nothing, and a model with nobody left to remember."""
    with pytest.raises(LetheError, match="Nobody"):
        fit("esc", task(forget=()))
    with pytest.raises(LetheError, match="Everybody"):
        fit("esc", task(forget=tuple(range(12))))
    with pytest.raises(LetheError, match="no method"):
        fit("burn", task())


def test_esc_t_can_be_cancelled() -> None:
    """Would catch training that ignores the stop button."""
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit("esc-t", task(), {"lr": 1e-6}, watch)
    assert {"loss", "hits", "cut"} <= seen[0].values.keys()


def test_a_damaged_eraser_file_is_named(tmp_path) -> None:
    """Would catch a traceback, or an eraser that loads as something else."""
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nonsense")
    with pytest.raises(LetheError, match="cannot be read"):
        load(path)
    with pytest.raises(LetheError, match="cannot be read"):
        load(tmp_path / "missing.safetensors")


def test_deep_unlearning_agrees_with_the_paper() -> None:
    """Would catch weights of the spectrum itself instead of its energy, or the maps swapped."""
    given = task(photos=12)
    eraser, _ = fit("deep-unlearning", given, {"alpha_r": 20.0, "alpha_f": 50.0})
    maps = []
    for values, alpha in ((given.forget_values, 50.0), (given.retain_values, 20.0)):
        u, s, _ = np.linalg.svd(values.double().numpy().T, full_matrices=False)
        share = s**2 / (s**2).sum()
        weight = alpha * share / ((alpha - 1) * share + 1)
        maps.append((u * weight @ u.T, weight.max()))
    (forget, most_forget), (retain, most_retain) = maps
    x = given.values.double().numpy()
    expected = x - x @ (forget - forget @ retain).T
    np.testing.assert_allclose(eraser(given.values).numpy(), expected, atol=1e-5)
    assert eraser.parameters["weight_forget"] == pytest.approx(most_forget)
    assert eraser.parameters["weight_retain"] == pytest.approx(most_retain)


def test_esc_t_tells_what_the_mask_has_cut_so_far() -> None:
    """Would catch a count that is of another step than the one it is told with."""
    told: list[Progress] = []
    options = {"steps": 1, "lr": 50.0}
    eraser, _ = fit("esc-t", task(), options, told.append)
    counts = [one.values["cut"] for one in told if "cut" in one.values]
    assert counts == [eraser.parameters["entries_cut"]]
    assert counts[0] > 0


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", 2, 2),
        ("int", "3", 3),
        ("int", 4.0, 4),
        ("int", 5, 5),
        ("int", 2.5, "a whole number"),
        ("int", "x", "a whole number"),
        ("int", None, "a whole number"),
        ("int", float("inf"), "a whole number"),
        ("int", 1, "must lie between 2 and 5, not 1"),
        ("int", 6, "must lie between 2 and 5, not 6"),
        ("float", "2.5", 2.5),
        ("float", 2, 2.0),
        ("float", "x", "a number"),
        ("float", 5.01, "must lie between 2 and 5, not 5.01"),
        ("float", float("nan"), "must lie between"),
        ("rank", "auto", "auto"),
        ("rank", "paper", "paper"),
        ("rank", "4", 4),
        ("rank", "best", "auto, paper or a whole number"),
        ("choice", "a", "a"),
        ("choice", "c", "one of a, b, not 'c'"),
    ],
)
def test_options_are_what_they_say(kind: str, value: object, expected: object) -> None:
    """Would catch a number cut to a whole one, a bound that is not itself allowed, or a word let
    in where a number is meant."""
    low, high = (None, None) if kind == "choice" else (2, 5)
    option = Option("x", kind, None, "", minimum=low, maximum=high, choices=("a", "b"))  # type: ignore[arg-type]
    if isinstance(expected, str) and expected != value:
        with pytest.raises(LetheError, match=f"^x .*{expected}"):
            option.check(value)
    else:
        found = option.check(value)
        assert (found, type(found)) == (expected, type(expected))
    free = Option("x", "float", 1.0, "")
    assert (free.check(-1e9), free.check(1e9)) == (-1e9, 1e9)


def test_options_left_out_are_the_defaults_and_unknown_ones_are_named() -> None:
    """Would catch a default that overrules what was asked, or a misspelt option that is ignored."""
    method = dataclasses.replace(
        METHODS["esc"], options=(Option("a", "int", 3, ""), Option("b", "float", None, ""))
    )
    assert method.resolve({}) == {"a": 3, "b": None}
    assert method.resolve({"a": None, "b": "2"}) == {"a": 3, "b": 2.0}
    with pytest.raises(LetheError, match="esc has no option 'c'; it has a, b"):
        method.resolve({"c": 1})
    with pytest.raises(LetheError, match="it has none"):
        dataclasses.replace(method, options=()).resolve({"c": 1})


def test_a_task_parts_the_forgotten_from_those_who_are_kept() -> None:
    """Would catch people of an earlier step among those whom a method is to keep."""
    toy = dataclasses.replace(task(), forgotten=(0, 7))
    names = toy.labels.tolist()
    gone = [row for row, who in enumerate(names) if who in (1, 4)]
    kept = [row for row, who in enumerate(names) if who not in (0, 1, 4, 7)]
    assert toy.is_forget.nonzero()[:, 0].tolist() == gone
    assert torch.equal(toy.forget_values, toy.values[gone])
    assert torch.equal(toy.retain_values, toy.values[kept])


@pytest.mark.parametrize("seed", range(8))
def test_auto_rank_is_the_largest_gap_between_its_bounds(seed: int) -> None:
    """Would catch a cut outside half to twice a direction a person, or one off the gap."""
    draw = np.random.default_rng(seed)
    for people in (1, 2, 3, 5):
        for count in (1, people, people + 1, 2 * people, 2 * people + 1, 4 * people):
            spectrum = np.sort(draw.uniform(0.1, 5, count))[::-1].copy()
            ranks = range(-(-people // 2), min(count - 1, 2 * people) + 1)
            expected = max(ranks, key=lambda k: spectrum[k - 1] / spectrum[k], default=count)
            if count <= people:
                expected = count
            assert auto_rank(torch.from_numpy(spectrum), people) == expected
    for rank, dimension, expected in ((1, 8, 1), (8, 8, 4), ("paper", 500, 4), ("paper", 100, 1)):
        assert choose_rank(rank, 1.5, torch.ones(4), 9, dimension) == expected
    for rank in (0, 9):
        with pytest.raises(LetheError, match="outside 1 to 8"):
            choose_rank(rank, 1.5, torch.ones(4), 9, 8)


LEARNING = [("lr", None, 1e-9, 1e6), ("steps", None, 1, 10_000), ("threshold", 0.7, 0, 1)]
PUBLISHED = {
    "esc": [("rank", "auto", 1, None), ("p", 1.5, 0.01, 100)],
    "esc-t": [("loss", "penalised", None, None), *LEARNING],
    "head-only": [],
    "prototype-erase": [],
    "more": [("experts", 4, 1, 64)],
    "deep-unlearning": [("alpha_r", 10, 1, 1e6), ("alpha_f", 300, 1, 1e6)],
    "leace": [("covariance", "shrunk", None, None), ("tolerance", 0.01, 1e-8, 0.5)],
    "stand-in": [("sharpness", None, 1, 64), ("gate", None, 0, 1), ("key", None, 0, 2**31 - 1)],
    "fine-tune": [("steps", 100, 1, 2000), ("lr", 0.05, 1e-6, 1)],
    "negative-gradient": [
        *(("steps", 100, 1, 2000), ("lr", 0.05, 1e-6, 1), ("weight", 0.5, 0, 10)),
    ],
    "random-label": [("steps", 150, 1, 2000), ("lr", 0.12, 1e-6, 1)],
    "salun": [("steps", 150, 1, 2000), ("lr", 0.12, 1e-6, 1), ("share", 0.5, 0.01, 1)],
}


def test_methods_stand_for_what_was_published_under_their_names() -> None:
    """Would catch a default or a bound changed under the published figures: `docs/results-*.md`
    were made with these, and a saved report says no more than the options that differ."""
    assert {
        name: [(one.name, one.default, one.minimum, one.maximum) for one in method.options]
        for name, method in METHODS.items()
    } == PUBLISHED
    trains = {name for name, method in METHODS.items() if "model" in method.needs}
    assert trains == {"fine-tune", "negative-gradient", "random-label", "salun"}
    choices = {one.name: one.choices for m in METHODS.values() for one in m.options if one.choices}
    assert choices == {"loss": ("penalised", "ce"), "covariance": ("shrunk", "plain")}
