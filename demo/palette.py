"""All colours of the page, light and dark, in one table: CSS, Gradio, the charts and the map."""

COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#faf9f6", "#14161a"),
    "card": ("#ffffff", "#1c1f25"),
    "ink": ("#1d2026", "#eceae4"),
    "muted": ("#5f6672", "#a3a9b4"),
    "line": ("#e3e1da", "#31353d"),
    "track": ("#f1efe9", "#282c34"),
    "known": ("#2f6db3", "#6ba4e3"),
    "known-ink": ("#2a64a6", "#7db0e8"),
    "forgotten": ("#d5472f", "#f0735c"),
    "forgotten-ink": ("#b5361f", "#f58a76"),
    "forgotten-fill": ("#c63f28", "#c9452e"),
    "forgotten-press": ("#ad3620", "#ad3620"),
    "on-fill": ("#ffffff", "#ffffff"),
    "innocent": ("#b7791f", "#dba246"),
    "innocent-ink": ("#8a5a0f", "#e2b163"),
    "stranger": ("#c9ccd2", "#4a505b"),
    "mark": ("#8b93a1", "#8b93a1"),
    "qr-ink": ("#1d2026", "#1d2026"),
    "qr-paper": ("#ffffff", "#ffffff"),
}
"""Name of the CSS property, and its colour on light and on dark.

Blue is known, red forgotten, ochre an innocent taken for them, grey a stranger or chance. `-ink`
is the same for text, `-fill` and `-press` are for the one button that `on-fill` is written on.
`mark` stands for somebody without a picture, the same on both. A QR code stays dark on light, for
many cameras read no other.
"""


def light(name: str) -> str:
    """A colour as the light page has it."""
    return COLOURS[name][0]


def dark(name: str) -> str:
    """A colour as the dark page has it."""
    return COLOURS[name][1]


def css() -> str:
    """The custom properties, `--known` and so on, for both."""
    sides = ((":root", 0), (".dark", 1))
    return "\n".join(
        f"{where} {{ {' '.join(f'--{name}: {two[side]};' for name, two in COLOURS.items())} }}"
        for where, side in sides
    )
