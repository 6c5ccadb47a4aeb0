"""The benchmarks run and report what they ran. How fast they are is no matter for a test."""

import json
import platform
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import baselines, scaling, start, tables
from benchmarks.__main__ import main
from benchmarks.timing import Comparison
from engine.probes.linear import fit_linear
from tests.engine.onnx_toy import toy
from tests.engine.photos import image
from tests.engine.toy import cluster


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a quick run on toy people and a toy model leaves."""
    root = tmp_path_factory.mktemp("bench")
    for person in range(5):
        folder = root / "people" / f"Person_{person}"
        folder.mkdir(parents=True)
        for photo in range(6):
            image(10 * person + photo).save(folder / f"{photo}.png")
    model = root / "toy.onnx"
    model.write_bytes(toy(np.random.default_rng(0).normal(size=(3, 8))))
    out = root / "out"
    given = ["--quick", "--faces", str(root / "people"), "--backbone", str(model), "--aligned"]
    assert main([*given, "--people", "2", "--only", "erase,probe,curve", "--out", str(out)]) == 0
    return out


def test_quick_run_reports_every_comparison(report: Path) -> None:
    """Catches a case that no longer runs, or a number that is not in the JSON."""
    document = json.loads((report / "benchmarks.json").read_text())
    names = [row["name"] for row in document["comparisons"]]
    assert {"ESC, click to new features", "ESC-T, click to new features"} <= set(names)
    assert any(name.startswith("KR before") for name in names)
    assert any(name.startswith("Forgetting curve") for name in names)
    text = (report / "benchmarks.md").read_text()
    for row in document["comparisons"]:
        assert row["ratio"] == pytest.approx(row["baseline_seconds"][0] / row["our_seconds"][0])
        assert row["name"] in text


def test_report_does_not_say_where(report: Path) -> None:
    """Catches a host name or a folder of whoever ran it in a published table."""
    for file in report.iterdir():
        text = file.read_text()
        assert str(report.parent) not in text
        assert str(Path.home()) not in text
        if platform.node() not in ("", "localhost"):
            assert platform.node() not in text


def test_published_esc_is_what_ours_computes(report: Path) -> None:
    """Catches a baseline that is slow because it does something else."""
    document = json.loads((report / "benchmarks.json").read_text())
    (row,) = (one for one in document["comparisons"] if one["name"].startswith("ESC,"))
    assert row["figures"]["largest difference of a feature"] < 1e-4


def test_reference_probe_and_its_gradient() -> None:
    """Catches a baseline called converged that is not, or is measured by another yardstick."""
    x, y = cluster(photos=20, spread=1.2)
    loose, tight = (baselines.Reference(x, y, tolerance) for tolerance in (1e-2, 1e-8))
    assert tight.gradient(x, y) < 1e-3 < loose.gradient(x, y)
    ours = fit_linear(x.double(), y, 12, tolerance=1e-6)
    assert tight.accuracy(x, y) == float((ours.predict(x) == y).double().mean())


@pytest.mark.parametrize("operation", scaling.OPERATIONS)
def test_growth_is_measured(operation: str) -> None:
    """Catches an operation of the growth table that no longer runs."""
    row = scaling.run(operation, 1_500)
    assert row.seconds > 0
    assert row.data_mb == pytest.approx(1_500 * 512 * 4 / 2**20)


def test_exponent_is_the_slope() -> None:
    """Catches an exponent of the wrong base, or one that the smallest size bends."""
    rows = [scaling.Growth("fit", n, (n / 1e4) ** 1.5, 1, 1) for n in (10_000, 100_000)]
    rows.append(scaling.Growth("fit", 1_000, 5.0, 1, 1))
    assert scaling.exponents(rows) == {"fit": pytest.approx(1.5)}


def test_missed_target_is_said() -> None:
    """Catches a table that hides what was promised and not reached."""
    row = Comparison("a", "slow", "quick", (1.0, 3.0, 2.0), (1.0, 1.0, 1.0), target=5)
    assert row.ratio == 2
    assert row.reached is False
    assert "5 (missed)" in tables.markdown({}, "", [row], [], "cmd", [])


def test_a_start_that_does_not_serve_is_no_figure() -> None:
    """Catches a time that was taken of a page that never came."""
    with pytest.raises(RuntimeError, match="ended at once"):
        start.measure(["--faces", "no such folder"], repeats=1)


def test_start_is_reported_with_its_target() -> None:
    """Catches a mean called a median, or imports that are not told apart."""
    text = tables.markdown({}, "", [], [], "cmd", [], start=start.Start((2.0, 9.0, 2.5), (1.5,)))
    assert "median 2.50 s (target 3), 3 starts" in text
    assert "1.50 s" in text


def test_world_of_the_growth_table_is_unit_norm() -> None:
    """Catches blocks that are left out of the made-up embeddings."""
    values, labels, train = scaling.world(2_000)
    assert torch.allclose(values.norm(dim=1), torch.ones(2_000), atol=1e-5)
    assert len(labels.unique()) == scaling.PEOPLE
    assert 0.6 < float(train.float().mean()) < 0.8


@pytest.mark.parametrize("package", ["benchmarks", "tools"])
def test_every_module_beside_the_engine_can_be_imported(package: str) -> None:
    """Would catch a benchmark or a tool that a change of the engine left behind."""
    root = Path(__file__).parents[1]
    for path in sorted((root / package).rglob("*.py")):
        if path.name != "__main__.py":
            import_module(".".join(path.relative_to(root).with_suffix("").parts))
