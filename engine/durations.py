"""How long something took, as the page writes it everywhere."""

from engine.said import noted, said

SHORT = 0.1
"""Seconds below which milliseconds say more."""


def took(seconds: float, digits: int = 2) -> str:
    """`12 ms`, `0.42 s` or `2 min 5 s`; seconds come with so many decimals, one from ten on."""
    if seconds < SHORT:
        whole = round(1000 * seconds)
        return f"{whole} ms" if whole else noted("under 1 ms")
    if seconds < 60:
        return f"{seconds:.{digits if seconds < 10 else 1}f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def about(seconds: float) -> str:
    """`about 4 s`, `about 35 s` or `about 3 min`: an estimate, as exact as it may look."""
    if seconds < 10:
        return said("about {seconds} s", seconds=max(round(seconds), 1))
    if seconds < 100:
        return said("about {seconds} s", seconds=5 * round(seconds / 5))
    return said("about {minutes} min", minutes=round(seconds / 60))
