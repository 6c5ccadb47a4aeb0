"""What several test files need: real faces where there are any, and a cache of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Under `-n 2` a file stays together, and one process has the browser."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "browser" if file.startswith("tests/browser/") else file

    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def own_cache(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Path]:
    """No test reads or fills the cache of whoever runs it.

    Machine code alone is kept from run to run, in pytest's cache: making it takes half a minute.
    """
    folder = tmp_path_factory.mktemp("cache")
    if getattr(pytestconfig, "cache", None) is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(pytestconfig.cache.mkdir("numba")))
    os.environ["LETHE_STRICT"] = "1"  # an act that changes a panel unannounced is an error
    before = os.environ.get("LETHE_CACHE")
    os.environ["LETHE_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["LETHE_CACHE"]
    else:
        os.environ["LETHE_CACHE"] = before


@pytest.fixture(scope="session")
def shared_faces() -> Path:
    """The folder of real, public research faces (`lfw_dev`, `lfw_strangers`, ...)."""
    return _shared("faces")


@pytest.fixture(scope="session")
def edgeface() -> Path:
    """A real face-recognition model in ONNX."""
    return _shared("backbones/edgeface_xs.onnx")


def _shared(name: str) -> Path:
    """A path beside the checkout; a test skips without it, or fails where it is required."""
    path = SHARED / name
    if not path.exists():
        reason = f"{name} is not beside this checkout (real faces are no part of the repo)"
        if os.environ.get("LETHE_REQUIRE_SHARED") == "1":
            pytest.fail(f"Tests on real faces are required, but {reason}")
        pytest.skip(reason)
    return path
