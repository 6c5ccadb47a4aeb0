"""What a report was made from and by: enough to make it again, and to say what is different."""

import hashlib
import platform
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from torch import Tensor

from engine.gallery import Gallery

LIBRARIES = (
    *("torch", "torchvision", "numpy", "scipy", "scikit-learn", "pillow", "onnxruntime"),
    *("concept-erasure", "numba", "umap-learn"),
)
"""Those whose version may change a figure or a map."""

EMBEDDINGS = "features"
"""What stands in place of a backbone where embeddings came without photos."""

Inputs = Mapping[str, Any]
"""What `engine.opening.open_workspace` is called with, in JSON's types.

`faces` or `backbone` is None where somebody handed theirs to a page, which kept nothing.
"""


def inputs(
    faces: str | None,
    backbone: str | None,
    *,
    strangers: str | None = None,
    aligned: bool | None = None,
    encoding: str | None = None,
    seed: int = 0,
    backbone_options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """How a workspace was opened, as a report holds it."""
    return {
        "faces": faces,
        "backbone": backbone,
        "strangers": strangers,
        "aligned": aligned,
        "encoding": encoding,
        "seed": seed,
        "backbone_options": dict(backbone_options or {}),
    }


def made() -> dict[str, Any]:
    """When and by which programs: versions, platform, threads of the sums."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "lethe": _version("lethe") or "source",
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def photo_hashes(gallery: Gallery) -> dict[str, str]:
    """SHA-256 of each photo's bytes by its key, so that a changed photo can be named."""
    return {one.key: hashlib.sha256(one.read()).hexdigest() for one in gallery.photos}


def digest(values: Tensor) -> str:
    """SHA-256 of embeddings float32 [n, d], to the last bit."""
    return hashlib.sha256(values.float().contiguous().numpy().tobytes()).hexdigest()


def command(given: Inputs, steps: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> str:
    """The command line that makes a report of a single deletion; empty where there is none.

    Several deletions one after the other, and photos that a page was handed, have no command;
    `verify` repeats the first.
    """
    if len(steps) != 1 or given["faces"] is None or given["backbone"] is None:
        return ""
    words = ["python", "-m", "engine", "audit"]
    if given["backbone"] == EMBEDDINGS:
        words += ["--features", given["faces"]]
    else:
        words += ["--faces", given["faces"], "--backbone", given["backbone"]]
    if given["strangers"]:
        words += ["--strangers", given["strangers"]]
    if given["encoding"]:
        words += ["--names-encoding", given["encoding"]]
    if given["aligned"] is not None:
        words += ["--aligned" if given["aligned"] else "--align"]
    for name, value in given["backbone_options"].items():
        plain = name in ("device", "precision")
        if plain and value == "auto":
            continue
        words += [f"--{name}", str(value)] if plain else ["--backbone-option", f"{name}={value}"]
    if given["seed"]:
        words += ["--seed", str(given["seed"])]
    step = steps[0]
    for name in step["forget"]:
        words += ["--forget", name]
    words += ["--method", step["method"]]
    for name, value in step["options"].items():
        words += ["--option", f"{name}={value}"]
    if asked["questions"] is not None:
        words += ["--questions", ",".join(asked["questions"])]
    if asked["compare"] is not None:
        words += ["--compare", ",".join(asked["compare"])]
    return shlex.join([*words, "--html", "REPORT.html", "--json", "REPORT.json"])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
