"""Any ONNX face model, in the convention of InsightFace's models."""

import copy
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.backbones.base import Entry, check_faces
from engine.backbones.onnx_file import ModelFile, read_model
from engine.backbones.onnx_layout import Layout, read_layout
from engine.backbones.onnx_outputs import as_embeddings, fault, float_outputs, pictures
from engine.backbones.onnx_session import condensed, open_session
from engine.backbones.onnx_settings import Settings
from engine.backbones.trial_faces import verify
from engine.errors import LetheError
from engine.said import noted, said, said_n
from engine.warp import Convention

_ALONE = 0.9999
"""A face whose embedding in company has a lower cosine with its embedding alone depends on the
company: float32 rounding gives 1 - 1e-6, dynamically quantised graphs .92 to .98."""
_AS_GOOD = 0.005
"""Outputs whose AUC is within this of the best one's verify as well as the best."""
_FEEDING = {"channel_order", "mean", "std"}
"""Settings that leave batch and output as they are."""


@dataclass(frozen=True)
class Opened:
    """A model that onnxruntime has opened: its file, sha256 and session.

    The file's bytes are held by the session anyway.
    """

    file: ModelFile
    digest: bytes
    session: Any

    @property
    def path(self) -> Path:
        """Where the file lies, or lay."""
        return self.file.path


class OnnxBackbone:
    """An onnxruntime session that takes faces and gives [N, d].

    The model is held in memory and its hash taken over those very bytes. One that is fixed to some
    batch size is fed in batches of that size, one whose embeddings depend on the rest of the batch
    with one face at a time. Raises `LetheError` for an input that no face fits, and for outputs
    that hold no embeddings or the same for every face.
    """

    def __init__(self, opened: Opened, settings: Settings) -> None:
        self.opened, self.settings = opened, settings
        self.name = opened.path.stem
        self.convention: Convention = settings.convention
        self._session = opened.session
        file = opened.path.name
        self._layout = read_layout(self._session.get_inputs(), file, settings.size, settings.layout)
        self.size = self._layout.size
        self._batch = self._layout.batch
        self._alone = False
        names = float_outputs(self._session, file, settings.output)
        self._output, self._others = self._embedding_output(file, names)
        self._alone = self._depends_on_company(opened.file.quantises_dynamically)
        self.dimension = self.embed(pictures(self.size)[:1]).shape[1]
        self.fingerprint = self._fingerprint()
        self.notes = self._notes(settings.output is None, self._others)

    @property
    def channel_order(self) -> str:
        """`rgb` or `bgr`: how the model is given the colours."""
        return self.settings.channel_order

    @property
    def normalisation(self) -> tuple[float, float] | None:
        """What is subtracted from pixels and what they are divided by; None for plain bytes."""
        plain = self._layout.kind is np.uint8
        return None if plain else (self.settings.mean, self.settings.std)

    @property
    def output(self) -> str:
        """The name of the output that holds the embeddings."""
        return self._output

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of all outputs that hold embeddings, the one in use first."""
        return (self._output, *self._others)

    @property
    def layout(self) -> Layout:
        """How the model wants its faces."""
        return self._layout

    def with_settings(self, **changes: Any) -> "OnnxBackbone":
        """The same model, its session shared, with other `Settings`.

        Raises `LetheError` as loading does.
        """
        settings = self.settings.changed(**changes)
        if not changes.keys() <= _FEEDING:
            return OnnxBackbone(self.opened, settings)
        other = copy.copy(self)
        other.settings = settings
        other.fingerprint = other._fingerprint()
        return other

    def embed(self, faces: np.ndarray) -> Tensor:
        """float32 [b, dimension] for uint8 RGB faces [b, size, size, 3]."""
        check_faces(faces, self.size)
        if not len(faces):
            return torch.empty(0, self.dimension)
        embeddings = self._run(faces, [self._output])[self._output]
        return torch.from_numpy(np.ascontiguousarray(embeddings, dtype=np.float32))

    def _run(self, faces: np.ndarray, outputs: list[str]) -> dict[str, np.ndarray | None]:
        """Each output's embeddings [b, d] of the faces, None where it holds no embeddings."""
        if self.channel_order == "bgr":
            faces = faces[..., ::-1]
        pixels = self._layout.arrange(faces, self.settings.mean, self.settings.std)
        step = 1 if self._alone else self._batch or len(pixels)
        filled = self._batch or step
        found: dict[str, list[np.ndarray | None]] = {name: [] for name in outputs}
        for start in range(0, len(pixels), step):
            part = pixels[start : start + step]
            # A model of some fixed batch gets its face again and again: nothing else has a say.
            full = np.resize(part, (filled, *part.shape[1:])) if len(part) < filled else part
            got = self._session.run(outputs, {self._layout.name: full})
            for name, output in zip(outputs, got, strict=True):
                embeddings = as_embeddings(output, filled)
                found[name].append(None if embeddings is None else embeddings[: len(part)])
        whole = {name: [one for one in parts if one is not None] for name, parts in found.items()}
        return {
            name: np.concatenate(parts) if len(parts) == len(found[name]) else None
            for name, parts in whole.items()
        }

    def _embedding_output(self, file: str, names: list[str]) -> tuple[str, list[str]]:
        """The output that tells faces apart best, and the others that hold embeddings.

        Settles the batch size that the model insists on, too: some say N and mean 1.
        """
        probes = pictures(self.size)
        usable: list[str] = []
        problem: Exception | None = None
        for batch in (self._batch,) if self._batch else (None, 1):
            self._batch = batch
            try:
                found = self._run(probes[:2], names)
            except Exception as error:  # onnxruntime raises a dozen classes of its own
                problem = problem or error
                continue
            problem = None
            usable = [name for name in names if found[name] is not None]
            if usable:
                break
        if problem is not None:
            raise LetheError(
                said(
                    "{file} does not run on faces of {size} x {size}: {problem}.",
                    file=file,
                    size=self.size,
                    problem=condensed(str(problem)),
                )
            ) from problem
        if not usable:
            raise LetheError(
                said(
                    "{file} gives {shape} and not one embedding per face; choose a "
                    "face-recognition model.",
                    file=file,
                    shape=self._shape(names[0]),
                )
            )
        given = self._run(probes, usable)
        probed = {name: values for name, values in given.items() if values is not None}
        faults = {name: fault(values) for name, values in probed.items()}
        good = [name for name in usable if faults[name] is None]
        if not good:
            raise LetheError(said("{name} {fault}.", name=file, fault=faults[usable[0]]))
        chosen = good[0] if len(good) == 1 else self._best(good, probed)
        return chosen, [name for name in good if name != chosen]

    def _best(self, names: list[str], probed: dict[str, np.ndarray]) -> str:
        def embed(name: str) -> Any:
            return lambda faces: torch.from_numpy(np.float32(self._run(faces, [name])[name]))

        aucs = {name: verify(embed(name), self.size).auc for name in names}
        near = [name for name in names if aucs[name] >= max(aucs.values()) - _AS_GOOD]
        # The scores of the people it was trained on verify about as well as the embedding that
        # they are made of, and are more.
        return min(near, key=lambda name: probed[name].shape[1])

    def _shape(self, output: str) -> str:
        faces = np.resize(pictures(self.size), (self._batch or 2, self.size, self.size, 3))
        pixels = self._layout.arrange(faces, self.settings.mean, self.settings.std)
        got = self._session.run([output], {self._layout.name: pixels})[0]
        shape = tuple(getattr(got, "shape", ()))
        return said_n("{shape} for one face", "{shape} for {count} faces", len(faces), shape=shape)

    def _depends_on_company(self, known: bool) -> bool:
        """Whether other faces in the batch change a face's embedding.

        Dynamic quantisation takes its scale from the whole batch: that it does is `known` by its
        operators' names, however little four pictures may show of it. Comparing embeddings finds
        the other causes, for one a BatchNorm left in training mode.
        """
        if self._batch == 1:
            return False
        if known:
            return True
        probes = pictures(self.size)
        together = self.embed(probes)
        self._alone = True
        alone = self.embed(probes)
        self._alone = False
        return bool(torch.nn.functional.cosine_similarity(together, alone).min() < _ALONE)

    def _fingerprint(self) -> str:
        options = {
            "channel_order": self.settings.channel_order,
            "mean": self.settings.mean,
            "std": self.settings.std,
            "size": self.size,
            "convention": self.convention,
        }
        # Only where it is not what it always was, so that embeddings kept from before are found.
        if self._output != self._session.get_outputs()[0].name:
            options["output"] = self._output
        if self._alone:
            options["alone"] = True
        if self.settings.layout != "auto":
            options["layout"] = self.settings.layout
        digest = hashlib.sha256(self.opened.digest)
        digest.update(json.dumps(options, sort_keys=True).encode())
        return digest.hexdigest()

    def _notes(self, chose: bool, others: list[str]) -> tuple[str, ...]:
        notes = list(self._layout.notes)
        count = len(self._session.get_outputs())
        if chose and others:
            notes.append(
                said(
                    "Of the model's {count} outputs, {output} is used, which tells faces "
                    "apart best (the option output=NAME takes another: {others}).",
                    count=count,
                    output=self._output,
                    others=", ".join(others),
                )
            )
        elif chose and count > 1:
            notes.append(
                said(
                    "Of the model's {count} outputs, {output} is used, the only one that "
                    "holds an embedding per face.",
                    count=count,
                    output=self._output,
                )
            )
        if self._alone:
            notes.append(
                noted(
                    "The model's embeddings depend on the other faces in a batch, as those of "
                    "dynamically quantised models do: faces are run one by one."
                )
            )
        return tuple(notes)


def opened(file: ModelFile, device: str = "auto") -> Opened:
    """A model's file with onnxruntime. Raises `LetheError` as `open_session` does."""
    return Opened(file, file.digest, open_session(file, device))


def load(
    spec: str, *, device: str = "auto", precision: str = "auto", **options: Any
) -> OnnxBackbone:
    """The ONNX model at the path `spec`. `precision` is the model's own and only checked.

    Raises `LetheError` for a missing or unreadable file, one that is no ONNX model, one whose
    input no face fits, or whose outputs hold no embeddings, or the same for every face.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LetheError(
            said("Unknown precision {precision!r}; choose auto, fp32 or bf16.", precision=precision)
        )
    settings = Settings().changed(**options)
    return OnnxBackbone(opened(read_model(Path(spec).expanduser()), device), settings)


ENTRIES = (
    Entry(
        "FILE.onnx",
        "",
        noted("any ONNX face model by its path (InsightFace, EdgeFace, AdaFace, ...)"),
        load,
        {
            "channel_order": noted("rgb (default) or bgr"),
            "mean": noted("subtracted from 0..255 pixels, 127.5 by default"),
            "std": noted("what the difference is divided by, 127.5 by default"),
            "size": noted("face size in pixels where the model leaves it open, 112 by default"),
            "convention": noted("arcface (five landmarks, default) or box (facenet's crop)"),
            "layout": noted("nchw or nhwc where the shape leaves the order of the axes open"),
            "output": noted("the output to use, by its name; the best one on faces by default"),
        },
    ),
)
