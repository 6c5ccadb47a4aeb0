"""The page takes the options of the command line, and heeds them."""

import subprocess
import sys
from pathlib import Path

import pytest

from demo.actions import Actions
from demo.atlases import Atlases
from demo.serve import parse
from demo.session import CAPACITY, Sessions
from engine.cli.options import backbone_options, machine_options
from engine.errors import LetheError
from engine.service import shelf as module
from engine.service.own import Limits
from engine.service.shelf import Shelf, Spec
from tests.demo.world import workspace

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


def test_limits_are_options_that_reach_the_visitor() -> None:
    """Would catch a limit that can be given and is not kept, or one that lets everything in."""
    given = parse(["--max-files", "3", "--max-megabytes", "2", "--max-sessions", "5"])
    assert (given.max_files, given.max_megabytes, given.max_sessions) == (3, 2, 5)
    assert (given.max_people, given.max_photos) == (Limits().people, Limits().photos_each)
    plain = parse([])
    assert plain.max_files == Limits().files
    assert plain.max_megabytes == Limits().megabytes
    assert plain.max_sessions == CAPACITY
    with pytest.raises(SystemExit):
        parse(["--max-people", "0"])
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    actions = Actions(shelf, Atlases(), Sessions(), Limits(files=1))
    actions.session("a").inbox.add("a", b"x")
    with pytest.raises(LetheError, match="1 file"):
        actions.session("a").inbox.add("b", b"x")
    actions.session("b").inbox.add("b", b"x")


def test_a_start_waits_for_no_library_that_comes_later() -> None:
    """Would catch a second of imports before the page is served, for what is needed after."""
    code = (
        "import sys; from demo import launch; "
        "late = {'sklearn', 'umap', 'onnxruntime', 'facenet_pytorch', 'scipy.stats'}; "
        "sys.exit(', '.join(late & sys.modules.keys()) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_help_answers_without_the_heavy_libraries() -> None:
    """Would catch an option parser that imports torch or Gradio before it says a word."""
    code = (
        "import sys; from demo import serve; serve.parse([]); "
        "sys.exit(bool({'torch', 'gradio', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
