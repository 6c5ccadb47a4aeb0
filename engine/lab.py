"""What other programs call: `from engine import open_workspace, open_features`.

A thin and stable surface over workspaces, states and the service; see docs/library.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.audit.figures import look_up
from engine.compare import Row, available
from engine.embeddings import Embeddings, from_arrays
from engine.embeddings.files import read
from engine.erasure.files import save
from engine.errors import LetheError
from engine.opening import features_workspace
from engine.opening import open_workspace as opened
from engine.progress import Watch, ignore
from engine.report import plain, reading, report
from engine.said import said
from engine.service.service import Service
from engine.steps import By, load_steps, redo, save_steps, steps_of
from engine.store import default_store
from engine.workspace import State, Workspace, start


def open_workspace(
    faces: str | Path,
    backbone: str | Path,
    *,
    strangers: str | Path | None = None,
    aligned: bool | None = None,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    cache: bool = True,
    watch: Watch = ignore,
) -> "Lab":
    """People's photos under a face model, ready to be erased from.

    `faces` is a folder of one folder of photos a person, an archive of it, or a gallery's name;
    `backbone` a name or the path of an ONNX model, with its `options`. `strangers` are other
    people's photos, to fit against and to judge with. `aligned` says whether the photos are face
    crops on the ArcFace template; None guesses, and a note says so. With `cache`, embeddings are
    kept in the user's cache.

    Raises `LetheError` for whatever is wrong with photos, model or options.
    """
    space = opened(
        faces,
        backbone,
        strangers=strangers,
        aligned=aligned,
        seed=seed,
        backbone_options=options,
        watch=watch,
        store=default_store() if cache else None,
    )
    return Lab(space, Service())


def open_features(
    embeddings: "np.ndarray | str | Path | Embeddings",
    labels: np.ndarray | Sequence[object] | None = None,
    *,
    names: np.ndarray | Sequence[str] | None = None,
    split: np.ndarray | Sequence[object] | None = None,
    photos: np.ndarray | Sequence[str] | None = None,
    head: Mapping[str, np.ndarray] | None = None,
    strangers: "np.ndarray | str | Path | Embeddings | None" = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> "Lab":
    """Embeddings of any system, without photos or model; nothing of them is written to a disk.

    `embeddings` is float [n, d] with `labels` [n] and the rest as `engine.embeddings.from_arrays`
    takes it, or a file (`.npz`, `.npy` with a `.csv` beside it, `.parquet`), which holds all that.
    `strangers` are [m, d] of people who are nobody of these, each row somebody else, or a file.

    Raises `LetheError`, before any work, for what does not fit.
    """
    given = (names, split, photos, head)
    if isinstance(embeddings, Embeddings | str | Path):
        if labels is not None or any(one is not None for one in given):
            raise LetheError(said("A file of embeddings holds its labels; give no others."))
        people = _embeddings(embeddings)
    elif labels is None:
        raise LetheError(said("Embeddings need labels, the name of a person for each row."))
    else:
        people = from_arrays(embeddings, labels, names=names, split=split, photos=photos, head=head)
    others = None
    if isinstance(strangers, np.ndarray):
        whose = [f"Stranger {row}" for row in range(len(strangers))]
        others = from_arrays(strangers, whose, name="strangers")
    elif strangers is not None:
        others = _embeddings(strangers)
    space = features_workspace(people, others, seed=seed, private=True, watch=watch)
    return Lab(space, Service())


def _embeddings(given: "Embeddings | str | Path") -> Embeddings:
    return given if isinstance(given, Embeddings) else read(Path(given).expanduser())


@dataclass(frozen=True)
class Audit:
    """Figures by question and name, fractions between 0 and 1: before any deletion, and after.

    `verdict` says them in plain words.
    """

    before: Mapping[str, Mapping[str, Any]]
    after: Mapping[str, Mapping[str, Any]]
    verdict: str

    def figure(self, key: str, *, before: bool = False) -> float:
        """The figure `question.name`, such as `kr.forget_test`; see `python -m engine list`.

        Raises `LetheError` where the audit has no such figure.
        """
        value = look_up(self.before if before else self.after, key)
        if value is None:
            raise LetheError(
                said(
                    "This audit has no figure {key!r}; it has answers to {questions}.",
                    key=key,
                    questions=", ".join(self.after),
                )
            )
        return value


@dataclass(frozen=True, eq=False)
class Lab:
    """People and their embeddings, of which nobody is forgotten yet. Read-only."""

    workspace: Workspace = field(repr=False)
    _service: Service = field(repr=False)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody's names, sorted."""
        return self.workspace.features.identities

    @property
    def embeddings(self) -> np.ndarray:
        """float32 [n, d] of unit norm, a copy."""
        return self.workspace.features.values.numpy().copy()

    @property
    def labels(self) -> np.ndarray:
        """[n]: the name of each row's person."""
        return np.array(self.people)[self.workspace.features.labels.numpy()]

    @property
    def train(self) -> np.ndarray:
        """bool [n]: the rows that enrol; the others only test."""
        return self.workspace.features.train.numpy().copy()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that can run here: those that train need photos and a trainable model."""
        return available(self.workspace)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and what is odd about the photos or rows, a sentence each."""
        return (*self.workspace.notes, *(one.text for one in self.workspace.oddities))

    def forget(
        self,
        people: str | Iterable[str],
        method: str = "esc",
        *,
        watch: Watch = ignore,
        **options: Any,
    ) -> "Deletion":
        """The named people erased by a method with its options (`rank="auto"`, ...).

        Raises `LetheError` for a name that is not there or may be several people, and for a method
        or an option that makes no sense.
        """
        return Deletion(self, start(self.workspace)).forget(people, method, watch=watch, **options)

    def compare(
        self,
        people: str | Iterable[str],
        methods: Iterable[str] | None = None,
        *,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        watch: Watch = ignore,
    ) -> tuple[Row, ...]:
        """A row for the original and one for each method, on the same people.

        A row has `method`, `figures` by key and, where the method could not run, `error`.
        """
        return tuple(
            self._service.compare(
                start(self.workspace),
                self._labels(people),
                methods,
                options=options,
                seed=self.workspace.seed,
                watch=watch,
            )
        )

    def redo(self, steps: str | Path, *, watch: Watch = ignore) -> "Deletion":
        """The deletions of a file that `Deletion.save_steps`, the page or `audit` has written.

        Raises `LetheError` where they were made with other photos, another model, or other people.
        """
        return Deletion(self, redo(self.workspace, load_steps(Path(steps)), watch))

    def _labels(self, people: str | Iterable[str]) -> tuple[int, ...]:
        return self.workspace.gallery.find([people] if isinstance(people, str) else people)


@dataclass(frozen=True, eq=False)
class Deletion:
    """What one or more deletions make of a lab's embeddings. Read-only: `forget` gives another."""

    lab: Lab
    state: State = field(repr=False)

    @property
    def forgotten(self) -> tuple[str, ...]:
        """Whom, in order."""
        return tuple(self.lab.people[label] for label in self.state.forgotten)

    @property
    def embeddings(self) -> np.ndarray:
        """float32 [n, d]: the lab's rows after the deletions, not of unit norm any more; a copy."""
        return self.state.values.numpy().copy()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the methods warn of."""
        return tuple(one for step in self.state.steps for one in step.eraser.warnings)

    def erase(self, embeddings: np.ndarray) -> np.ndarray:
        """The deletions applied to any unit-norm embeddings [m, d] of the same model.

        Raises `LetheError` for another shape, and where a method trained the network instead.
        """
        rows = np.asarray(embeddings, dtype=np.float32)
        dimension = self.state.values.shape[1]
        if rows.ndim != 2 or rows.shape[1] != dimension:
            raise LetheError(
                said(
                    "Embeddings of shape {shape} cannot be erased from; give [m, {dimension}].",
                    shape=list(rows.shape),
                    dimension=dimension,
                )
            )
        values = torch.from_numpy(rows.copy())
        for step in self.state.steps:
            if step.eraser.backbone is not None:
                raise LetheError(
                    said(
                        "{method} trained the network; there is no map of embeddings to apply.",
                        method=step.method,
                    )
                )
            values = step.eraser(values)
        return values.numpy()

    def forget(
        self,
        people: str | Iterable[str],
        method: str = "esc",
        *,
        watch: Watch = ignore,
        **options: Any,
    ) -> "Deletion":
        """One more deletion; see `Lab.forget`."""
        labels = self.lab._labels(people)
        return Deletion(self.lab, self.state.forget(labels, method, options, watch))

    def undo(self, step: int = -1) -> "Deletion":
        """As if a step had never happened. Raises `LetheError` where there is no such step."""
        return Deletion(self.lab, self.state.undo(step))

    def audit(self, questions: Iterable[str] | None = None, *, watch: Watch = ignore) -> Audit:
        """The figures before and after, of the default questions or those named.

        Raises `LetheError` for an unknown question, or one whose strangers are missing.
        """
        before, after = self._measured(questions, watch)
        return Audit(plain(before), plain(after), str(reading(self.state, before, after).text))

    def report(
        self, questions: Iterable[str] | None = None, *, watch: Watch = ignore
    ) -> dict[str, Any]:
        """The audit as the JSON report of the command line."""
        return report(self.state, *self._measured(questions, watch))

    def save_eraser(self, path: str | Path) -> None:
        """Write the last step's eraser as safetensors. Raises `LetheError` where that cannot be."""
        save(self.state.steps[-1].eraser, Path(path))

    def save_steps(self, path: str | Path, *, by: By = "name") -> None:
        """Write who was forgotten how, for `Lab.redo`, the page and `audit --redo`.

        People are called by `name`, or by the hash of a `photo`, so that the file names nobody.
        """
        save_steps(steps_of(self.state, by), Path(path))

    def _measured(
        self, questions: Iterable[str] | None, watch: Watch
    ) -> tuple[dict[str, dict], dict[str, dict]]:
        if not self.state.steps:
            raise LetheError(said("Nobody is forgotten, so there is nothing to audit."))
        asked = None if questions is None else tuple(questions)
        measured = self.lab._service.measure(self.state, (), watch, asked)
        assert measured.after is not None
        return measured.before, measured.after
