"""The galleries and backbones to choose from, opened once and shared read-only by all visitors."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.backbones import BACKBONES
from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.sources import SOURCES
from engine.store import Store
from engine.workspace import Workspace, open_workspace

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


class Library:
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
        self._machine, self._seed, self._store = dict(machine or {}), seed, store
        self._open: OrderedDict[Spec, Workspace] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[Spec, threading.Lock] = {}

    def open(self, spec: Spec, watch: Watch = ignore) -> Workspace:
        """The workspace for `spec`; a second visitor waits for the first one's loading.

        Raises `LetheError` as `engine.workspace.open_workspace` does.
        """
        with self._lock:
            if spec in self._open:
                self._open.move_to_end(spec)
                return self._open[spec]
            gate = self._opening.setdefault(spec, threading.Lock())
        with gate:
            with self._lock:
                if spec in self._open:
                    return self._open[spec]
            photos: dict[str, Any] = self._photos if spec.faces == self.default.faces else {}
            model = self._model if spec.backbone == self.default.backbone else {}
            workspace = open_workspace(
                spec.faces,
                spec.backbone,
                **photos,
                seed=self._seed,
                backbone_options={**self._machine, **model},
                watch=watch,
                store=self._store,
            )
            with self._lock:
                self._open[spec] = workspace
                while len(self._open) > KEPT:
                    oldest = next(one for one in self._open if one != self.default)
                    del self._open[oldest]
            return workspace

    def galleries(self) -> list[Choice]:
        """What the gallery picker offers, the command line's first."""
        return _choices(self.default.faces, {one.name: one.summary for one in SOURCES.values()})

    def backbones(self) -> list[Choice]:
        """What the backbone picker offers, the command line's first."""
        named = {one.name: one.summary for one in BACKBONES.values()}
        return _choices(self.default.backbone, {n: s for n, s in named.items() if "." not in n})

    def spec(self, faces: object, backbone: object) -> Spec:
        """What two keys of the pickers stand for. Raises `LetheError` for any other key."""
        found = [
            next((one.spec for one in offered if one.key == key), None)
            for offered, key in ((self.galleries(), faces), (self.backbones(), backbone))
        ]
        if found[0] is None or found[1] is None:
            raise LetheError("This gallery or backbone is not on offer here; choose from the list.")
        return Spec(found[0], found[1])

    def keys_of(self, workspace: Workspace | None = None) -> dict[str, str]:
        """The pickers' keys of an open workspace; of the default one for None."""
        spec = next((s for s, one in self._open.items() if one is workspace), self.default)
        return {
            "faces": next(one.key for one in self.galleries() if one.spec == spec.faces),
            "backbone": next(one.key for one in self.backbones() if one.spec == spec.backbone),
        }


def _choices(default: str, named: dict[str, str]) -> list[Choice]:
    offered = [Choice(name, name, _TITLES.get(name, name), hint) for name, hint in named.items()]
    mine = [one for one in offered if one.spec == default]
    if not mine:
        title = Path(default).stem.replace("_", " ")
        mine = [Choice("given", default, title, "given on the command line")]
    return mine + [one for one in offered if one.spec != default]


_TITLES = {
    "synthetic": "People who never existed",
    "lfw": "Labeled Faces in the Wild",
    "olivetti": "Olivetti, 40 people",
    "mini": "mini, our own",
    "facenet-vggface2": "facenet, VGGFace2",
    "facenet-casia-webface": "facenet, CASIA",
}
