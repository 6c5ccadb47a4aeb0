"""The results as text for people and JSON for programs."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.first_paint import FirstPaint
from benchmarks.scaling import OPERATIONS, Growth, exponents
from benchmarks.slider import Drag
from benchmarks.start import Start
from benchmarks.timing import Comparison


def markdown(
    machine: dict[str, Any],
    data: str,
    rows: Sequence[Comparison],
    growth: Sequence[Growth],
    command: str,
    absent: Sequence[str],
    drag: Drag | None = None,
    start: Start | None = None,
    paint: FirstPaint | None = None,
) -> str:
    """The report: machine, ratios, growth."""
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items())
    repeats = max((len(row.our_seconds) for row in rows), default=0)
    lines = [
        "# Benchmarks",
        "",
        f"Made by `{command}`. {data}",
        "",
        f"Machine: {facts}.",
        "",
        f"Both sides run in turns in one process; seconds are medians of up to {repeats} runs "
        "after one that warms up.",
        "",
        "| what | baseline | s | ours | s | times faster | target |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        target = "" if row.target is None else f"{row.target:g}{'' if row.reached else ' (missed)'}"
        lines.append(
            f"| {row.name} | {row.baseline} | {_seconds(row.baseline_seconds)} "
            f"| {row.ours} | {_seconds(row.our_seconds)} | {row.ratio:.1f} | {target} |"
        )
    lines += ["", "Measured beside:", ""]
    for row in rows:
        if row.figures:
            shown = ", ".join(
                f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                for name, value in row.figures.items()
            )
            lines.append(f"- {row.name} ({row.baseline}): {shown}")
    if drag is not None:
        lines.append(
            f"- Slider step to repainted page in Chromium, {drag.points:,} points: median "
            f"{drag.median:.0f} ms (target 150), p95 {drag.p95:.0f} ms (target 400), "
            f"{len(drag.milliseconds)} steps"
        )
        if drag.frames:
            ratio = drag.p95 / drag.frame_p95
            lines.append(
                f"- The same slider played by the page, a step a frame: p95 {drag.frame_p95:.0f} "
                f"ms between frames (target 20), {len(drag.frames)} frames, {ratio:.1f} times "
                f"less than the server's p95, {drag.requests} requests"
            )
            lines.append(
                f"- First strip {drag.first:.2f} s after the last tick of a choice (target .7); "
                f"{drag.worked:.2f} s of a processor, and everything on the "
                f"machine needed {drag.busy:.2f} s meanwhile"
            )
    if start is not None:
        lines.append(
            f"- Page served after `python app.py`, imports warm: median {start.median:.2f} s "
            f"(target 3), {len(start.seconds)} starts; importing Gradio and torch alone takes "
            f"{_seconds(start.imports)} of it"
        )
    if paint is not None:
        lines.append(f"- {paint.line()}")
    lines += [f"- Not measured here: {one}" for one in absent]
    if growth:
        lines += ["", *_growth(growth)]
    return "\n".join(lines) + "\n"


def as_json(
    machine: dict[str, Any],
    data: str,
    rows: Sequence[Comparison],
    growth: Sequence[Growth],
    drag: Drag | None = None,
    start: Start | None = None,
    paint: FirstPaint | None = None,
) -> dict[str, Any]:
    """The same with every single time."""
    return {
        "machine": machine,
        "data": data,
        "comparisons": [
            {
                "name": row.name,
                "baseline": row.baseline,
                "ours": row.ours,
                "baseline_seconds": list(row.baseline_seconds),
                "our_seconds": list(row.our_seconds),
                "ratio": row.ratio,
                "target": row.target,
                "reached": row.reached,
                "figures": dict(row.figures),
            }
            for row in rows
        ],
        "growth": [vars(row) for row in growth],
        "exponents": exponents(list(growth)),
        "slider_milliseconds": None if drag is None else list(drag.milliseconds),
        "frame_milliseconds": None if drag is None else list(drag.frames),
        "first_strip_seconds": None if drag is None else drag.first,
        "first_strip_processor_seconds": None if drag is None else drag.worked,
        "start_seconds": None if start is None else list(start.seconds),
        "import_seconds": None if start is None else list(start.imports),
        "first_paint": None if paint is None else vars(paint),
    }


def _growth(rows: Sequence[Growth]) -> list[str]:
    counts = sorted({row.count for row in rows})
    slopes = exponents(list(rows))
    lines = [
        "## How cost grows",
        "",
        "Random unit-norm embeddings of 512 values in 100 clusters, each measured in a process of "
        "its own: seconds, and peak memory above what the data itself takes. "
        "Retrieval ranks 256 queries against all that are enrolled (70 %). "
        "The exponent is that of seconds ~ count, fitted from 10^4 on.",
        "",
        f"| | {' | '.join(f'{count:,}' for count in counts)} | exponent |",
        f"|---|{'---:|' * (len(counts) + 1)}",
    ]
    for name in OPERATIONS:
        cells = []
        for count in counts:
            row = next((r for r in rows if r.operation == name and r.count == count), None)
            cells.append("" if row is None else f"{_short(row.seconds)}, {row.extra_mb:.0f} MB")
        slope = f"{slopes[name]:.2f}" if name in slopes else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {slope} |")
    sizes = {row.count: row.data_mb for row in rows}
    lines.append(
        f"| the data itself | {' | '.join(f'{sizes[count]:,.0f} MB' for count in counts)} | |"
    )
    return lines


def _seconds(times: Sequence[float]) -> str:
    return _short(statistics.median(times))


def _short(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
