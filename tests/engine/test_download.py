"""Weights from the web: how much is told while they come, and in which precision they run."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import machine
from engine.backbones import download, facenet
from engine.backbones.download import Release, fetch
from engine.errors import LetheError
from engine.progress import Progress

DATA = np.random.default_rng(3).bytes(2_500_000)
RELEASE = Release("https://example.org/v1/a.pt", 2, None)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The headers with which `DATA` is delivered, to be filled in."""
    headers: dict[str, str] = {}

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        assert url == RELEASE.url
        assert timeout > 0
        answer = io.BytesIO(DATA)
        answer.headers = headers  # type: ignore[attr-defined]
        return answer

    monkeypatch.setenv("LETHE_CACHE", str(tmp_path))
    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
    return headers


@pytest.mark.parametrize("stated", [True, False])
def test_a_download_tells_how_much_there_is(
    served: dict[str, str], tmp_path: Path, stated: bool
) -> None:
    """Would catch a bar that passes its end, or a file without a stated length that is refused:
    then the release's own megabytes are the guess, until there is more."""
    if stated:
        served["Content-Length"] = str(len(DATA))
    told: list[Progress] = []
    path = fetch(RELEASE, told.append)
    assert path == tmp_path / "weights" / "a.pt"
    assert path.read_bytes() == DATA
    done = [1 << 20, 2 << 20, len(DATA)]
    totals = [len(DATA)] * 3 if stated else [2_000_000, 2 << 20, len(DATA)]
    assert [(one.done, one.total) for one in told] == [*zip(done, totals, strict=True)]
    assert {one.stage for one in told} == {"Downloading a.pt"}
    noted = tmp_path / "weights" / "a.pt.sha256"
    assert noted.read_text().strip() == hashlib.sha256(DATA).hexdigest()
    told.clear()
    assert fetch(RELEASE, told.append) == path
    assert told == []


def test_a_release_with_a_hash_needs_none_noted(served: dict[str, str], tmp_path: Path) -> None:
    """Would catch a note that is believed instead of the published hash, or an empty one."""
    pinned = Release(RELEASE.url, 2, hashlib.sha256(DATA).hexdigest())
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "a.pt.sha256").write_text("another\n")
    fetch(pinned)
    assert sorted(path.name for path in folder.iterdir()) == ["a.pt", "a.pt.sha256"]
    with pytest.raises(LetheError, match="hash differs"):
        fetch(RELEASE)
    (folder / "a.pt.sha256").write_text(" \n")
    assert fetch(RELEASE) == folder / "a.pt"  # nothing is noted: nothing to hold it to


def test_what_is_no_weights_file_is_said_by_its_path(tmp_path: Path) -> None:
    """Would catch a download started for a path that was mistyped, and a classifier of people
    nobody asks about kept in memory."""
    with pytest.raises(LetheError, match=f"no weights file {tmp_path / 'none.pt'}"):
        facenet.load("facenet-vggface2", weights=tmp_path / "none.pt")
    torch.save({"logits.weight": torch.ones(2), "last.weight": torch.ones(3)}, tmp_path / "a.pt")
    assert facenet.read_state(tmp_path / "a.pt").keys() == {"last.weight"}
    torch.save({"last.weight": 3}, tmp_path / "b.pt")
    with pytest.raises(LetheError, match="no state dict"):
        facenet.read_state(tmp_path / "b.pt")


@pytest.mark.parametrize("has", [True, False])
def test_half_precision_is_taken_where_the_hardware_has_it(
    monkeypatch: pytest.MonkeyPatch, has: bool
) -> None:
    """Would catch bf16 that is emulated, and so slower, or one that is asked for and not used."""
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr(facenet, "cpu_has_bf16", lambda: has)
    asked: list[bool] = []
    monkeypatch.setattr(
        torch.cuda,
        "is_bf16_supported",
        lambda including_emulation: asked.append(including_emulation) or not has,
    )
    assert facenet._use_bf16("auto", cpu) == has
    assert asked == []
    assert facenet._use_bf16("auto", cuda) == (not has)
    assert asked == [False]
    for device in (cpu, cuda):
        assert facenet._use_bf16("bf16", device)
        assert not facenet._use_bf16("fp32", device)
        with pytest.raises(LetheError, match="Unknown precision 'half'"):
            facenet._use_bf16("half", device)


@pytest.mark.parametrize(
    ("flags", "kind", "has"),
    [
        ("fpu avx512_bf16 sse", "x86_64", True),
        ("fpu amx_bf16", "x86_64", True),
        ("fpu avx512f sse", "x86_64", False),
        ("avx512_bf16", "aarch64", False),
        (None, "x86_64", False),
    ],
)
def test_a_cpu_has_bf16_where_it_says_so(
    monkeypatch: pytest.MonkeyPatch, flags: str | None, kind: str, has: bool
) -> None:
    """Would catch a flag of another kind taken for it, or a crash where there is no such list."""

    def read_text(path: Path) -> str:
        assert str(path) == "/proc/cpuinfo"
        if flags is None:
            raise FileNotFoundError
        return f"flags : {flags}\n"

    monkeypatch.setattr(machine.Path, "read_text", read_text)
    uname = os.uname_result(("Linux", "here", "1", "1", kind))
    monkeypatch.setattr(machine.os, "uname", lambda: uname)
    assert machine.cpu_has_bf16() == has


def test_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch sixty threads in a container of two cores."""
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)
    assert machine.cores() == 3
    monkeypatch.delattr(machine.os, "sched_getaffinity")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 6)
    assert machine.cores() == 6
    monkeypatch.setattr(machine.os, "cpu_count", lambda: None)
    assert machine.cores() == 1


def test_what_is_to_be_downloaded_is_said_before_as_while() -> None:
    """Would catch megabytes in the list of backbones that are not those of the download."""
    assert {one.name for one in facenet.ENTRIES} == set(facenet.RELEASES)
    for one in facenet.ENTRIES:
        assert one.downloads
        assert f"downloads {facenet.RELEASES[one.name].megabytes} MB once" in one.summary
