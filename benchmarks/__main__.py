"""`python -m benchmarks [--quick] [--out DIR] [--faces FOLDER --backbone MODEL.onnx]`."""

import argparse
import json
import sys
from pathlib import Path

from engine.waiting import wait_briefly


def main(argv: list[str] | None = None) -> int:
    """Run everything, print the table, write it to --out; 2 for data that cannot be opened."""
    wait_briefly()  # as the page does
    options = _parse(argv)
    from benchmarks import first_paint, machine, scaling, slider, start, tables
    from benchmarks.cases import compare_all
    from engine.errors import LetheError
    from engine.opening import open_workspace

    described = machine.describe()
    try:
        space = open_workspace(options.faces, options.backbone, aligned=options.aligned)
    except LetheError as error:
        print(error, file=sys.stderr)
        return 2
    features = space.features
    data = (
        f"Data: {_public(options.faces)} under {features.backbone}, {len(features):,} photos of "
        f"{len(features.identities)} people, {features.values.shape[1]} dimensions; "
        f"{options.people} of them are forgotten."
    )
    rows: list = []
    growth: list = []
    absent: list[str] = []
    drag = began = paint = None

    def written() -> str:
        """The report so far, kept in --out: a run takes minutes and may be stopped."""
        text = tables.markdown(
            described, data, rows, growth, _command(options), absent, drag, began, paint
        )
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "benchmarks.md").write_text(text)
            document = tables.as_json(described, data, rows, growth, drag, began, paint)
            (options.out / "benchmarks.json").write_text(json.dumps(document, indent=1) + "\n")
        return text

    for row in compare_all(space, options.people, options.repeats, options.quick, options.only):
        rows.append(row)
        written()
        print(f"{row.name}: {row.ratio:.1f}x against {row.baseline}", file=sys.stderr, flush=True)
    for count in options.sizes if "growth" in options.only else ():
        for operation in scaling.OPERATIONS:
            growth.append(scaling.measure(operation, count))
            written()
            print(f"{operation}, {count:,}: {growth[-1].seconds:.3f} s", file=sys.stderr)
    if "slider" in options.only and not options.quick:
        drag = slider.measure(_app_options(options), options.people)
    if "start" in options.only and not options.quick:
        began = start.measure(_app_options(options), options.repeats)
    if "paint" in options.only and not options.quick:
        paint = first_paint.measure(_app_options(options), options.repeats)
    if "start" in options.only and began is None:
        absent.append("the start of the page, for speed")
    if "slider" in options.only and drag is None:
        absent.append("the slider in a browser, for want of one or for speed")
    if "paint" in options.only and paint is None:
        absent.append("the first picture in a browser, for want of one or for speed")
    if "extract" in options.only and not any("bf16" in row.name for row in rows):
        absent.append("extraction in bf16, which this processor does not multiply in hardware")
    print(written())
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    from benchmarks.cases import CASES

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only prove that everything runs")
    parser.add_argument("--out", type=Path, help="folder for benchmarks.md and benchmarks.json")
    parser.add_argument("--faces", default="synthetic", help="gallery, as for app.py")
    parser.add_argument("--backbone", default="mini", help="backbone, as for app.py")
    parser.add_argument("--aligned", action="store_true", default=None)
    parser.add_argument("--people", type=int, default=5, help="how many are forgotten")
    parser.add_argument("--repeats", type=int, help="timed runs of each side, at least 5")
    parser.add_argument("--only", default=",".join(CASES), help="some of " + ",".join(CASES))
    options = parser.parse_args(argv)
    options.only = tuple(options.only.split(","))
    if unknown := set(options.only) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}; choose of {','.join(CASES)}")
    options.repeats = 1 if options.quick else max(options.repeats or 5, 5)
    options.sizes = (1_000,) if options.quick else (1_000, 10_000, 100_000, 1_000_000)
    return options


def _app_options(options: argparse.Namespace) -> list[str]:
    given = ["--faces", options.faces, "--backbone", options.backbone]
    return [*given, "--aligned"] if options.aligned else given


def _public(faces: str) -> str:
    """The gallery's name; of a folder only the last part, which says nothing about the machine."""
    return Path(faces).name


def _command(options: argparse.Namespace) -> str:
    from benchmarks.cases import CASES

    parts = ["python -m benchmarks"]
    if options.quick:
        parts.append("--quick")
    if options.faces != "synthetic":
        parts.append(f"--faces {_public(options.faces)}")
    if options.backbone != "mini":
        parts.append(f"--backbone {_public(options.backbone)}")
    if options.only != CASES:
        parts.append(f"--only {','.join(options.only)}")
    if options.aligned:
        parts.append("--aligned")
    return " ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
