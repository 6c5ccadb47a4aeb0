"""The galleries and backbones to choose from, opened once and shared read-only by all visitors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.backbones import BACKBONES, Entry
from engine.backbones.given import NAME
from engine.errors import LetheError
from engine.opening import open_workspace
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.service.cache import Cache
from engine.sources import SOURCES
from engine.sources.base import Source
from engine.store import Store
from engine.workspace import Workspace

KEPT = 3
"""Workspaces held in memory at once."""


@dataclass(frozen=True)
class Choice:
    """An entry of a picker. The page knows its `key` only, so no path leaves the server."""

    key: str
    spec: str
    title: str
    hint: str


@dataclass(frozen=True)
class Spec:
    """What makes a workspace."""

    faces: str
    backbone: str


class Shelf:
    """Opens workspaces and keeps the last few. `default` is what the command line named.

    How to read photos goes with the default gallery, `backbone_options` with the default
    backbone; `machine` (device, precision), seed and store go with all.
    """

    def __init__(
        self,
        default: Spec,
        *,
        strangers: str | None = None,
        aligned: bool | None = None,
        encoding: str | None = None,
        backbone_options: Mapping[str, str] | None = None,
        machine: Mapping[str, str] | None = None,
        seed: int = 0,
        store: Store | None = None,
    ) -> None:
        self.default = default
        self._photos = {"strangers": strangers, "aligned": aligned, "encoding": encoding}
        self._model = dict(backbone_options or {})
        self._machine, self._seed = dict(machine or {}), seed
        self.store = store
        self._open: Cache[Workspace] = Cache(KEPT)

    def put(self, spec: Spec, workspace: Workspace) -> None:
        """Keep a workspace that is open already."""
        self._open.put(spec, workspace)

    def open(self, spec: Spec | None = None, watch: Watch = ignore) -> Workspace:
        """The workspace for `spec`, the default for None; who asks meanwhile waits for it.

        Raises `LetheError` as `engine.opening.open_workspace` does.
        """
        spec = spec or self.default
        self._open.get(self.default)  # used just now, so never the one to go
        return self._open.once(spec, lambda: self._opened(spec, watch), watch)

    def how(self, spec: Spec | None = None) -> dict[str, Any]:
        """What `engine.opening.open_workspace` is called with for `spec`, machine and all."""
        spec = spec or self.default
        photos: dict[str, Any] = self._photos if spec.faces == self.default.faces else {}
        model = self._model if spec.backbone == self.default.backbone else {}
        return {
            "faces": spec.faces,
            "backbone": spec.backbone,
            **photos,
            "seed": self._seed,
            "backbone_options": {**self._machine, **model},
        }

    def _opened(self, spec: Spec, watch: Watch) -> Workspace:
        return open_workspace(**self.how(spec), watch=watch, store=self.store)

    def galleries(self) -> list[Choice]:
        """What the gallery picker offers, the command line's first."""
        return _choices(self.default.faces, SOURCES.values())

    def backbones(self) -> list[Choice]:
        """What the backbone picker offers, the command line's first."""
        return _choices(self.default.backbone, BACKBONES.values())

    def spec(self, faces: object, backbone: object) -> Spec:
        """What two keys of the pickers stand for. Raises `LetheError` for any other key."""
        found = [
            next((one.spec for one in offered if one.key == key), None)
            for offered, key in ((self.galleries(), faces), (self.backbones(), backbone))
        ]
        if found[0] is None or found[1] is None:
            raise LetheError(
                said("This gallery or backbone is not on offer here; choose from the list.")
            )
        return self._fitting(found[0], found[1])

    def _fitting(self, faces: str, backbone: str) -> Spec:
        """Embeddings go with no model, and a gallery of photos with no embeddings' place of one."""
        if self.default.backbone == NAME and faces == self.default.faces:
            return self.default
        if backbone == NAME:
            backbone = next(one.spec for one in self.backbones() if one.spec != NAME)
        return Spec(faces, backbone)

    def keys_of(self, spec: Spec | None = None) -> dict[str, str]:
        """The pickers' keys of what was opened; of the default for None."""
        spec = spec or self.default
        return {
            "faces": next(one.key for one in self.galleries() if one.spec == spec.faces),
            "backbone": next(one.key for one in self.backbones() if one.spec == spec.backbone),
        }


def _choices(default: str, named: Iterable[Source | Entry]) -> list[Choice]:
    offered = [Choice(one.name, one.name, one.title, one.summary) for one in named if one.title]
    mine = [one for one in offered if one.spec == default]
    if default == NAME:
        mine = [Choice("given", NAME, noted("none: embeddings"), noted("They came without one."))]
    elif not mine:
        title = Path(default).stem.replace("_", " ")
        mine = [Choice("given", default, title, noted("given on the command line"))]
    return mine + [one for one in offered if one.spec != default]
