"""`python -m engine list`: methods, backbones, galleries and questions, a line each."""

import argparse
from pathlib import Path
from typing import Any

from engine.audit import QUESTIONS
from engine.backbones import BACKBONES
from engine.cli.options import add_features_option
from engine.embeddings import as_people
from engine.embeddings.files import read
from engine.erasure import METHODS
from engine.sources import SOURCES, open_gallery


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("list", help="methods, backbones, galleries and questions")
    parser.add_argument("--faces", metavar="DIR|ZIP|NAME", help="list who is in this gallery")
    parser.add_argument("--names-encoding", metavar="CODEC", help="how a zip spells its names")
    add_features_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the lists."""
    if args.faces or args.features:
        gallery = (
            as_people(read(Path(args.features).expanduser()))[0]
            if args.features
            else open_gallery(args.faces, encoding=args.names_encoding)
        )
        for label, name in enumerate(gallery.identities):
            own = gallery.labels == label
            train = int((own & gallery.train).sum())
            print(f"{name}  {int(own.sum())} photos, {int(own.sum()) - train} of them for testing")
        print(f"\n{gallery.account()}")
        for note in gallery.notes:
            print(note)
        for one in gallery.skipped:
            print(f"left out: {one.key}: {one.reason}")
        return 0
    print("Methods")
    for method in METHODS.values():
        needs = f" Needs: {', '.join(sorted(method.needs))}." if method.needs else ""
        print(f"  {method.name:<16} {method.summary}{needs}")
        for option in method.options:
            default = "" if option.default is None else f" [{option.default}]"
            print(f"    {option.name}={option.kind}{default}  {option.help}")
    print("\nBackbones")
    for entry in BACKBONES.values():
        print(f"  {entry.name:<24} {entry.summary}")
        for name, help_ in entry.options.items():
            print(f"    {name}  {help_}")
    print("\nGalleries")
    for source in SOURCES.values():
        print(f"  {source.name:<12} {source.summary}")
    print("  DIR or ZIP   one folder of photos per person")
    print("\nQuestions")
    for question in QUESTIONS.values():
        needs = " (needs strangers)" if question.needs_strangers else ""
        print(f"  {question.name:<16} {question.title}{needs}")
    return 0
