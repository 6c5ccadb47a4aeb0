"""`python -m engine`: the engine on the command line."""

import argparse
import sys
from importlib import import_module
from typing import NoReturn

from engine.errors import LetheError
from engine.waiting import wait_briefly

COMMANDS = {
    "audit": "engine.cli.audit",
    "list": "engine.cli.listing",
    "compare": "engine.cli.compare",
    "verify": "engine.cli.verify",
    "export": "engine.cli.export",
}
"""Command -> its module; only the one that is asked for is imported."""


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and exit with 2."""
        self.exit(2, f"lethe: {message[:1].upper()}{message[1:]}; see `{self.prog} --help`.\n")


def main(
    argv: list[str] | None = None, prog: str = "python -m engine", more: str | None = None
) -> int:
    """Run a command: 0 when all is well, 1 when a gate failed, 2 for bad input.

    `prog` is what the help calls the program, `more` its last line.
    """
    wait_briefly()
    argv = sys.argv[1:] if argv is None else argv
    parser = Parser(
        prog=prog,
        description="Erase people from face embeddings and measure what is left.",
        epilog=more,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    wanted = next((word for word in argv if not word.startswith("-")), None)
    for name, module in COMMANDS.items():
        if wanted in COMMANDS and name != wanted:
            continue
        import_module(module).add_parser(commands)
    return obey(parser.parse_args(_names_kept(argv)))


def obey(args: argparse.Namespace) -> int:
    """Run the parsed command, what goes wrong said in a sentence; returns the exit status."""
    try:
        return args.run(args)
    except LetheError as error:
        print(f"lethe: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lethe: Stopped; nothing was changed.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0


def _names_kept(argv: list[str]) -> list[str]:
    """The words with `--forget -dash` as `--forget=-dash`: a name may begin as an option does."""
    out: list[str] = []
    for word in argv:
        if out and out[-1] == "--forget" and word.startswith("-") and not word.startswith("--"):
            out[-1] = f"--forget={word}"
        else:
            out.append(word)
    return out


if __name__ == "__main__":
    sys.exit(main())
