"""Where the embedded people, the weights and the look lie."""

from pathlib import Path

from engine.said import said

_INSTALLED = Path(__file__).parent / "_assets"

ASSETS = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[1] / "assets"
"""Inside the engine where it was installed, at the repo's top level in a checkout."""


def restore(name: str, command: str) -> str:
    """How to have a shipped file back, as the end of a sentence; `command` makes it again."""
    if ASSETS == _INSTALLED:
        return said("install Lethe again.")
    return said(
        "restore it with `git checkout -- assets/{name}` or make it again with "
        "`python -m tools.people {command}`.",
        name=name,
        command=command,
    )
