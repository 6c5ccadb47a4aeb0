"""How long something took, as the page writes it everywhere."""

from engine.said import noted

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
