"""Where a page is served that a fault shall meet: on a small disk, by a clock that jumps."""

from pathlib import Path

DISK = "4m"
"""Size of the small disk."""
JUMPS = (86_400.0, -2 * 86_400.0)
"""Seconds by which the clock jumps, one jump a SIGUSR1."""

CLOCK = f"""
import signal, time
real, jumps, ahead = time.time, iter({JUMPS}), [0.0]
def jump(*_):
    ahead[0] += next(jumps, 0.0)
time.time = lambda: real() + ahead[0]
time.time_ns = lambda: int(time.time() * 1e9)
signal.signal(signal.SIGUSR1, jump)
"""

Stage = tuple[list[str], dict[str, str]]
"""What goes before the command, and what into its environment."""


def small_disk(cache: Path) -> Stage:
    """A disk of its own below the cache, which only the page's process sees; needs root."""
    mount = f'mount -t tmpfs -o size={DISK} tmpfs "$0" && exec "$@"'
    return ["unshare", "-m", "sh", "-c", mount, str(cache)], {}


def jumping_clock(cache: Path) -> Stage:
    """A Python whose `time.time` jumps; another process's clock is not ours to set."""
    folder = cache.parent / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CLOCK)
    return [], {"PYTHONPATH": str(folder)}
