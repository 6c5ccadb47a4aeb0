"""A cache may cost time, never the work."""

import os
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from engine.store import Store, content_key, user_cache_dir


def test_what_is_put_comes_back_bit_for_bit(tmp_path) -> None:
    """Would catch a cache that rounds or mixes up keys."""
    store = Store(tmp_path)
    tensor = torch.randn(5, 3)
    assert store.put("a", {"values": tensor})
    assert torch.equal(store.get("a")["values"], tensor)
    assert store.get("b") is None


def test_a_damaged_entry_counts_as_absent_and_is_removed(tmp_path) -> None:
    """Would catch a crash, or wrong features, after a power cut."""
    store = Store(tmp_path)
    store.put("a", {"values": torch.ones(4)})
    path = tmp_path / "a.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    assert store.get("a") is None
    assert not path.exists()


def test_the_cap_drops_what_was_unused_longest(tmp_path) -> None:
    """Would catch a cache that fills the disk, or drops what was just written."""
    store = Store(tmp_path, cap_bytes=4500)
    for at, name in enumerate("abc"):
        store.put(name, {"values": torch.zeros(300)})
        os.utime(tmp_path / f"{name}.safetensors", (at, at))
    assert store.get("a") is not None
    store.put("d", {"values": torch.zeros(300)})
    assert store.get("b") is None
    assert store.get("d") is not None


def test_a_disk_that_takes_nothing_is_no_error(tmp_path) -> None:
    """Would catch a full or read-only disk stopping an audit."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    store = Store(blocked / "cache")
    assert store.put("a", {"values": torch.ones(2)}) is False
    assert store.get("a") is None


def test_a_full_disk_leaves_no_debris(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch half-written entries that pile up or are read as sound."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.store.save_file", full)
    store = Store(tmp_path)
    assert store.put("a", {"values": torch.ones(2)}) is False
    assert list(tmp_path.iterdir()) == []


def test_shipped_entries_are_read_and_never_written(tmp_path) -> None:
    """Would catch writes into the program's own folder."""
    shipped = tmp_path / "shipped"
    Store(shipped).put("a", {"values": torch.ones(2)})
    before = sorted(shipped.iterdir())
    store = Store(tmp_path / "own", shipped=shipped)
    assert store.get("a") is not None
    store.put("b", {"values": torch.ones(2)})
    assert sorted(shipped.iterdir()) == before


def test_keys_tell_parts_apart() -> None:
    """Would catch two contents under one key because their parts run together."""
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key("a", 1) == content_key("a", 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of a Linux user")
def test_the_cache_stays_where_it_was(tmp_path, monkeypatch) -> None:
    """Would catch an update that loses everybody's cache, or a named folder that is ignored."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("LETHE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert user_cache_dir() == tmp_path / ".cache" / "lethe"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert user_cache_dir() == tmp_path / "xdg" / "lethe"
    monkeypatch.setenv("LETHE_CACHE", "somewhere")
    assert user_cache_dir() == Path("somewhere")


def test_the_cap_is_kept_to_the_byte_and_no_more_is_dropped(tmp_path) -> None:
    """Would catch an entry dropped that still had room, or one kept that had none."""
    sizes = {}
    for at, name in enumerate("abc"):
        Store(tmp_path).put(name, {"values": torch.zeros(300)})
        path = tmp_path / f"{name}.safetensors"
        os.utime(path, (at, at))
        sizes[name] = path.stat().st_size
    (tmp_path / "other.txt").write_bytes(bytes(10_000))
    total = sum(sizes.values())
    Store(tmp_path, cap_bytes=total)._trim(keep="none")
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    Store(tmp_path, cap_bytes=total - 1)._trim(keep="a")
    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == ["a", "c"]
    Store(tmp_path, cap_bytes=0)._trim(keep="a")
    assert [path.stem for path in tmp_path.glob("*.safetensors")] == ["a"]


def test_what_is_read_counts_as_used_and_what_is_shipped_stays(tmp_path) -> None:
    """Would catch the entry dropped that is used most, a shipped one that is deleted or touched,
    and one's own copy missed where the shipped one is damaged."""
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    for folder in (own, shipped):
        Store(folder).put("a", {"values": torch.full((2,), 1.0 + (folder == own))})
        os.utime(folder / "a.safetensors", (5, 5))
    store = Store(own, shipped=shipped)
    assert store.get("a")["values"].tolist() == [1, 1]
    assert (shipped / "a.safetensors").stat().st_mtime == 5
    assert (own / "a.safetensors").stat().st_mtime == 5
    (shipped / "a.safetensors").write_bytes(b"cut")
    assert store.get("a")["values"].tolist() == [2, 2]
    assert (own / "a.safetensors").stat().st_mtime > 5
    assert (shipped / "a.safetensors").read_bytes() == b"cut"


def test_an_entry_carries_what_is_said_of_it(tmp_path) -> None:
    """Would catch a file that loses its words, or one that needs some."""
    store = Store(tmp_path)
    turned = torch.arange(6.0).view(2, 3).T
    assert store.put("a", {"values": turned}, {"made": "by hand"})
    with safe_open(tmp_path / "a.safetensors", framework="pt") as file:
        assert file.metadata() == {"made": "by hand"}
    assert torch.equal(store.get("a")["values"], turned)
