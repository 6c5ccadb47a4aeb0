"""What is taken away: models with erasers at their end alone give the engine's embeddings."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from safetensors import safe_open
from safetensors.torch import load as load_tensors
from torch import Tensor
from torch.nn.functional import normalize

from engine import erasure
from engine.__main__ import main
from engine.assets import ASSETS
from engine.backbones import load_backbone
from engine.backbones.dlib import DlibNet
from engine.backbones.network import to_input
from engine.backbones.onnx import OnnxBackbone, load
from engine.backbones.onnx_file import read_model
from engine.erasure.base import Eraser
from engine.erasure.stand_in import StandInEraser
from engine.errors import LetheError
from engine.export.embeddings import as_npz
from engine.export.erased import erased_onnx
from engine.export.files import eraser_paths, side_paths, write_erasers, write_model
from engine.export.folding import erased_weights, linear_and_norm
from engine.export.like import like
from engine.export.onnx import check_methods, check_model, extended
from engine.export.operators import WRITERS, Writer
from engine.features import embed_all
from engine.fitted_head import fit_head
from engine.opening import open_workspace
from engine.report.evidence import Evidence, Wanted, measure
from engine.report.origin import inputs
from engine.report.whole import whole
from engine.service.service import Service
from engine.service.visit import Visit
from engine.workspace import State, see, start
from tests.demo.world import PHOTOS, workspace
from tests.engine.onnx_toy import FLOAT16, toy
from tests.engine.toy import cluster, task

APPENDABLE = [name for name, one in erasure.METHODS.items() if {*one.erasers} <= WRITERS.keys()]
TASK = task()
MINI = ASSETS / "mini.safetensors"


@pytest.fixture(scope="module")
def fitted() -> Callable[[str], Eraser]:
    """Every method fitted once on the toy world, where some people are kept out of reach."""
    made: dict[str, Eraser] = {}

    def of(name: str) -> Eraser:
        if name not in made:
            made[name] = erasure.fit(name, TASK, {})[0]
        return made[name]

    return of


def alone(data: bytes, x: np.ndarray) -> Tensor:
    """What onnxruntime, and nothing of ours, makes of an input."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert len(session.get_outputs()) == 1
    assert len(session.get_inputs()) == 1
    return torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x})[0])


def graph_of(eraser: Eraser, opset: int, d: int) -> bytes:
    """The eraser's operators as a model of embeddings `x` [n, d], in an operator set."""
    writer = Writer(opset, {"x"})
    out = WRITERS[type(eraser)](eraser, "x", writer)
    infos = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", d]) for name in ("x", out)
    ]
    graph = helper.make_graph(writer.nodes, "eraser", infos[:1], infos[1:])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


@pytest.mark.parametrize("opset", [9, 13, 18])
@pytest.mark.parametrize("name", APPENDABLE)
def test_operators_do_what_the_eraser_does(
    name: str, opset: int, fitted: Callable[[str], Eraser]
) -> None:
    """Would catch a factor turned round, a gate that lets everybody pass, a wrong axis."""
    eraser = fitted(name)
    expected = eraser(TASK.values)
    assert not torch.allclose(expected[TASK.is_forget], TASK.forget_values, atol=0.01)
    found = alone(graph_of(eraser, opset, TASK.values.shape[1]), TASK.values.numpy())
    assert torch.allclose(found, expected, rtol=0, atol=1e-5)


def test_stand_in_with_rivals_and_groups(fitted: Callable[[str], Eraser]) -> None:
    """Would catch rivals or the pull left out, which a small world has none of."""
    eraser = fitted("stand-in")
    generator = torch.Generator().manual_seed(1)
    d = TASK.values.shape[1]
    centres = torch.nn.functional.normalize(torch.randn(9, d, generator=generator), dim=1)
    rival = TASK.forget_values[:1]
    fuller = replace(eraser, rivals=rival, groups=centres, pull=torch.tensor([20.0, 0.7]))
    assert not torch.allclose(fuller(TASK.values), eraser(TASK.values), atol=0.01)
    found = alone(graph_of(fuller, 13, d), TASK.values.numpy())
    assert torch.allclose(found, fuller(TASK.values), rtol=0, atol=1e-5)


def test_every_method_is_appended_or_refused() -> None:
    """Would catch a method that is silently left out, and one that changes no feature taken in."""
    assert {"esc", "esc-t", "leace", "stand-in"} <= {*APPENDABLE}
    check_methods(APPENDABLE)
    for name in {*erasure.METHODS} - {*APPENDABLE}:
        with pytest.raises(LetheError, match="no function of the embedding"):
            check_methods(["esc", name])


WEIGHT = np.random.default_rng(0).standard_normal((3, 48)).astype(np.float32)
HALF = [helper.make_node("Cast", ["y"], ["half"], to=FLOAT16)]
TURNED = [helper.make_node("Transpose", ["x"], ["faces"], perm=[0, 3, 1, 2])]
TAKEN = [
    helper.make_node("Neg", ["y"], ["lethe_cast_1"]),
    helper.make_node("Neg", ["lethe_cast_1"], ["erased_embedding"]),
]
MODELS: dict[str, bytes] = {
    "plain": toy(WEIGHT),
    "one face at a time": toy(WEIGHT, (1, 3, 32, 32)),
    "channels last": toy(WEIGHT, ("n", 32, 32, 3), first=TURNED),
    "two outputs": toy(WEIGHT, results={"pooled": ("n", 3, 1, 1), "y": ("n", 48)}),
    "names that are taken": toy(WEIGHT, last=TAKEN, results={"erased_embedding": ("n", 48)}),
}


@pytest.mark.parametrize("kind", MODELS)
def test_models_of_many_shapes(kind: str, tmp_path: Path, fitted: Callable[[str], Eraser]) -> None:
    """Would catch another input, a second output left, erasers out of order."""
    path = tmp_path / "model.onnx"
    path.write_bytes(MODELS[kind])
    output = "y" if kind == "two outputs" else None
    backbone = load(str(path), size=32, output=output)
    erasers = [fitted("leace"), fitted("stand-in"), fitted("esc")]
    out = tmp_path / "out.onnx"
    write_model(extended(backbone, read_model(path), erasers), out)
    onnx.checker.check_model(onnx.load(out), full_check=True)
    faces = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    expected = embed_all(faces, backbone)
    for eraser in erasers:
        expected = eraser(expected)
    pixels = backbone.layout.arrange(faces, 127.5, 127.5)
    parts = np.split(pixels, 3) if kind == "one face at a time" else [pixels]
    found = torch.cat([alone(out.read_bytes(), part) for part in parts])
    assert torch.allclose(found, expected, rtol=0, atol=1e-5)
    assert load(str(out), size=32).dimension == 48
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model.onnx", "out.onnx"]


def test_half_precision_and_weights_beside(tmp_path: Path, fitted: Callable[[str], Eraser]) -> None:
    """Would catch erasers that count in halves, and a file that still wants another beside it."""
    model = onnx.load_from_string(toy(WEIGHT, last=HALF, results={"half": ("n", 48)}))
    model.graph.output[0].type.tensor_type.elem_type = FLOAT16
    place = tmp_path / "in"
    place.mkdir()
    path = place / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    backbone = load(str(path), size=32)
    eraser = fitted("esc")
    data = extended(backbone, read_model(path), [eraser])
    faces = np.random.default_rng(2).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    found = alone(data, backbone.layout.arrange(faces, 127.5, 127.5))
    assert found.dtype == torch.float32
    assert torch.allclose(found, eraser(embed_all(faces, backbone)), rtol=0, atol=1e-5)


def test_what_cannot_be_extended(tmp_path: Path, fitted: Callable[[str], Eraser]) -> None:
    """Would catch an old model that opens nowhere afterwards, and a half-written file."""
    model = onnx.load_from_string(toy(WEIGHT))
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", 8))
    path = tmp_path / "old.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(LetheError, match="operator set 8, and erasers need 9"):
        check_model(read_model(path))
    path.write_bytes(b"no model at all")
    with pytest.raises(LetheError, match="cannot be read as ONNX"):
        check_model(read_model(path))
    with pytest.raises(LetheError, match="cannot be written"):
        write_model(b"", tmp_path / "nowhere" / "out.onnx")


def seen_by(backbone: Any) -> State:
    """The start of a small world in as many dimensions as the backbone has.

    To the backbone, all of `faces_for` are the person with the label 2.
    """
    space = workspace()
    values, labels = cluster(8, PHOTOS, backbone.dimension, 0.5)
    own = embed_all(faces_for(backbone, PHOTOS), backbone)
    values[labels == 2] = normalize(own + 0.3 * values[labels == 2], dim=1)
    features = replace(space.features, values=values)
    space = replace(space, backbone=backbone, features=features, head=fit_head(features))
    # With strangers at hand nobody embeds the rendered ones, which takes seconds.
    others = cluster(40, 1, backbone.dimension, 0.5, seed=7)[0]
    return replace(start(space), reference=others)


def faces_for(backbone: Any, count: int = 3) -> np.ndarray:
    side = backbone.size
    return np.random.default_rng(4).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["mini", "dlib"])
def test_our_own_networks_as_onnx(name: str, tmp_path: Path) -> None:
    """Would catch pixels fed otherwise, a gate behind unscaled embeddings, trained weights lost."""
    backbone = load_backbone(name, device="cpu")
    state = seen_by(backbone).forget((1, 4), "leace").forget((2,), "stand-in")
    faces = faces_for(backbone)
    x = ((faces.astype(np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2)
    wanted = see(state, faces, embed_all(faces, backbone))
    stand_in = state.steps[1].eraser
    assert isinstance(stand_in, StandInEraser)
    assert bool(stand_in.replaces(embed_all(faces, backbone)).all())
    assert torch.allclose(alone(erased_onnx(state), x), wanted, rtol=0, atol=1e-5)
    if name == "dlib":
        return
    trained = backbone.retrained(_moved(backbone.module), "moved")  # as training leaves it
    moved = replace(state, model=trained)
    wanted = see(moved, faces, embed_all(faces, backbone))
    assert not torch.allclose(wanted, see(state, faces, embed_all(faces, backbone)), atol=1e-3)
    assert torch.allclose(alone(erased_onnx(moved), x), wanted, rtol=0, atol=1e-5)


def _moved(module: torch.nn.Module) -> Any:
    other = copy.deepcopy(module)
    with torch.no_grad():
        for at, one in enumerate(other.parameters()):
            one.mul_(1 + 0.05 * (at % 3))
    return other


LINEAR = (("esc",), ("prototype-erase",), ("deep-unlearning",), ("esc", "esc-t"))


@pytest.mark.parametrize("methods", LINEAR, ids="+".join)
def test_folded_mini_is_the_erased_mini(methods: tuple[str, ...], tmp_path: Path) -> None:
    """Would catch a fold on the wrong side, in the wrong order or before the batch norm, and
    people who are still in a classifier that comes along."""
    mini = load_backbone("mini", device="cpu")
    state = seen_by(mini)
    for person, method in enumerate(methods):
        state = state.forget((person, person + 4), method)
    path = tmp_path / "erased.safetensors"
    write_model(erased_weights(state), path)
    erased = load_backbone("mini", device="cpu", weights=path)
    faces = faces_for(mini)
    wanted = see(state, faces, embed_all(faces, mini))
    assert (wanted - embed_all(faces, mini)).abs().max() > 1e-3
    assert torch.allclose(embed_all(faces, erased), normalize(wanted, dim=1), rtol=0, atol=1e-5)
    # The length is the network's own, where the engine's comes from length 1.
    length = mini.embed(faces).norm(dim=1, keepdim=True)
    assert torch.allclose(erased.embed(faces), wanted * length, rtol=1e-4, atol=1e-4)
    with safe_open(path, framework="pt") as file, safe_open(MINI, framework="pt") as whole:
        assert {*file.keys()} == {one for one in whole.keys() if one.startswith("net.")}  # noqa: SIM118


@pytest.mark.parametrize("linear", ["dlib", "last_linear"])
def test_other_last_layers(linear: str) -> None:
    """Would catch dlib's plain layer or facenet's batch norm folded as mini's is."""
    generator = torch.Generator().manual_seed(5)
    fold = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    x = torch.randn(9, 4, generator=generator)
    layer, norm = torch.nn.Linear(4, 6, bias=False), torch.nn.BatchNorm1d(6, eps=0.001).eval()
    for one in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        one.data = 0.5 + torch.rand(6, generator=generator)
    state = {f"last_linear.{k}": v for k, v in layer.state_dict().items()}
    state |= {f"last_bn.{k}": v for k, v in norm.state_dict().items()}
    with torch.no_grad():
        if linear == "dlib":
            backbone = load_backbone("dlib", device="cpu")
            faces = faces_for(backbone, 2)
            state = seen_by(backbone).forget((2,), "esc")
            plain = DlibNet()  # the architecture alone, with nothing of the eraser's
            plain.load_state_dict(
                {
                    name.removeprefix("net."): one
                    for name, one in load_tensors(erased_weights(state)).items()
                }
            )
            found = normalize(plain.eval()(to_input(faces)), dim=1)
            wanted = see(state, faces, embed_all(faces, backbone))
            assert float((wanted - embed_all(faces, backbone)).abs().max()) > 1e-3
            assert torch.allclose(found, normalize(wanted, dim=1), rtol=0, atol=1e-5)
            return
        wanted = norm(layer(x)).double() @ fold.T
        new = linear_and_norm(state, "last_linear.", "last_bn.", norm.eps, fold)
        layer.weight.data = new["last_linear.weight"]
        norm.load_state_dict(
            norm.state_dict()
            | {k.removeprefix("last_bn."): v for k, v in new.items() if k.startswith("last_bn.")}
        )
        assert torch.allclose(norm(layer(x)).double(), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("leace", "adds a constant"),
        ("more", "looks which photo"),
        ("head-only", "changes no embedding"),
    ],
)
def test_what_cannot_be_folded(method: str, why: str) -> None:
    """Would catch weights that erase something else than the engine does."""
    state = seen_by(load_backbone("mini", device="cpu")).forget((1, 4), method)
    with pytest.raises(LetheError, match=why):
        erased_weights(state)
    with pytest.raises(LetheError, match="whose networks Lethe knows"):
        erased_weights(start(workspace()).forget((1, 4), "esc"))
    with pytest.raises(LetheError, match="without a model"):
        erased_onnx(start(workspace()).forget((1, 4), "esc"))
    with pytest.raises(LetheError, match="Nobody is forgotten"):
        erased_onnx(start(workspace()))


def test_erasers_one_a_file(tmp_path: Path, fitted: Callable[[str], Eraser]) -> None:
    """Would catch a second deletion that overwrites the first."""
    assert eraser_paths(tmp_path / "e.safetensors", 1) == [tmp_path / "e.safetensors"]
    paths = write_erasers([fitted("esc"), fitted("leace")], tmp_path / "e.safetensors")
    assert [one.name for one in paths] == ["e-1.safetensors", "e-2.safetensors"]
    for path, name in zip(paths, ("esc", "leace"), strict=True):
        kept = erasure.files.load(path)
        assert torch.equal(kept(TASK.values), fitted(name)(TASK.values))


def test_embeddings_that_are_read_again(tmp_path: Path) -> None:
    """Would catch rows of other people, a lost split, and a side under the other's name."""
    state = start(workspace()).forget((1, 4), "esc")
    for side, data in as_npz(state).items():
        write_model(data, side_paths(tmp_path / "rows.npz")[side])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["rows-after.npz", "rows-before.npz"]
    space = open_workspace(tmp_path / "rows-before.npz", "features")
    assert torch.equal(space.features.values, state.workspace.features.values)
    assert torch.equal(space.features.train, state.workspace.features.train)
    assert torch.equal(start(space).forget((1, 4), "esc").values, state.values)
    heads = (space.head, state.workspace.head)
    assert torch.equal(*(one.logits(state.workspace.features.values) for one in heads))
    after = open_workspace(tmp_path / "rows-after.npz", "features").features.values
    assert torch.allclose(after, normalize(state.values, dim=1), rtol=0, atol=1e-6)
    with pytest.raises(LetheError, match="changes no embedding"):
        as_npz(start(workspace()).forget((1,), "head-only"))


def test_a_real_model_alone(edgeface: Path, shared_faces: Path, tmp_path: Path) -> None:
    """Would catch rounding that grows, and a proof that takes the old model for the erased one."""
    for at, person in enumerate(sorted((shared_faces / "lfw_dev").iterdir())[:9]):
        folder = tmp_path / ("people" if at < 5 else "others") / person.name
        folder.mkdir(parents=True)
        for photo in sorted(person.iterdir())[:4]:
            (folder / photo.name).write_bytes(photo.read_bytes())
    space = open_workspace(
        tmp_path / "people", edgeface, strangers=tmp_path / "others", aligned=True
    )
    pixels = space.features.pixels().astype(np.float32).transpose(0, 3, 1, 2)
    gone = torch.isin(space.features.labels, torch.tensor([0, 2]))
    for method in ("esc", "stand-in"):
        visit = Visit(Service(), space)
        visit.forget((0, 2), method)
        state = visit.state
        assert isinstance(space.backbone, OnnxBackbone)
        data = extended(space.backbone, read_model(edgeface), [state.steps[0].eraser])
        found = alone(data, (pixels - 127.5) / 127.5)
        assert float((found - state.values).abs().max()) < 1e-5, method
        moved = (state.values - space.features.values).abs().amax(1)
        assert bool((moved[gone] > 0.01).all()), method
        if method != "esc":
            continue
        wanted = Wanted(("kr", "retrieval", "innocent"))
        measured = measure(visit, wanted.questions)
        document = whole(visit, measured, Evidence(), wanted, inputs("people", "edgeface"))
        out = tmp_path / f"{method}.onnx"
        write_model(data, out)
        exported = load(str(out))
        assert like(document, space, exported).differing == (), method
        other = like(document, space, space.backbone)
        assert other.differing, method
        assert not other.holds, method
        # A probe that stopped elsewhere is no other model.
        document["metrics"]["after"]["kr"]["forget_test"] += 0.05
        moved_probe = like(document, space, exported)
        assert [name for name, *_ in moved_probe.differing] == ["kr.forget_test"], method
        assert moved_probe.holds, method


@pytest.mark.parametrize("name", ["esc", "esc-t", "leace"])
def test_the_reader_of_the_docs(name: str, tmp_path: Path, fitted: Callable[[str], Eraser]) -> None:
    """Would catch a documented format that is not the one that is written."""
    text = (Path(__file__).parents[2] / "docs" / "take-away.md").read_text(encoding="utf-8")
    told: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], told)
    (path,) = write_erasers([fitted(name)], tmp_path / "eraser.safetensors")
    found = told["erase"](3 * TASK.values.numpy(), path)
    np.testing.assert_allclose(found, fitted(name)(TASK.values).numpy(), atol=1e-5)


def test_the_command_refuses_before_it_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Would catch photos opened for nothing, and half a file where nothing can be written."""
    lines = ["audit", "--faces", "synthetic", "--backbone", "mini", "--forget-random", "1"]
    report = tmp_path / "r.json"
    assert main([*lines, "--questions", "head", "--json", str(report)]) == 0
    whole_report = json.loads(report.read_text())
    old = onnx.load_from_string(toy(WEIGHT))
    old.opset_import[0].version = 8
    (tmp_path / "old.onnx").write_bytes(old.SerializeToString())
    (tmp_path / "new.onnx").write_bytes(toy(WEIGHT))
    onnx.save(
        onnx.load_from_string(toy(WEIGHT)),
        tmp_path / "parts.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    (tmp_path / "weights.bin").unlink()
    there = {one.name for one in tmp_path.iterdir()}
    out = str(tmp_path / "out")
    for backbone, methods, given, words in (
        ("mini", ["esc"], [], "nothing to write"),
        ("mini", ["esc"], ["--onnx", str(report)], "the same name"),
        ("mini", ["esc"], ["--onnx", out, "--weights", out], "the same name"),
        ("mini", ["esc"], ["--onnx", str(tmp_path / "no" / "out")], "there is no folder"),
        ("mini", ["esc", "stand-in"], ["--weights", out], "looks which photo"),
        ("mini", ["head-only"], ["--onnx", out], "changes no embedding"),
        ("mini", ["fine-tune", "esc"], ["--eraser", out], "trains the network"),
        ("old.onnx", ["esc"], ["--onnx", out], "operator set 8, and erasers need 9"),
        ("parts.onnx", ["esc"], ["--onnx", out], "weights"),
        ("gone.onnx", ["esc"], ["--onnx", out], "gone.onnx"),
        ("new.onnx", ["esc"], ["--weights", out], "whose networks Lethe knows"),
        ("new.onnx", ["esc"], ["--onnx", str(tmp_path / "new.onnx")], "the model itself"),
        ("features", ["esc"], ["--onnx", out], "without a model"),
        ("mini", ["esc"], ["--eraser", out], "nowhere"),  # that is found last of all
    ):
        inputs = whole_report["inputs"] | {"faces": str(tmp_path / "nowhere")}
        inputs["backbone"] = str(tmp_path / backbone) if backbone.endswith("onnx") else backbone
        steps = [whole_report["steps"][0] | {"method": name} for name in methods]
        report.write_text(json.dumps(whole_report | {"inputs": inputs, "steps": steps}))
        capsys.readouterr()
        assert main(["export", str(report), *given]) == 2, words
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1
        assert {one.name for one in tmp_path.iterdir()} == there, words
    report.write_text(json.dumps(whole_report))
    assert main(["export", str(report), "--eraser", out]) == 0
    assert {one.name for one in tmp_path.iterdir()} == there | {"out"}
