"""`python -m engine.people`, the same as `python -m engine people`."""

import sys

from engine.__main__ import main

sys.exit(main(["people", *sys.argv[1:]]))
