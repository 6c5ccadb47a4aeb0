"""The commands of `python -m tools.people` and what each of them runs."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

from engine.sources.packed import embedded_path
from tools.people.making import Order, make
from tools.people.sheet import choose, contact_sheet
from tools.training import cli as train_cli


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Describe the four commands."""
    parts = parser.add_subparsers(dest="part", required=True)
    plain = Order()
    maker = parts.add_parser("make", help="render people into one packed file")
    maker.add_argument("--people", type=int, default=plain.people, help="[%(default)s]")
    maker.add_argument("--photos", type=int, default=plain.photos, help="of each [%(default)s]")
    maker.add_argument("--strangers", type=int, default=plain.strangers, help="[%(default)s]")
    maker.add_argument("--stranger-photos", type=int, default=plain.stranger_photos, help="of each")
    maker.add_argument(
        "--reference",
        type=int,
        default=plain.reference,
        help="more strangers, one photo each, for erasers to learn from [%(default)s]",
    )
    maker.add_argument("--size", type=int, default=plain.size, help="pixels [%(default)s]")
    maker.add_argument("--seed", type=int, help="new people from this seed on, not the cast")
    maker.add_argument("--quality", type=int, default=plain.quality, help="of WebP [%(default)s]")
    maker.add_argument("--out", type=Path, default=embedded_path(), metavar="FILE.zip")
    maker.set_defaults(run=run)
    sheet = parts.add_parser("sheet", help="a contact sheet of the cast")
    sheet.add_argument("--people", type=int, default=8, help="how many [%(default)s]")
    sheet.add_argument("--names", help="whom, separated by commas, instead of --people")
    sheet.add_argument("--photos", type=int, default=6, help="of each [%(default)s]")
    sheet.add_argument("--size", type=int, default=160, help="pixels of a photo [%(default)s]")
    sheet.add_argument("--out", type=Path, default=embedded_path().with_name("contact-sheet.png"))
    sheet.set_defaults(run=run)
    embed = parts.add_parser("embed", help="embeddings and map to ship with the assets")
    embed.set_defaults(run=run)
    train_cli.add_parser(parts)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns the exit code. Raises LetheError for bad input."""
    if args.part == "sheet":
        names = [name.strip() for name in args.names.split(",")] if args.names else None
        contact_sheet(args.out, choose(names, args.people), args.photos, args.size)
        print(f"{args.out}")
        return 0
    if args.part == "embed":
        from tools.shipping import ship  # the backbone's libraries, which make needs not

        for path in ship():
            print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
        return 0
    order = Order(**{one.name: getattr(args, one.name) for one in dataclasses.fields(Order)})
    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        end = "\n" if done == total else ""
        print(f"\r{done}/{total} photos, {left:.0f} s left  ", end=end, file=sys.stderr, flush=True)

    make(order, args.out, progress)
    print(f"{args.out} ({args.out.stat().st_size / 1e6:.1f} MB)")
    return 0
