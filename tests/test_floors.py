"""Who may import whom: the page the engine and never back, the engine's floors only downwards."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS: tuple[tuple[str, str], ...] = (
    (
        "nothing of faces yet",
        "errors said progress store assets machine waiting compiled names durations placed",
    ),
    (
        "photos and people",
        "photo gallery sources warp detection clarity alignment",
    ),
    (
        "photos to embeddings",
        "heads backbones features rendered usable near_copies oddities doubts company likeness "
        "embeddings",
    ),
    ("fresh classifiers on embeddings", "probes fitted_head matching view"),
    ("erasing", "erasure"),
    ("people, a model and what was erased", "workspace opening"),
    ("measuring", "audit"),
    ("what a slider and the map need", "live maps umaps neighbours"),
    ("one person's way through a workspace", "service compare averages"),
    ("what is handed over", "report policy export cli __main__ steps lab"),
)
"""Each floor of the engine and the modules and packages that live there, lowest first. The deepest
name that fits a module counts, so that a module inside a package may be given another floor."""

KNOWN: frozenset[str] = frozenset()
"""Imports that still go upwards, `importer -> imported`; one that is gone must leave the list."""

KNOWN_CYCLES: frozenset[str] = frozenset()
"""Circles of imports that still are, as `a <-> b` of all their modules; exact like `KNOWN`."""


def modules(*packages: str) -> dict[str, Path]:
    """Dotted name -> file of every module; a package goes by its own name."""
    found = {}
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path], *, anywhere: bool) -> Iterator[str]:
    """What a file imports, as dotted names: `from a import b` is `a.b` where that is a module.

    Not `anywhere` leaves out what functions import when they run.
    """
    inner: set[ast.AST] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in inner and not anywhere:
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively, which nothing else here does"
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                yield whole if whole in known else str(node.module)
        elif isinstance(node, ast.Constant) and str(node.value) in known:
            yield str(node.value)  # a registry that imports by name


@pytest.fixture(scope="module")
def engine() -> dict[str, Path]:
    return modules("engine")


def floor_of(module: str) -> int | None:
    """The floor a module of the engine lives on; None for the engine's own `__init__`."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        for number, (_, residents) in enumerate(FLOORS, start=1):
            if name in residents.split():
                return number
    return None


def test_the_engine_knows_no_page_and_no_tools(engine: dict[str, Path]):
    """Would catch an engine that needs Gradio or the page, or a runtime that needs the renderer."""
    for name, path in engine.items():
        tops = {one.split(".")[0] for one in imports(path, engine, anywhere=True)}
        assert not tops & {"demo", "gradio", "tools", "tests", "benchmarks"}, name


def test_the_page_needs_no_tools():
    """Would catch a page that breaks when it is installed, where there are no tools."""
    page = modules("demo")
    for name, path in page.items():
        tops = {one.split(".")[0] for one in imports(path, page, anywhere=True)}
        assert not tops & {"tools", "tests", "benchmarks"}, name


def test_every_module_has_a_floor(engine: dict[str, Path]):
    """Would catch a new module that nobody placed, and a name that lives on two floors."""
    residents = [name for _, names in FLOORS for name in names.split()]
    assert len(residents) == len(set(residents))
    assert [name for name in engine if name != "engine" and floor_of(name) is None] == []


def test_imports_go_downwards(engine: dict[str, Path]):
    """Would catch a gallery that knows an eraser, an eraser that knows its audit, and so on."""
    upward = set()
    for name, path in engine.items():
        for other in imports(path, engine, anywhere=True):
            here, there = floor_of(name), floor_of(other) if other in engine else None
            if here is not None and there is not None and there > here:
                upward.add(f"{name} -> {other}")
    assert sorted(upward - KNOWN) == [], "these imports go upwards"
    assert sorted(KNOWN - upward) == [], "these are gone; take them off KNOWN"


def test_no_circles(engine: dict[str, Path]):
    """Would catch two modules that need each other, hidden by a late or type-only import too."""
    edges = {
        name: {one for one in imports(path, engine, anywhere=False) if one in engine} - {name}
        for name, path in engine.items()
    }
    circles = {" <-> ".join(sorted(group)) for group in _circles(edges)}
    assert sorted(circles - KNOWN_CYCLES) == [], "these modules need each other"
    assert sorted(KNOWN_CYCLES - circles) == [], "these are gone; take them off KNOWN_CYCLES"


def _circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected groups of two modules or more."""
    reached = {name: _reached(name, edges) for name in edges}
    groups = [
        {other for other in reached[name] if name in reached[other]} | {name} for name in edges
    ]
    return [
        group
        for place, group in enumerate(groups)
        if len(group) > 1 and group not in groups[:place]
    ]


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for other in edges[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def test_the_walk_sees_what_it_must(tmp_path: Path):
    """Would catch a walk that skips late, type-only or by-name imports, or a circle of three."""
    file = tmp_path / "a.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from engine.b import C\n"
        "from engine import d\nWHERE = 'engine.e'\ndef f():\n    import engine.g\n"
    )
    known = dict.fromkeys(("engine.b", "engine.d", "engine.e", "engine.g"), file)
    assert set(imports(file, known, anywhere=True)) >= set(known)
    assert "engine.g" not in set(imports(file, known, anywhere=False))
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
