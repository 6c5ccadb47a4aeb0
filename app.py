"""Lethe's page: `python app.py`, then open the address that it prints."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from demo.serve import main

    sys.exit(main())
