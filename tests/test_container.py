"""The Dockerfile as far as it can be read without an engine; `.ci/run` does its steps."""

from pathlib import Path

import pytest

from tools.container import read

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def steps() -> object:
    """The repository's own Dockerfile, read."""
    return read((ROOT / "Dockerfile").read_text("utf-8"))


def test_it_runs_as_nobody_special_and_writes_to_tmp_alone(steps: object) -> None:
    """Catches a container that runs as root, or that needs a root which can be written to."""
    assert steps.user == "lethe"
    for name in ("HOME", "LETHE_CACHE", "NUMBA_CACHE_DIR"):
        assert steps.environment[name].startswith("/tmp")
    assert steps.environment["GRADIO_SERVER_NAME"] == "0.0.0.0"


def test_all_that_it_copies_is_here_and_not_left_out(steps: object) -> None:
    """Catches a file that the build looks for in vain, here or behind .dockerignore."""
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = [words.split()[:-1] for order, words, _ in steps.orders if order == "COPY"]
    names = {name.rstrip("/") for words in copied for name in words}
    assert names == let_in
    assert all((ROOT / name).exists() for name in names)


def test_torch_comes_for_the_cpu_unless_asked(steps: object) -> None:
    """Catches an image of gigabytes that nobody asked for, and one that cannot be had with CUDA."""
    assert steps.arguments == {"TORCH_INDEX": "https://download.pytorch.org/whl/cpu"}
    pinned = [words for order, words, _ in steps.orders if "TORCH_INDEX" in words]
    assert len(pinned) == 1
    assert steps.command == ["/opt/lethe/bin/python", "app.py"]
    assert "/health" in steps.health[-1]


def test_an_unknown_instruction_is_not_passed_over() -> None:
    """Catches a trial that leaves out what it does not know."""
    with pytest.raises(ValueError, match="ADD"):
        read("FROM debian:bookworm-slim\nADD x y\n")
