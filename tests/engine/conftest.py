"""What tests of several engine modules need."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.backbones import Backbone, load_backbone


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Backbone]:
    """The backbone in the bytes of an ONNX model, loaded from a file with some settings."""

    def loaded(data: bytes, **settings: Any) -> Backbone:
        path = tmp_path / "model.onnx"
        path.write_bytes(data)
        return load_backbone(str(path), **settings)

    return loaded
