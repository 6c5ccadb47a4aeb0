"""`python -m tools.fuzz`: ten minutes of damaged photos, archives, arrays and lists.

With atheris, where it is installed, the damage follows which lines it reaches; otherwise it is
random. What ends in anything but photos or a sentence is printed, and kept in `out/fuzz`.
"""

import argparse
import hashlib
import os
import random
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

KEPT = Path(__file__).parents[1] / "out" / "fuzz"


class Hunt:
    """Tries damaged inputs until its time is up, and counts what goes wrong by where it does."""

    def __init__(self, seconds: float) -> None:
        from tests.engine import fuzzed

        self.fuzzed = fuzzed
        self.names = list(fuzzed.seeds())
        self.end = time.monotonic() + seconds
        self._tried: Counter[str] = Counter()
        self._found: Counter[str] = Counter()

    def by_chance(self, chance: random.Random) -> None:
        """Damage of a few places in a random input, again and again."""
        while True:
            name = chance.choice(self.names)
            edits = [
                (chance.choice(self.fuzzed.DEEDS), chance.random(), chance.randbytes(size))
                for size in chance.choices(range(1, 10), k=chance.randint(1, 5))
            ]
            self.attempt(name, self.fuzzed.edited(self.fuzzed.seeds()[name].data, edits))

    def attempt(self, name: str, data: bytes) -> None:
        """Bring one damaged input. Ends the program once the time is up."""
        self._tried[name] += 1
        try:
            self.fuzzed.judge(self.fuzzed.seeds()[name].bring(data))
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            self._found[where] += 1
            if self._found[where] == 1:
                kept = KEPT / hashlib.sha256(data).hexdigest()[:12]
                kept.write_bytes(data)
                print(f"{name}: {where}: {error} ({kept.name})", flush=True)
        if time.monotonic() > self.end:
            self._report()
            os._exit(bool(self._found))  # libFuzzer has no other end

    def _report(self) -> None:
        for name, count in self._tried.items():
            print(f"{count:9,} {name}")
        many = sum(self._tried.values())
        print(f"{many:,} inputs, {len(self._found)} findings", *self._found.items(), flush=True)


def main() -> None:
    """Hunt until the time is up; the exit status is 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="of looking [%(default)g]")
    parser.add_argument("--seed", type=int, default=0, help="of the damage [%(default)s]")
    parser.add_argument("--plain", action="store_true", help="by chance, though atheris is there")
    args = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    if atheris is None or args.plain:
        Hunt(args.seconds).by_chance(random.Random(args.seed))
    with atheris.instrument_imports(include=["engine", "PIL", "zipfile", "tarfile", "numpy.lib"]):
        hunt = Hunt(args.seconds)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as corpus:
        for at, name in enumerate(hunt.names):
            data = hunt.fuzzed.seeds()[name].data
            (Path(corpus) / str(at)).write_bytes(bytes([at]) + data)

        def one(data: bytes) -> None:
            """The first byte says what the others are."""
            if data:
                hunt.attempt(hunt.names[data[0] % len(hunt.names)], data[1:])

        limits = [
            "-verbosity=0",
            "-max_len=65536",
            "-timeout=20",
            "-rss_limit_mb=6000",
            f"-seed={args.seed + 1}",
        ]
        limits += [f"-seed={args.seed + 1}", f"-artifact_prefix={KEPT}/"]
        atheris.Setup(["fuzz", *limits, corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
