"""The fast probe is the converged logistic regression it claims to be."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from engine.erasure.spectrum import factor
from engine.errors import Cancelled, LetheError
from engine.features import extract
from engine.probes import linear as linear_probe
from engine.probes.linear import fit_linear
from engine.probes.paper import fit_paper
from engine.progress import Progress
from tests.engine.toy import cluster


def halves(**world: object) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train features and labels, test features and labels of a toy world."""
    x, y = cluster(**world)  # type: ignore[arg-type]
    train = torch.arange(len(x)) % 10 < 7
    return x[train], y[train], x[~train], y[~train]


def erased(x: Tensor, y: Tensor, people: tuple[int, ...], *others: Tensor) -> list[Tensor]:
    """x and the others without the leading directions of `people`: the harder problem."""
    u = factor(x[torch.isin(y, torch.tensor(people))])[0][:, : len(people)].float()
    return [one - (one @ u) @ u.T for one in (x, *others)]


def plain(x: Tensor, y: Tensor, asked: Tensor, l2: float = 1.0) -> np.ndarray:
    """Probabilities by scikit-learn, run until nothing moves."""
    scaler = StandardScaler().fit(x.double().numpy())
    model = LogisticRegression(C=1 / l2, tol=1e-9, max_iter=20_000)
    model.fit(scaler.transform(x.double().numpy()), y.numpy())
    return model.predict_proba(scaler.transform(asked.double().numpy()))


@pytest.mark.parametrize("l2", [0.3, 1.0, 10.0])
@pytest.mark.parametrize("erase", [(), (1, 4, 5)])
def test_optimum_is_scikit_learns(l2: float, erase: tuple[int, ...]) -> None:
    """Catches another objective: a penalised bias, a mean for a sum, another scaling."""
    x, y, asked, _ = halves(photos=20, spread=1.2)
    if erase:
        x, asked = erased(x, y, erase, asked)
    probe = fit_linear(x.double(), y, 12, l2=l2, tolerance=1e-7)
    assert probe.gradient <= 1e-7
    ours = torch.softmax(probe.logits(asked.double()), 1).numpy()
    assert np.abs(ours - plain(x, y, asked, l2)).max() < 1e-4


@pytest.mark.parametrize("erase", [(), (0, 3, 7, 9, 20)])
def test_default_tolerance_has_the_same_accuracy(erase: tuple[int, ...]) -> None:
    """Catches a default that stops before the probe has found what there is."""
    x, y, asked, truth = halves(people=40, photos=30, spread=1.6, dimension=96)
    if erase:
        x, asked = erased(x, y, erase, asked)
    accuracy = float((fit_linear(x, y, 40).predict(asked) == truth).float().mean())
    assert abs(accuracy - float((plain(x, y, asked).argmax(1) == truth.numpy()).mean())) <= 0.01


def test_real_faces(shared_faces: object, edgeface: object) -> None:
    """Catches what only real embeddings have: uneven classes and a rank below the dimension."""
    from engine.backbones import load_backbone
    from engine.sources import open_gallery

    gallery = open_gallery(str(shared_faces / "lfw_dev"), aligned=True)  # type: ignore[operator]
    features = extract(gallery, load_backbone(str(edgeface)))
    x, y, train = features.values, features.labels, features.train
    keep = y < 30  # enough to tell, and seconds less of scikit-learn
    (x,) = erased(x, y, (0, 5, 11))
    fit_on, ask = keep & train, keep & ~train
    probe = fit_linear(x[fit_on], y[fit_on], 30)
    right = float((probe.predict(x[ask]) == y[ask]).float().mean())
    reference = plain(x[fit_on], y[fit_on], x[ask]).argmax(1) == y[ask].numpy()
    assert abs(right - float(reference.mean())) <= 0.01
    assert right > 0.8


def test_gradient_is_a_gradient() -> None:
    """Catches a stopping rule that certifies something else than the objective's slope."""
    x, y, *_ = halves(spread=1.3)
    probe = fit_linear(x.double(), y, 12, tolerance=0.05)
    scaled = (x.double() - probe.mean) / probe.scale
    w, b = probe.weight.clone().requires_grad_(), probe.bias.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(scaled @ w.T + b, y, reduction="sum")
    (loss + w.square().sum() / 2).backward()
    slope = torch.sqrt(w.grad.square().sum() + b.grad.square().sum()) / w.detach().norm()
    assert float(slope) == pytest.approx(probe.gradient, rel=1e-6)
    assert probe.gradient <= 0.05


def test_warm_start_ends_at_the_same_optimum() -> None:
    """Catches a start that is carried over wrongly, or that decides the answer."""
    x, y, asked, _ = halves(photos=20, spread=1.2)
    other = fit_linear(x * 3 + 1, y, 12)
    small, small_asked = (one.double() for one in erased(x, y, (2,), asked))
    cold = fit_linear(small, y, 12, tolerance=1e-6)
    warm = fit_linear(small, y, 12, tolerance=1e-6, start=other)
    assert torch.allclose(
        cold.logits(small_asked).softmax(1), warm.logits(small_asked).softmax(1), atol=1e-4
    )
    again = fit_linear(x * 3 + 1, y, 12, start=other)
    assert again.steps == 0


def test_streamed_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a block that is left out, or standardised by its own mean."""
    x, y, asked, _ = halves(spread=1.2)
    whole = fit_linear(x.double(), y, 12, tolerance=1e-7).logits(asked.double())
    monkeypatch.setattr(linear_probe, "BLOCK", 49 * 10)
    parts = fit_linear(x.double(), y, 12, tolerance=1e-7).logits(asked.double())
    assert torch.allclose(whole.softmax(1), parts.softmax(1), atol=1e-5)


def test_scale_and_shift_of_a_column_change_nothing() -> None:
    """Catches features that are not standardised."""
    x, y, asked, _ = halves(spread=1.2)
    scale, shift = torch.linspace(0.01, 100, 48), torch.linspace(-5, 5, 48)
    one = fit_linear(x.double(), y, 12, tolerance=1e-6).predict(asked)
    two = fit_linear((x * scale + shift).double(), y, 12, tolerance=1e-6)
    assert torch.equal(one, two.predict((asked * scale + shift).double()))


def test_constant_columns_and_zero_rows() -> None:
    """Catches a division by a zero deviation, which erased or dead columns have."""
    x, y, asked, truth = halves()
    x, asked = x.clone(), asked.clone()
    asked[:, 3] = 0.25
    x[:, 7], asked[:, 7] = 0, 0
    x[y == 2] = 0
    x[:, 3] = 0.25
    probe = fit_linear(x, y, 12)
    assert bool(torch.isfinite(probe.logits(asked)).all())
    assert float(probe.scale[3]) == 1
    others = truth != 2
    assert float((probe.predict(asked)[others] == truth[others]).float().mean()) > 0.9


def test_class_without_photos_is_never_answered() -> None:
    """Catches NaN from an empty class mean, and a bias that drifts for ever."""
    x, y, asked, _ = halves()
    keep = y != 5
    probe = fit_linear(x[keep], y[keep], 14, tolerance=1e-3)
    assert not set(probe.predict(asked).tolist()) & {5, 12, 13}
    probabilities = probe.logits(asked).softmax(1)
    assert bool(torch.isfinite(probabilities).all())
    assert float(probabilities[:, [5, 12, 13]].max()) == 0
    again = fit_linear(x, y, 14, start=probe)
    assert bool((again.logits(asked)[:, :12] > -torch.inf).all())


def test_fewer_photos_than_dimensions_and_one_class() -> None:
    """Catches an inverse of a singular matrix."""
    x, y = cluster(people=3, photos=4, dimension=128)
    assert torch.equal(fit_linear(x, y, 3).predict(x), y)
    assert set(fit_linear(x[:4], y[:4], 3).predict(x).tolist()) == {0}


def test_inputs_stay_as_they_are_and_runs_repeat() -> None:
    """Catches in-place standardisation of cached features, and hidden randomness."""
    x, y, *_ = halves()
    copy = x.clone()
    one, two = fit_linear(x, y, 12), fit_linear(x, y, 12)
    assert torch.equal(x, copy)
    assert torch.equal(one.weight, two.weight)


@pytest.mark.parametrize("size", [0.3, 3.0, 300.0])
def test_the_scaled_means_end_at_the_best_scales(
    monkeypatch: pytest.MonkeyPatch, size: float
) -> None:
    """Catches a slope or a curvature that is wrong: given the time, nothing is left to descend."""
    monkeypatch.setattr(linear_probe, "NEWTON", 200)
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(40) % 5
    logits = torch.randn(40, 5, generator=generator).double()
    logits[torch.arange(40), y] += 1
    logits, cost = size * logits, size**2 * torch.linspace(0.5, 4, 5).double()

    def objective(s: Tensor, b: Tensor) -> Tensor:
        loss = torch.nn.functional.cross_entropy(logits * s + b, y, reduction="sum")
        return loss + (cost * s.square()).sum() / 2

    s, b = linear_probe._prototype_scales(logits, y, cost)
    s.requires_grad_()
    b.requires_grad_()
    objective(s, b).backward()
    assert float(s.grad.norm()) < 1e-5 * size
    assert float(b.grad.norm()) < 1e-5
    zero = torch.zeros(5).double()
    assert float(objective(s, b).detach()) < float(objective(zero, zero))


def test_means_that_point_away_from_their_photos_start_at_nothing() -> None:
    """Catches a negative scale: where a photo's own logit is not positive, no scale helps."""
    logits = -torch.eye(3, dtype=torch.float64).repeat(4, 1)
    s, b = linear_probe._prototype_scales(logits, torch.arange(12) % 3, torch.ones(3).double())
    assert not s.any()
    assert not b.any()


@pytest.mark.parametrize("pairs", [1, linear_probe.MEMORY, 3 * linear_probe.MEMORY + 2])
def test_a_direction_is_the_two_loop_recursions(pairs: int) -> None:
    """Catches a compact form that is not L-BFGS (Nocedal and Wright, algorithm 7.4), a pair that
    is kept for too long, and one of no curvature that is kept at all."""
    generator = torch.Generator().manual_seed(1)
    root = torch.randn(20, 20, generator=generator).double()
    hessian = root @ root.T + torch.eye(20)
    past = torch.zeros(2 * linear_probe.MEMORY, 20).double()
    inner = np.zeros((len(past), len(past)))
    order: list[int] = []
    steps = torch.randn(pairs, 20, generator=generator).double()
    for step in steps:
        linear_probe._remember(past, inner, order, step, hessian @ step)
        linear_probe._remember(past, inner, order, step, -step)
    gradient = torch.randn(20, generator=generator).double()
    q, kept = gradient.clone(), []
    for s in steps[-linear_probe.MEMORY :].flip(0):
        y = hessian @ s
        a = (s @ q) / (s @ y)
        q -= a * y
        kept.append((a, s, y))
    _, s, y = kept[0]
    r = q * (s @ y) / (y @ y)
    for a, s, y in reversed(kept):
        r += s * (a - (y @ r) / (s @ y))
    found = linear_probe._direction(gradient, past, inner, order, l2=2.0)
    torch.testing.assert_close(found, -r, rtol=1e-8, atol=1e-10)
    first = linear_probe._direction(gradient, past, inner, [], l2=2.0)
    torch.testing.assert_close(first, -linear_probe.FIRST / 2 * gradient)


def test_a_direction_that_does_not_descend_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a search that climbs for ever, or ends far from the optimum, where rounding has
    spoilt what was remembered."""
    x, y, asked, _ = halves(spread=1.2)
    whole = fit_linear(x.double(), y, 12, tolerance=1e-3)
    real, spoilt = linear_probe._direction, []

    def direction(gradient: Tensor, past: Tensor, inner: object, order: list, l2: float) -> Tensor:
        if len(order) > 3:
            spoilt.append(len(order))
            return gradient
        return real(gradient, past, inner, order, l2)

    monkeypatch.setattr(linear_probe, "_direction", direction)
    probe = fit_linear(x.double(), y, 12, tolerance=1e-3)
    assert spoilt
    assert set(spoilt) == {4}  # forgotten each time
    assert probe.gradient <= 1e-3
    assert torch.allclose(whole.logits(asked).softmax(1), probe.logits(asked).softmax(1), atol=1e-3)


def test_it_can_be_stopped() -> None:
    """Catches a fit that does not report while it runs."""
    x, y, *_ = halves(spread=2.0)

    def stop(progress: Progress) -> None:
        if progress.done >= 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit_linear(x, y, 12, tolerance=1e-9, watch=stop)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)),
        (torch.zeros(3, 4), torch.tensor([0, 1])),
        (torch.zeros(2, 4), torch.tensor([0, 9])),
        (torch.full((2, 4), torch.nan), torch.tensor([0, 1])),
    ],
)
def test_nothing_to_fit_is_said(x: Tensor, y: Tensor) -> None:
    """Catches a traceback from inside where a person should read a sentence."""
    with pytest.raises(LetheError):
        fit_linear(x, y, 2)


def test_papers_recipe_is_the_papers() -> None:
    """Catches a recipe that was 'improved': by autograd and torch's SGD it is the same head."""
    x, y, *_ = halves()
    probe = fit_paper(x, y, 12, seed=3)
    generator = torch.Generator().manual_seed(3)
    head = torch.nn.Linear(48, 12)
    torch.nn.init.xavier_normal_(head.weight, generator=generator)
    torch.nn.init.zeros_(head.bias)
    descent = torch.optim.SGD(head.parameters(), lr=1e-3)
    for _ in range(10):
        for rows in torch.randperm(len(x), generator=generator).split(64):
            descent.zero_grad()
            torch.nn.functional.cross_entropy(head(x[rows]), y[rows]).backward()
            descent.step()
    assert torch.allclose(probe.weight, head.weight, atol=1e-6)
    assert torch.allclose(probe.bias, head.bias, atol=1e-6)


def test_papers_recipe_misses_what_the_converged_probe_finds() -> None:
    """Catches the all-clear: on unit-norm embeddings the paper's probe is hardly trained."""
    x, y, asked, truth = halves(people=40, photos=20)
    hardly = float((fit_paper(x, y, 40, seed=1).predict(asked) == truth).float().mean())
    converged = float((fit_linear(x, y, 40).predict(asked) == truth).float().mean())
    assert hardly < 0.5
    assert converged > 0.95
