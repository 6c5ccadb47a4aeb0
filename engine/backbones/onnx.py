"""Any ONNX face model, in the convention of InsightFace's models."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.backbones.base import Convention, check_faces, cores, number, pick_device
from engine.errors import LetheError

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class OnnxBackbone:
    """An onnxruntime session that takes [N, 3, S, S] and gives [N, d].

    The model is read once into memory and its hash taken over those very bytes. A model that is
    fixed to some batch size is fed in batches of that size.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "auto",
        channel_order: str = "rgb",
        mean: float = 127.5,
        std: float = 127.5,
        size: int = 112,
        convention: Convention = "arcface",
    ) -> None:
        if channel_order not in ("rgb", "bgr"):
            raise LetheError(f"Unknown channel order {channel_order!r}; choose rgb or bgr.")
        if convention not in ("arcface", "box"):
            raise LetheError(f"Unknown alignment {convention!r}; choose arcface or box.")
        self._mean, self._std = number("mean", mean), number("std", std)
        if self._std <= 0:
            raise LetheError("The option std must be above 0.")
        self._bgr = channel_order == "bgr"
        self.name = path.stem
        self.convention: Convention = convention
        weights = _read(path)
        self._session = _session(weights, path, device)
        self._input, self.size, fixed, self._dtype = _check_input(self._session, path, size)
        self._output = self._session.get_outputs()[0].name
        self.dimension, self._batch = self._try_out(path, fixed)
        options = {
            "channel_order": channel_order,
            "mean": self._mean,
            "std": self._std,
            "size": self.size,
            "convention": convention,
        }
        digest = hashlib.sha256(hashlib.sha256(weights).digest())
        digest.update(json.dumps(options, sort_keys=True).encode())
        self.fingerprint = digest.hexdigest()

    def embed(self, faces: np.ndarray) -> Tensor:
        """float32 [b, dimension] for uint8 RGB faces [b, size, size, 3]."""
        check_faces(faces, self.size)
        if not len(faces):
            return torch.empty(0, self.dimension)
        if self._bgr:
            faces = faces[..., ::-1]
        pixels = np.ascontiguousarray(faces.transpose(0, 3, 1, 2), dtype=np.float32)
        pixels -= self._mean
        pixels /= self._std
        pixels = pixels.astype(self._dtype, copy=False)
        if self._batch is None:
            embeddings = self._run(pixels)
        else:
            parts = []
            for start in range(0, len(pixels), self._batch):
                part = pixels[start : start + self._batch]
                full = np.zeros((self._batch, *part.shape[1:]), part.dtype)
                full[: len(part)] = part
                parts.append(self._run(full)[: len(part)])
            embeddings = np.concatenate(parts)
        return torch.from_numpy(np.ascontiguousarray(embeddings, dtype=np.float32))

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        return self._session.run([self._output], {self._input: pixels})[0]

    def _try_out(self, path: Path, fixed: int | None) -> tuple[int, int | None]:
        """The embedding's dimension, and the batch size that the model insists on, or None."""
        generator = np.random.default_rng(0)
        error: Exception | None = None
        for batch in (fixed,) if fixed else (2, 1):
            pixels = generator.uniform(-1, 1, (batch, 3, self.size, self.size))
            try:
                got = self._run(pixels.astype(self._dtype))
            except Exception as problem:
                error = problem
                continue
            if getattr(got, "ndim", None) != 2 or got.shape[0] != batch or got.shape[1] < 2:
                shape = tuple(getattr(got, "shape", ()))
                raise LetheError(
                    f"{path.name} gives {shape} for {batch} faces and not one embedding per "
                    "face; choose a face-recognition model."
                )
            if not np.isfinite(got).all():
                raise LetheError(
                    f"{path.name} gives values that are not finite; the file may be damaged."
                )
            return got.shape[1], None if batch == 2 and not fixed else batch
        raise LetheError(
            f"{path.name} does not run on faces of {self.size} x {self.size}; "
            "check that it is a face-recognition model."
        ) from error


def load(
    spec: str, *, device: str = "auto", precision: str = "auto", **options: Any
) -> OnnxBackbone:
    """The ONNX model at the path `spec`. `precision` is the model's own and only checked.

    Raises `LetheError` for a missing or unreadable file, one that is no ONNX model, one whose
    input is not [N, 3, S, S], or whose output is not [N, d].
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LetheError(f"Unknown precision {precision!r}; choose auto, fp32 or bf16.")
    if "size" in options:
        options["size"] = int(number("size", options["size"]))
    return OnnxBackbone(Path(spec).expanduser(), device=device, **options)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise LetheError(f"There is no model file {path}; check the path.") from error
    except OSError as error:
        raise LetheError(
            f"The model file {path} cannot be read ({error.strerror}); check its permissions."
        ) from error


def _session(weights: bytes, path: Path, device: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    # Waiting threads that spin starve everything else on a small machine, several-fold.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what goes wrong is said by the exception
    providers = ["CPUExecutionProvider"]
    on_gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not on_gpu:
        raise LetheError("This onnxruntime has no CUDA; install onnxruntime-gpu or use the CPU.")
    if device == "auto":
        on_gpu = on_gpu and pick_device("auto").type == "cuda"
    elif device == "cpu":
        on_gpu = False
    elif device != "cuda":
        pick_device(device)
    if on_gpu:
        providers.insert(0, "CUDAExecutionProvider")
    try:
        return onnxruntime.InferenceSession(weights, options, providers=providers)
    except Exception as error:  # onnxruntime raises a dozen classes of its own
        raise LetheError(
            f"{path.name} is not an ONNX model that can be loaded (all weights must lie in the "
            "one file)."
        ) from error


def _check_input(session: Any, path: Path, size: int) -> tuple[str, int, int | None, type]:
    """The input's name, face size, fixed batch size or None, and number type."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise LetheError(
            f"{path.name} has {len(inputs)} inputs; a face-recognition model has one, the face."
        )
    shape, kind = inputs[0].shape, inputs[0].type
    fits = len(shape) == 4 and kind in _TYPES and shape[1] in (3, None)
    fits = fits or (len(shape) == 4 and kind in _TYPES and isinstance(shape[1], str))
    sides = {side for side in shape[2:] if isinstance(side, int)} if fits else set()
    if not fits or len(sides) > 1:
        wanted = " x ".join(str(side) for side in shape)
        raise LetheError(
            f"{path.name} reads {kind} of {wanted}; a face-recognition model reads "
            "N x 3 x S x S floats."
        )
    side = sides.pop() if sides else size
    if not 16 <= side <= 1024:
        raise LetheError(f"Faces of {side} pixels are not supported; choose 16 to 1024.")
    fixed = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None
    return inputs[0].name, side, fixed, _TYPES[kind]
