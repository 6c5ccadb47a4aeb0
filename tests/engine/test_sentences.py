"""Every sentence of the engine that people read can be said in another language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.audit import QUESTIONS, metrics
from engine.audit.base import ASPECTS
from engine.audit.figures import direction, explained, in_full
from engine.audit.reading import HEADLINES, read
from engine.backbones import BACKBONES
from engine.backbones.onnx_file import ModelFile
from engine.backbones.onnx_session import refusal
from engine.durations import took
from engine.erasure import METHODS, NEEDS
from engine.errors import Cancelled, LetheError
from engine.gallery import Gallery, build
from engine.photo import CUT_OFF, Skipped
from engine.said import Said
from engine.sources import SOURCES, kinds, open_gallery
from engine.sources.base import Found
from engine.sources.layout import collect
from tests.engine.photos import encoded

ENGINE = Path(__file__).parents[2] / "engine"
COMMAND_LINE = ("cli/", "policy/", "__main__.py", "averages.py")
"""What only the command line says stays English."""

MODULES = sorted(
    path
    for path in ENGINE.rglob("*.py")
    if not path.relative_to(ENGINE).as_posix().startswith(COMMAND_LINE)
)
WORDS = re.compile(r"[a-z]{2,}[,;:]? [a-z]{2,}")
SHOWN = {"Progress": 0, "Left": 1, "Skipped": 1, "Oddity": 1, "why": 0, "append": 0}
"""Calls with a text that people read, and which argument it is."""


def errors() -> set[str]:
    """The names of `LetheError` and all that are made of it."""
    found, size = {"LetheError"}, 0
    classes = [
        node
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    while len(found) > size:
        size = len(found)
        found |= {one.name for one in classes if found & {ast.unparse(base) for base in one.bases}}
    return found


def spoken(tree: ast.Module) -> Iterator[ast.expr]:
    """What is given to errors, reports and notes as their text."""
    names = errors()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in names:
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
                    yield from call.args[:1]
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = 0 if name in names else SHOWN.get(name, len(node.args))
            yield from node.args[at : at + 1]


def literals(text: ast.expr) -> Iterator[str]:
    """The plain texts that an argument may be."""
    if isinstance(text, ast.IfExp):
        yield from literals(text.body)
        yield from literals(text.orelse)
    elif isinstance(text, ast.BinOp):
        yield from literals(text.left)
    elif (
        isinstance(text, ast.JoinedStr)
        or (isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value)
        or (isinstance(text, ast.Call) and ast.unparse(text.func).endswith((".format", ".join")))
    ):
        yield ast.unparse(text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ENGINE).as_posix())
def test_no_sentence_is_a_plain_string(path: Path) -> None:
    """Catches an error, a report or a note that the page can only show in English."""
    tree = ast.parse(path.read_text("utf-8"))
    plain = [one for text in spoken(tree) for one in literals(text) if WORDS.search(one)]
    assert not plain, "use said, said_n or noted of engine.said"
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            words = "{}".join(one.value for one in node.values if isinstance(one, ast.Constant))
            assert not WORDS.search(words), f"line {node.lineno}: {ast.unparse(node)}"


def test_a_plain_sentence_would_be_found() -> None:
    """Catches a test that looks past what it is for."""
    for line in (
        'raise LetheError(f"{name} is not here.")',
        'raise Unreadable("no such photo" if gone else said("damaged"), reason)',
        'watch(Progress("reading the photos", 0, 1))',
        'notes.append("The faces " + which)',
    ):
        tree = ast.parse(line)
        assert any(WORDS.search(one) for text in spoken(tree) for one in literals(text)), line


def every_value(text: str) -> Iterator[Said]:
    """A sentence, and every sentence that it is made of."""
    assert isinstance(text, Said), text
    yield text
    for value in text.values.values():
        if isinstance(value, Said):
            yield from every_value(value)


def refusals(gallery: Gallery, tmp_path: Path) -> Iterator[tuple[LetheError, str]]:
    """Real errors, and a piece of each that must be known for itself."""

    def error(act: object) -> LetheError:
        with pytest.raises(LetheError) as caught:
            act()  # type: ignore[operator]
        return caught.value

    yield error(lambda: gallery.find(["Aba"])), "did you mean {names}?"
    yield error(lambda: gallery.find(["ada  x"])), "{names} or {last}"
    yield error(lambda: METHODS["esc"].resolve({"rank": "many"})), "auto, paper or a whole number"
    (tmp_path / "Ada").mkdir()
    (tmp_path / "Ada" / "talk.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    yield error(lambda: open_gallery(tmp_path)), "video"
    yield error(lambda: collect(Found(), "nothing", "nowhere")), "it is empty; {advice}"


def test_errors_know_how_they_were_made(tmp_path: Path) -> None:
    """Catches an error whose sentence, or a part of it, has become a plain string on its way."""
    gallery = build(
        "some people",
        [(who, f"{who}/{at}", encoded(at)) for who in ("Ada", "Ada_X", "ADA_x") for at in range(3)],
        aligned=True,
    )
    for error, part in refusals(gallery, tmp_path):
        assert error.said == str(error)
        assert part in {one.template for one in every_value(error.said)}, error
    assert isinstance(Cancelled().said, Said)
    assert isinstance(refusal(ModelFile(Path("a.onnx"), b"<html>"), "").values["fault"], Said)


def test_what_the_registries_say_can_be_said_otherwise() -> None:
    """Catches a title or a help of a method, a measure, a model or a gallery in English only."""
    figures = {"kr": {"forget_test": 0.5, "forget_test_low": 0.4, "forget_test_high": 0.6}}
    texts = [*ASPECTS.values(), *NEEDS.values(), *filter(None, HEADLINES.values())]
    for metric in metrics().values():
        texts += [metric.title, metric.what, metric.name, metric.help]
        texts += [direction(metric), explained(metric)]
        texts += [one for one in (metric.whom, metric.column, metric.spelled) if one]
    texts += [question.title for question in QUESTIONS.values()]
    texts.append(in_full(metrics()["kr.forget_test"], figures, None))
    for method in METHODS.values():
        texts += [method.title, method.summary, method.source]
        texts += [option.help for option in method.options]
    for entry in BACKBONES.values():
        texts += [entry.title, entry.summary, *entry.options.values()]
    texts += [one.summary for one in SOURCES.values()]
    texts += [
        *kinds.KINDS.values(),
        *kinds.REMEDIES.values(),
        took(0.0),
        Skipped("a", CUT_OFF).cause,
    ]
    assert [one for one in texts if one and not isinstance(one, Said)] == []


def test_a_verdict_is_whole_sentences_with_what_is_coloured_in_them() -> None:
    """Catches a verdict that is glued together, which no other language can put in its order."""
    before = {"kr": {"forget_test": 1.0, "retain_test": 1.0}, "head": {"forget_test": 1.0}}
    after = {
        "kr": {"forget_test": 0.98, "chance": 0.2, "retain_test": 1.0},
        "head": {"forget_test": 0.0},
    }
    reading = read(before, after, ["Ada", "Omar"])
    assert [piece for piece in reading.pieces() if piece[1] != "plain"] == [
        ("still tell them apart", "forgotten")
    ]
    assert "".join(words for words, _ in reading.pieces()) == reading.sentences

    first = reading.parts[0].words
    assert set(first.values) == {"says", "mark", "rate"}
    assert isinstance(first.values["says"].values["who"], Said)
    assert [words for words, _ in reading.pieces(str.upper)][1] == "STILL TELL THEM APART"
