"""The installed command: `lethe serve` opens the page, everything else is the engine's."""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Only what is asked for is imported."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["serve"]:
        from demo import serve

        return serve.main(argv[1:], prog="lethe serve")
    from engine.__main__ import main as engine

    return engine(argv, prog="lethe", more="`lethe serve` opens the page.")
