"""`python -m tools.people`: make people, show them, train the network that knows them."""

import sys

from engine.__main__ import Parser, obey
from tools.people.cli import add_parts


def main(argv: list[str] | None = None) -> int:
    """Run a command: 0 when all is well, 2 for bad input."""
    parser = Parser(
        prog="python -m tools.people",
        description="Make people who never existed, and the network that knows them.",
    )
    add_parts(parser)
    return obey(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
