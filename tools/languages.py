"""Catalogues of the page's texts: what is to be translated, what is missing, and their compiling.

    python -m tools.languages            say what is missing or out of date
    python -m tools.languages update     take new texts into the catalogues and compile them
    python -m tools.languages pseudo DIR make a language of English in brackets, to see what is left
                                         (LETHE_LANGUAGES=parent of DIR shows it)

A language is a folder in `assets/languages`: `language.json` (its own name, where its lines run
to), `engine.po` and `page.po`, which are for translators, and what is compiled of both.
"""

import argparse
import ast
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
HOME = ROOT / "assets" / "languages"
PARTS = ("engine", "page")
ENGINE_TOO = (
    *("demo/words.py", "demo/glossary.py", "demo/lessons/steps.py", "demo/lessons/screen.py"),
    *("demo/uploads.py", "demo/glance.py", "demo/links.py", "demo/sharing.py"),
)
"""Files of the page whose texts belong to the engine's catalogue: glossary, lesson and refusals."""

IN_PYTHON = {"_": None, "said": None, "noted": None, "said_n": (1, 2)}
IN_TEMPLATES = {"_": None, "_n": (1, 2)}
IN_SCRIPTS = {"t": None, "tn": (1, 2)}
PLACE = re.compile(r"\{(\w+)[^{}]*\}")
LETTER = re.compile(r"[^\W\d_]")

HEAD = ("Language", "Plural-Forms", "Content-Type", "Content-Transfer-Encoding")
"""What a catalogue's head says; the rest is dates and the names of programs."""

Key = str | tuple[str, str]


class Book(Catalog):
    """A catalogue that is the same file for the same texts whenever and by whom it is written."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Its head."""
        return [one for one in self._get_mime_headers() if one[0] in HEAD]

    @mime_headers.setter
    def mime_headers(self, value: Iterable[tuple[str, str]]) -> None:
        self._set_mime_headers(value)


def sources(part: str) -> Iterator[Path]:
    """The files that a part's texts stand in."""
    too = [ROOT / name for name in ENGINE_TOO]
    if part == "engine":
        yield from sorted((ROOT / "engine").rglob("*.py"))
        yield from too
        return
    for path in sorted((ROOT / "demo").rglob("*")):
        if path.suffix in (".py", ".html", ".js") and path not in too:
            yield path


def found(part: str) -> dict[Key, list[str]]:
    """Every text of a part, one and many where it counts, and the files that it stands in."""
    texts: dict[Key, list[str]] = {}
    for path in sources(part):
        name = path.relative_to(ROOT).as_posix()
        for text in texts_of(path):
            places = texts.setdefault(text, [])
            if name not in places:
                places.append(name)
    return texts


def texts_of(path: Path) -> Iterator[Key]:
    """The texts of one file."""
    if path.suffix == ".py":
        yield from _python(ast.parse(path.read_text(encoding="utf-8")))
        return
    how, words = {
        ".html": ("jinja2", IN_TEMPLATES),
        ".js": ("javascript", IN_SCRIPTS),
    }[path.suffix]
    if how == "jinja2":
        from jinja2.ext import babel_extract as method
    else:
        method = how
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    with path.open("rb") as file:
        for _, text, _, _ in extract(method, file, keywords=words, options=options):
            yield tuple(text) if isinstance(text, tuple | list) else text


def _python(tree: ast.AST) -> Iterator[Key]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        given = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
        strings = [one for one in given if isinstance(one, str)]
        if node.func.id == "said_n" and len(strings) >= 2 and given[:2] == strings[:2]:
            yield strings[0], strings[1]
        elif node.func.id in ("_", "said", "noted") and given[:1] == strings[:1] != []:
            yield strings[0]
        elif node.func.id == "joined":
            yield from strings


def in_scripts() -> set[Key]:
    """The texts of the page's scripts, which travel with it."""
    return {text for path in sources("page") if path.suffix == ".js" for text in texts_of(path)}


def languages() -> list[Path]:
    """The folders of all languages."""
    return sorted(about.parent for about in HOME.glob("*/language.json"))


def read(path: Path, language: str) -> Catalog:
    """A catalogue; an empty one where there is no file yet."""
    if not path.exists():
        return Catalog(language, fuzzy=False, header_comment="")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def written(catalogue: Book) -> bytes:
    """A catalogue as a file for translators."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, sort_output=True, omit_header=False, include_lineno=False)
    return out.getvalue().strip() + b"\n"


def updated(old: Catalog, texts: dict[Key, list[str]], language: str) -> Book:
    """The catalogue with exactly these texts, what is translated kept; nothing is guessed."""
    new = _like(old, language)
    for text, places in sorted(
        texts.items(), key=lambda one: one[0][0] if isinstance(one[0], tuple) else one[0]
    ):
        known = old.get(text if isinstance(text, str) else text[0])
        string = known.string if known is not None and known.id == text else None
        new.add(text, string, locations=[(place, 0) for place in places])
    return new


def missing(folder: Path) -> list[str]:
    """What a language lacks, a line each: texts, forms, places, one word for one thing."""
    said: list[str] = []
    for part in PARTS:
        catalogue, texts = read(folder / f"{part}.po", folder.name), found(part)
        where = f"{folder.name}/{part}.po"
        known = {message.id: message for message in catalogue if message.id}
        said += [
            f"{where}: new: {text!r} ({', '.join(texts[text])})"
            for text in texts
            if text not in known
        ]
        said += [f"{where}: no longer used: {text!r}" for text in known if text not in texts]
        for text, message in known.items():
            if text in texts and (wrong := fault(message, catalogue.num_plurals)):
                said.append(f"{where}: {wrong}: {text!r}")
    first, *others = (read(folder / f"{part}.po", folder.name) for part in PARTS)
    for message in (one for other in others for one in other if one.id):
        twin = first.get(_first(message.id))
        if twin is not None and twin.id == message.id and twin.string != message.string:
            said.append(f"{folder.name}: said in two ways: {message.id!r}")
    return said


def fault(message: Message, forms: int) -> str:
    """What is wrong with a translation; empty where nothing is."""
    texts = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    if message.fuzzy:
        return "fuzzy"
    if not all(strings):
        return "not translated"
    if len(texts) > 1 and len(strings) != forms:
        return f"has {len(strings)} forms instead of {forms}"
    wanted = set().union(*(PLACE.findall(text) for text in texts))
    # One form of several may do without its count.
    least = wanted - {"count"} if len(texts) > 1 else wanted
    for string in strings:
        places = set(PLACE.findall(string))
        if not least <= places <= wanted:
            return f"places {sorted(places)} instead of {sorted(wanted)}"
    return ""


def merged(folder: Path) -> Book:
    """All parts of a language in one catalogue."""
    parts = [read(folder / f"{part}.po", folder.name) for part in PARTS]
    whole = _like(parts[0], folder.name)
    for message in (one for part in parts for one in part if one.id):
        if all(message.string if isinstance(message.string, tuple) else (message.string,)):
            whole.add(message.id, message.string)
    return whole


def compiled(folder: Path) -> dict[Path, bytes]:
    """What is made of a language's catalogues, by its file."""
    whole, out = merged(folder), io.BytesIO()
    write_mo(out, whole)
    return {
        folder / "LC_MESSAGES" / "lethe.mo": out.getvalue(),
        folder / "scripts.json": scripts(whole, in_scripts()),
    }


def scripts(whole: Catalog, texts: Iterable[Key]) -> bytes:
    """The catalogue of the page's scripts; of several forms the English one names them."""
    named = {_first(one) for one in texts}
    strings = {
        name: list(message.string) if isinstance(message.string, tuple) else message.string
        for name in sorted(named)
        if (message := whole.get(name)) is not None and message.string
    }
    plural = whole.plural_expr
    return (
        json.dumps({"plural": plural, "texts": strings}, ensure_ascii=False, indent=1) + "\n"
    ).encode()


def pseudo(folder: Path, towards: str = "ltr") -> None:
    """A language in which every text is English in ⟦ ⟧, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = Catalog("en", fuzzy=False)
    for part in PARTS:
        for text in found(part):
            whole.add(text, tuple(map(_marked, text)) if isinstance(text, tuple) else _marked(text))
    about = {"name": "⟦Pseudo⟧", "dir": towards}
    (folder / "language.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "scripts.json").write_bytes(scripts(whole, in_scripts()))
    (folder / "LC_MESSAGES").mkdir(exist_ok=True)
    with (folder / "LC_MESSAGES" / "lethe.mo").open("wb") as file:
        write_mo(file, whole)


def _like(old: Catalog, language: str) -> Book:
    """An empty catalogue with the head of another, whose plural forms a newer Babel may count
    otherwise."""
    new = Book(language, fuzzy=False, header_comment=old.header_comment)
    new.mime_headers = [("Plural-Forms", old.plural_forms)]
    return new


def _first(text: Key) -> str:
    return text if isinstance(text, str) else text[0]


def _marked(text: str) -> str:
    return f"⟦{text}⟧"


def update() -> None:
    """Take the sources' texts into every catalogue, and compile them."""
    texts = {part: found(part) for part in PARTS}
    for folder in languages():
        for part in PARTS:
            path = folder / f"{part}.po"
            path.write_bytes(written(updated(read(path, folder.name), texts[part], folder.name)))
        for path, content in compiled(folder).items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


def check() -> list[str]:
    """What is missing in any language, and what is not compiled."""
    said = []
    for folder in languages():
        said += missing(folder)
        for path, content in compiled(folder).items():
            if not path.exists() or path.read_bytes() != content:
                said.append(f"{path.relative_to(ROOT)} is not what the catalogues say")
    return said


def main(argv: list[str] | None = None) -> int:
    """Run a command; 1 where something is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.languages", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("update", help="take new texts into the catalogues and compile them")
    marked = commands.add_parser("pseudo", help="make a language of marked English")
    marked.add_argument("folder", type=Path)
    marked.add_argument("--dir", default="ltr", choices=["ltr", "rtl"], help="where lines run to")
    options = parser.parse_args(argv)
    if options.command == "pseudo":
        pseudo(options.folder, options.dir)
        return 0
    if options.command == "update":
        update()
    said = check()
    print("\n".join(said) if said else "Nothing is missing.")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
