"""The page takes the options of the command line, and heeds them."""

import subprocess
import sys
from pathlib import Path

import pytest

from demo.serve import parse
from engine.cli.options import backbone_options, machine_options
from engine.service import shelf as module
from engine.service.shelf import Shelf, Spec

ROOT = Path(__file__).parents[2]
WORDS = "--strangers other --names-encoding cp932 --align --device cpu --precision fp32 --seed 3"


def test_the_page_takes_every_option_of_the_command_line() -> None:
    """Would catch an option that `audit` knows and the page refuses, or a default that moved."""
    plain = parse([])
    assert (plain.faces, plain.backbone, plain.seed) == ("synthetic", "mini", 0)
    assert plain.aligned is None
    assert (plain.host, plain.port, plain.open) == ("127.0.0.1", 7860, False)
    given = parse([*WORDS.split(), "--no-cache", "--backbone-option", "channel_order=bgr"])
    assert given.no_cache
    assert given.aligned is False
    assert backbone_options(given) == {"channel_order": "bgr"}
    assert machine_options(given) == {"device": "cpu", "precision": "fp32"}


def test_options_reach_the_workspace_that_they_are_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a BGR model read as RGB on the page, or its options given to another model."""
    asked: list[dict] = []

    def note(faces: str, backbone: str, **how: object) -> object:
        asked.append({"faces": faces, "backbone": backbone, **how})
        return object()

    monkeypatch.setattr(module, "open_workspace", note)
    shelf = Shelf(
        Spec("mine", "model.onnx"),
        strangers="other",
        encoding="cp932",
        backbone_options={"channel_order": "bgr"},
        machine={"device": "cpu"},
        seed=3,
    )
    shelf.open()
    shelf.open(Spec("synthetic", "mini"))
    mine, shipped = asked
    assert mine["backbone_options"] == {"device": "cpu", "channel_order": "bgr"}
    assert (mine["strangers"], mine["encoding"], mine["seed"]) == ("other", "cp932", 3)
    assert shipped["backbone_options"] == {"device": "cpu"}
    assert shipped["seed"] == 3
    assert not shipped.keys() & {"strangers", "encoding"}


def test_help_answers_without_the_heavy_libraries() -> None:
    """Would catch an option parser that imports torch or Gradio before it says a word."""
    code = (
        "import sys; from demo import serve; serve.parse([]); "
        "sys.exit(bool({'torch', 'gradio', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
