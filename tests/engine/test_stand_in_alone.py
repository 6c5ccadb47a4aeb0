"""Stand-in where nobody gives strangers: a small gallery, and the few who stay in it."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine import workspace as workspace_module
from engine.audit import innocent
from engine.erasure import fit, population
from engine.erasure.hard_photos import caught
from engine.erasure.population import People, Strangers, strangers
from engine.opening import open_workspace
from engine.sources.packed import embedded_path, open_packed
from engine.workspace import Workspace, start
from tests.engine.test_stand_in import World, world  # noqa: F401


def people_of(root: Path, names: list[str], photos: int = 20) -> Path:
    """A folder of some of the embedded people, as a user might have one."""
    packed = open_packed(embedded_path())
    for name in names:
        (root / name).mkdir(parents=True)
        for number, photo in enumerate(packed.people[name][:photos]):
            (root / name / f"{number:02d}.webp").write_bytes(photo)
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Eight embedded people under mini, nobody else's photos given."""
    names = sorted(open_packed(embedded_path()).people)[::8]
    folder = people_of(tmp_path_factory.mktemp("small"), names)
    return open_workspace(folder, "mini", aligned=True)


def test_rendered_strangers_serve_a_small_gallery_of_their_kind(small: Workspace) -> None:
    """Would catch stand-ins that land on the few who stay, as those drawn from them alone do."""
    state = start(small).forget((1, 5), "stand-in")
    parameters = state.steps[-1].eraser.parameters
    assert parameters["reference"] == "600 rendered strangers that come with the program"
    assert parameters["even"] == 0
    assert not any("reference" in one for one in state.steps[-1].eraser.warnings)
    judges = open_workspace("synthetic", "mini").strangers
    reserved = torch.tensor([name in judges.gallery.reserved for name in judges.gallery.identities])
    unseen = judges.features.values[~reserved[judges.features.labels]]
    found = innocent.measure(dataclasses.replace(state.view(), strangers=unseen))
    assert found["forget"] <= found["strangers"] + 0.05


def test_innocent_is_answered_without_strangers(small: Workspace) -> None:
    """Would catch the one figure that shows whom a stand-in hits going missing, or a made-up floor.

    Every forgotten photo is put on somebody who stays: without judges that must be seen too.
    """
    state = start(small)
    values = state.values.clone()
    gone, kept = small.features.labels == 1, small.features.labels == 2
    values[gone] = values[kept & small.features.train][0]
    view = dataclasses.replace(state, values=values).view((1,))
    found = innocent.measure(view)
    assert found["forget"] == 1
    assert found["strangers"] is None
    assert found["excess"] is None
    assert len(innocent.matches(view)) == int((gone & ~small.features.train).sum())


def test_rendered_strangers_are_fetched_only_when_needed(
    small: Workspace,
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would catch seconds of embedding for methods, or galleries, that ask for no stranger."""
    asked: list[int] = []

    def listen(backbone, *given) -> Tensor:
        asked.append(1)
        return world.judging.new_ones(4, backbone.dimension)

    monkeypatch.setattr(workspace_module, "rendered_strangers", listen)
    state = start(small).forget((1,), "esc")
    fit("stand-in", dataclasses.replace(world.task, rendered=lambda: listen(small.backbone)))
    assert asked == []
    state.forget((2,), "stand-in")
    assert asked == [1]


def test_rendered_strangers_go_through_earlier_deletions(small: Workspace) -> None:
    """Would catch a reference from before an ESC: stand-ins would bring back what ESC took out."""
    esc = start(small).forget((1,), "esc", {"rank": 1})
    removed = esc.steps[-1].eraser.factor[:, 0]
    after = esc.forget((2,), "stand-in")
    moved = after.values[small.features.labels == 2]
    assert float((moved @ removed).abs().max()) < 0.05


def shaped(people: int, photos: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A world with some strong directions, as backbones have: photos, labels, 500 strangers."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.linspace(2, 0.1, 256)
    centres = torch.randn(people, 256, generator=generator) * scale
    noise = torch.randn(people, photos, 256, generator=generator) * scale
    values = normalize(centres[:, None] + 0.8 * noise, dim=2).reshape(-1, 256)
    others = torch.randn(500, 256, generator=generator) * scale
    return values, torch.arange(people).repeat_interleave(photos), normalize(others, dim=1).double()


@pytest.mark.parametrize("people", [4, 8, 15])
def test_draws_keep_off_the_few_who_stay(people: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a cloud made of the kept people's own directions, in which draws hit them."""
    values, labels, others = shaped(people, 10, seed=7)
    kept = People.of(values, labels)
    accept = (others @ kept.values.T).amax(1).quantile(0.99)

    def hits(spread: Strangers) -> float:
        generator = torch.Generator().manual_seed(8)
        shape = (500, spread.factor.shape[1])
        normal = torch.randn(shape, generator=generator, dtype=torch.float64)
        draws = normalize(spread.mean + normal @ spread.factor.T, dim=1)
        return float(((draws @ kept.values.T).amax(1) > accept).double().mean())

    spread = strangers(None, kept)
    length = float(spread.factor.square().sum() + spread.mean.square().sum())
    assert length == pytest.approx(1, abs=0.01)
    assert hits(spread) < 0.1
    monkeypatch.setattr(population, "_evenness", lambda *_: 0.0)
    assert hits(strangers(None, kept)) > 0.3


def test_as_near_as_people_come_to_each_other_is_not_too_near() -> None:
    """Would catch an even cloud mixed in where draws meet the kept people as these meet others."""
    photos = torch.eye(6, dtype=torch.float64)[[0, 0, 0, 0]]
    people = People.of(photos, torch.tensor([0, 0, 1, 1]))  # one person in two folders
    nothing = torch.zeros(6, 6, dtype=torch.float64)
    assert population._evenness(photos[0], nothing, people) == 0
    apart = People.of(torch.eye(6).double()[[0, 0, 1, 1]], torch.tensor([0, 0, 1, 1]))
    assert population._evenness(photos[0], nothing, apart) == 1  # nothing there to be mixed
    alone = People.of(photos, torch.zeros(4, dtype=torch.int64))
    assert population._evenness(photos[0], nothing, alone) == 1


def test_the_even_cloud_is_for_small_galleries() -> None:
    """Would catch a large gallery's shape thrown away, which a detector sees at a glance."""
    shares = []
    for people in (8, 60, 400):
        values, labels, _ = shaped(people, 3, seed=9)
        shares.append(strangers(None, People.of(values, labels)).even)
    assert shares[0] > shares[1] + 0.1 > shares[2] + 0.2


def test_caught_photos_agree_with_probes_that_leave_one_out() -> None:
    """Would catch a wrong leverage: the share must be that of probes refitted for every photo."""
    values, labels, others = shaped(6, 7, seed=3)
    values[labels < 2] = others[:14].float()
    values[labels > 3] = others[14:28].float()
    gone = torch.tensor([0, 1])
    x = torch.cat([values.double(), torch.ones(len(values), 1, dtype=torch.float64)], 1)
    target = torch.nn.functional.one_hot(labels).double()
    lost = 0
    for row in (labels > 1).nonzero()[:, 0].tolist():
        rest = torch.arange(len(x)) != row
        gram = x[rest].T @ x[rest] + torch.eye(x.shape[1], dtype=x.dtype)
        weight = torch.linalg.solve(gram, x[rest].T @ target[rest])
        lost += int((x[row] @ weight).argmax() < 2)
    assert 0 < lost < 28
    assert caught(values, labels, gone) == pytest.approx(lost / 28)


def test_real_faces_in_a_small_gallery_hit_nobody(
    shared_faces: Path, edgeface: Path, tmp_path: Path
) -> None:
    """Would catch eight real people of whom two are forgotten and answered as the other six."""
    for folder in sorted((shared_faces / "lfw_dev").iterdir())[:8]:
        (tmp_path / folder.name).mkdir()
        for photo in sorted(folder.iterdir())[:20]:
            (tmp_path / folder.name / photo.name).symlink_to(photo)
    space = open_workspace(tmp_path, edgeface, aligned=True)
    state = start(space).forget((1, 5), "stand-in")
    eraser = state.steps[-1].eraser
    assert eraser.parameters["reference"].startswith("none")
    assert eraser.parameters["even"] > 0.5
    assert any("no reference set" in one for one in eraser.warnings)
    assert innocent.measure(state.view())["forget"] <= 0.1
