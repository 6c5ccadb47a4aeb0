"""Where bytes of somebody's photos are left: in a process's memory, in files. Linux only."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

WINDOW = 32
"""Bytes in a row that must be the same; too many to agree by chance."""

_STEP = 8
_SAMPLED = 16
_MIXED = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 1 << 26


class Needles:
    """Bytes to look for, wherever a piece of them lies and however it is aligned.

    Every eight bytes at a place divisible by eight are looked at, and a sixteenth of all eights by
    their own value: so any run of some hundred bytes is found, and a search stays quick.
    """

    def __init__(self, named: dict[str, Iterable[bytes]]) -> None:
        self._names = list(named)
        self._whole = [(at, one) for at, name in enumerate(named) for one in named[name]]
        eights, places = [], []
        for at, (_, one) in enumerate(self._whole):
            data = np.frombuffer(one, np.uint8)
            if len(data) < WINDOW:
                continue
            runs = np.lib.stride_tricks.sliding_window_view(data, _STEP)
            values = np.ascontiguousarray(runs).view(np.uint64).reshape(-1)
            found = np.flatnonzero(_sampled(values))
            # A flat ground is no trace of anybody.
            found = found[(runs[found] != runs[found, :1]).sum(1) > _STEP // 2]
            eights.append(values[found])
            places.append(np.stack([np.full(len(found), at), found], 1))
        self._eights, first = np.unique(np.concatenate(eights), return_index=True)
        self._places = np.concatenate(places)[first]

    def __len__(self) -> int:
        return len(self._eights)

    def found(self, data: bytes) -> dict[str, int]:
        """How many windows of each name are in `data`, which begins at a multiple of 8."""
        words = np.frombuffer(data[: len(data) // _STEP * _STEP], np.uint64)
        at = np.flatnonzero(_sampled(words))
        places = np.searchsorted(self._eights, words[at]).clip(0, len(self._eights) - 1)
        same = self._eights[places] == words[at]
        told: dict[str, set[int]] = {}
        for here, place in zip(at[same] * _STEP, places[same], strict=True):
            number, offset = self._places[place]
            name, whole = self._whole[number]
            # The window around these eight that lies in both.
            back = min(offset, WINDOW - _STEP, here)
            window = whole[offset - back : offset - back + WINDOW]
            telling = len(window) == WINDOW and len(set(window)) > WINDOW // 3
            if telling and data[here - back : here - back + WINDOW] == window:
                told.setdefault(self._names[name], set()).add(int(place))
        return {name: len(found) for name, found in told.items()}


def _sampled(values: np.ndarray) -> np.ndarray:
    return (values * _MIXED) >> np.uint64(60) == 0


def memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """All memory that a process can write, in pieces, each by its place and what it is."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in lines:
            matched = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)", line)
            if matched is None or not matched[3].startswith("rw"):
                continue
            begin, end = int(matched[1], 16), int(matched[2], 16)
            for at in range(begin, end, _CHUNK):
                try:
                    file.seek(at)
                    yield f"{at:x} {matched[4]}", file.read(min(_CHUNK, end - at))
                except (OSError, ValueError):  # gone meanwhile, or a device's
                    break


def in_memory(pid: int, needles: Needles) -> dict[str, int]:
    """How many windows of each name are in a process's memory."""
    return summed(needles.found(data) for _, data in memory(pid))


def in_files(folder: Path, needles: Needles) -> dict[str, int]:
    """How many windows of each name are in the files below a folder, or in their names."""
    return summed(
        needles.found(path.read_bytes()[shift:])
        for path in folder.rglob("*")
        if path.is_file()
        for shift in range(_STEP)
    )


def summed(found: Iterable[dict[str, int]]) -> dict[str, int]:
    """The counts of several searches together."""
    told: dict[str, int] = {}
    for one in found:
        for name, count in one.items():
            told[name] = told.get(name, 0) + count
    return told


def files(folder: Path) -> dict[str, int]:
    """What is below a folder: paths and sizes."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
