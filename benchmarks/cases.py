"""The comparisons (a) to (e)."""

from collections.abc import Collection, Iterator

import numpy as np
import torch

from benchmarks import baselines
from benchmarks.timing import Comparison, side_by_side
from engine.erasure.factor import factor_people
from engine.features import embed_all
from engine.live.curve import curve_ranks, forgetting_curve
from engine.maps import Atlas
from engine.probes.linear import fit_linear
from engine.workspace import State, Workspace, start

CASES = ("erase", "probe", "extract", "map", "curve", "growth", "slider", "start", "paint")

PROBE_TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7)
"""scikit-learn's `tol`, default first: the baseline is the first one as converged as ours."""


def compare_all(
    space: Workspace, people: int, repeats: int, quick: bool, only: Collection[str]
) -> Iterator[Comparison]:
    """The comparisons named in `only` (of `CASES`), forgetting the first `people` people."""
    forget = tuple(range(min(people, len(space.features.identities) - 1)))
    if "erase" in only:
        yield from erasing(space, forget, repeats)
    if "probe" in only:
        yield from knowledge(space, forget, repeats)
    if "extract" in only:
        yield from extraction(8 if quick else 64, repeats)
    if "map" in only:
        yield from maps(space, forget, repeats)
    if "curve" in only:
        yield curve(space, forget, repeats)


def erasing(space: Workspace, forget: tuple[int, ...], repeats: int) -> Iterator[Comparison]:
    """(a) and (b): from the click to the new features of the whole gallery."""
    features = space.features
    assert features.faces is not None
    faces = features.faces()
    mask = (features.train & torch.isin(features.labels, torch.tensor(forget))).numpy()
    rows = np.flatnonzero(mask)

    def erase(method: str) -> State:
        return start(space).forget(forget, method)

    rank = erase("esc").steps[-1].eraser.rank
    times = side_by_side(
        lambda: baselines.esc_as_published(space.backbone, faces, rows, rank),
        lambda: erase("esc"),
        repeats,
    )
    gap = (
        baselines.esc_as_published(space.backbone, faces, rows, rank) - erase("esc").values
    ).abs()
    yield Comparison(
        "ESC, click to new features",
        "as published: backbone again, full SVD",
        "cached features, thin factor",
        *times,
        target=50,
        figures={"rank": rank, "largest difference of a feature": float(gap.max())},
    )
    trained = erase("esc-t").steps[-1].eraser.parameters
    times = side_by_side(
        lambda: baselines.esc_t_as_published(
            space.backbone,
            faces,
            rows,
            features.labels[rows],
            space.head,
            lr=trained["lr"],
            epochs=trained["steps"],
            threshold=trained["threshold"],
        ),
        lambda: erase("esc-t"),
        repeats,
    )
    yield Comparison(
        "ESC-T, click to new features",
        "as published: backbone in every epoch",
        "cached features",
        *times,
        target=100,
        figures={"epochs": trained["epochs_run"], "entries cut": trained["entries_cut"]},
    )


def knowledge(space: Workspace, forget: tuple[int, ...], repeats: int) -> Iterator[Comparison]:
    """(c): KR before and after the deletion, by probes that are equally converged."""
    y, train = space.features.labels, space.features.train
    classes = len(space.features.identities)
    after = start(space).forget(forget).values
    for name, x in (("before", space.features.values), ("after ESC", after)):
        ours = fit_linear(x[train], y[train], classes)
        for tolerance in PROBE_TOLERANCES:
            theirs = baselines.Reference(x[train], y[train], tolerance)
            gradient = theirs.gradient(x[train], y[train])
            as_converged = gradient <= max(ours.gradient, 1e-12)
            if tolerance != PROBE_TOLERANCES[0] and not as_converged:
                continue
            times = side_by_side(
                lambda x=x, tolerance=tolerance: baselines.Reference(x[train], y[train], tolerance),
                lambda x=x: fit_linear(x[train], y[train], classes),
                repeats,
            )
            right = float((ours.predict(x[~train]) == y[~train]).float().mean())
            yield Comparison(
                f"KR {name}",
                f"scikit-learn, tol {tolerance:g}"
                + (" (converged)" if as_converged else " (its default, not converged)"),
                "Lethe's converged probe",
                *times,
                target=10 if as_converged else None,
                figures={
                    "test accuracy": right,
                    "scikit-learn's": theirs.accuracy(x[~train], y[~train]),
                    "gradient": ours.gradient,
                    "scikit-learn's gradient": gradient,
                },
            )
            if as_converged:
                break


def extraction(count: int, repeats: int) -> Iterator[Comparison]:
    """(d): InceptionResnetV1 on 160 x 160 faces; speed does not depend on the weights."""
    from facenet_pytorch import InceptionResnetV1

    from engine.backbones.facenet import FaceNetBackbone
    from engine.machine import cpu_has_bf16

    plain = InceptionResnetV1(pretrained=None).eval()
    state = {key: value for key, value in plain.state_dict().items() if "logits" not in key}
    faces = np.random.default_rng(0).integers(0, 256, (count, 160, 160, 3), dtype=np.uint8)
    theirs = torch.nn.functional.normalize(baselines.facenet_loop(plain, faces, 32), dim=1)
    for precision, target in (("fp32", 1.7), ("bf16", 3.0)):
        if precision == "bf16" and not cpu_has_bf16():
            continue
        ours = FaceNetBackbone("facenet", state, device="cpu", precision=precision)
        cosine = (embed_all(faces, ours) * theirs).sum(1)
        for batch, loop in ((1, "a face at a time"), (32, "in batches of 32")):
            times = side_by_side(
                lambda batch=batch: baselines.facenet_loop(plain, faces, batch),
                lambda ours=ours: embed_all(faces, ours),
                repeats,
            )
            yield Comparison(
                f"InceptionResnetV1 extraction, {precision}",
                f"facenet-pytorch's plain fp32 loop, {loop}",
                f"batches, BatchNorm folded, channels_last, {precision}",
                *times,
                # The loop of its quick start; the batched one shows what is left without batches.
                target=target if batch == 1 else None,
                figures={
                    "images/s": count / float(np.median(times[1])),
                    "images/s before": count / float(np.median(times[0])),
                    "lowest cosine between the two": float(cosine.min()),
                },
            )


def maps(space: Workspace, forget: tuple[int, ...], repeats: int) -> Iterator[Comparison]:
    """(e): the map before and the map after."""
    before, after = space.features.values, start(space).forget(forget).values
    unit = torch.nn.functional.normalize(after, dim=1)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        atlas = Atlas(before)
        return atlas.before, atlas.after(after)

    def theirs() -> tuple[np.ndarray, np.ndarray]:
        return baselines.umap_apart(before.numpy(), unit.numpy())

    kept = ~torch.isin(space.features.labels, torch.tensor(forget)).numpy()
    times = side_by_side(theirs, ours, repeats)
    yield Comparison(
        "Maps before and after",
        "umap-learn's defaults, fitted apart",
        "umap-learn on exact neighbours, the rest held",
        *times,
        target=8,
        figures={
            "median move of the rest / diameter": _moved(*ours(), kept),
            "umap-learn's": _moved(*theirs(), kept),
        },
    )


def curve(space: Workspace, forget: tuple[int, ...], repeats: int) -> Comparison:
    """The forgetting curve at 32 ranks: closed form and downdates, against a fit per rank."""
    features = space.features
    train, y, classes = features.train, features.labels, len(features.identities)

    def ours() -> list:
        factor = factor_people(features.values[train], y[train], forget)
        return list(forgetting_curve(features.values, y, train, classes, factor))

    ranks = curve_ranks(factor_people(features.values[train], y[train], forget))

    def theirs() -> list:
        factor = factor_people(features.values[train], y[train], forget)
        out = []
        for rank in ranks:
            x = factor.eraser(rank)(features.values)
            out.append(float((fit_linear(x[train], y[train], classes).predict(x) == y).sum()))
        return out

    points = ours()
    times = side_by_side(theirs, ours, 1)  # minutes of fitting for one figure without a target
    return Comparison(
        f"Forgetting curve, {len(points)} ranks",
        "a converged probe per rank, no retrieval",
        "closed-form probe and mAP, downdated",
        *times,
        figures={"seconds for the whole curve": float(np.median(times[1]))},
    )


def _moved(before: np.ndarray, after: np.ndarray, rows: np.ndarray) -> float:
    """Median way of the rows as a share of the map's diameter."""
    diameter = float(np.linalg.norm(before.max(0) - before.min(0)))
    return float(np.median(np.linalg.norm(after[rows] - before[rows], axis=1))) / diameter
