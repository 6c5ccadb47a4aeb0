"""The faults: one small change of a module's source each, found through its syntax tree.

Changed are comparisons, calculations, conditions, numbers, truth values, keys and compared texts;
left out are calls, stores, returned values, raises, breaks and continues. Never changed is what no
test should pin down:

- numbers that tune (`BATCH = 64` at the top of a module; mutmut changes nothing there at all): a
  test of their values would be a copy of them. Where files of strangers are read (`BOUNDS`) such
  numbers are limits of safety and are changed, as are tables everywhere;
- the default of a `seed`: every seed is as good;
- what people read: messages, `help=`, progress, `__repr__`, and how many digits are shown;
- what only a type checker reads.
"""

import ast
import copy
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
WORDS = (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.pattern)
"""What is never changed inside: what people read, what only types need, what has no other form."""

WORDY = frozenset({"isinstance", "cast", "LetheError", "Progress", "__repr__"})
"""Calls and functions inside which are types and words."""

BOUNDS = ("engine/sources/", "engine/photo.py")
"""Where files of strangers are read, so that a module's numbers are limits of safety."""


@dataclass(frozen=True)
class Mutant:
    """One fault: `source` is the whole changed module, `before` and `after` the changed part of the
    line that begins with `text`.

    `spans` are first and last lines, most telling first: a test that runs none of the first span
    may still run one of the next.
    """

    path: str
    line: int
    text: str
    before: str
    after: str
    source: str
    spans: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """What stays when lines move: file, text of the line, before and after."""
        return f"{self.path} | {self.text} | {self.before} | {self.after}"


def sample(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """One fault in each of `size` lines, every line as likely as any other; in order of place."""
    lines: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for one in mutants:
        lines[one.path, one.line].append(one)
    rng = random.Random(seed)
    chosen = rng.sample(sorted(lines), min(size, len(lines)))
    return [rng.choice(lines[place]) for place in sorted(chosen)]


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Every fault of one module, `path` as under `root`."""
    source = (root / path).read_text(encoding="utf-8")
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return finder.found


class _Finder(ast.NodeVisitor):
    """Walks a module and writes each fault into its text, so that all other lines stay."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source = path, source
        self.lines = [line.encode() for line in source.splitlines(keepends=True)]
        self.statements: list[ast.stmt] = []
        self.found: list[Mutant] = []

    def visit(self, node: ast.AST) -> None:
        """Make the faults of this node, then of what is inside it."""
        if isinstance(node, ast.stmt):
            self.statements.append(node)
        for change in _changes(node):
            self._add(node, change)
        for inner in self._inside(node):
            self.visit(inner)
        for part, change in _parts(node):
            self._add(part, change)
        if isinstance(node, ast.stmt):
            self.statements.pop()

    def _inside(self, node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, WORDS) or self._is_wordy(node):
            return
        if isinstance(node, ast.FunctionDef):  # neither decorators nor annotations
            yield from (*_defaults(node.args), *node.body)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "round":
            yield from node.args[:1]
        elif isinstance(node, ast.Lambda):
            yield node.body
        elif isinstance(node, ast.ClassDef):
            yield from node.body
        elif isinstance(node, ast.AnnAssign):
            yield from filter(None, [node.value])
        else:
            yield from ast.iter_child_nodes(node)

    def _is_wordy(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in WORDY
        if isinstance(node, ast.FunctionDef):
            return node.name in WORDY
        if isinstance(node, ast.keyword):
            return node.arg == "help"
        if isinstance(node, ast.If):
            return _is_guard(node.test)
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            return False
        name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        if len(self.statements) > 1:
            return isinstance(node, ast.AnnAssign) and name == "seed"
        value = node.value
        tunes = name.isupper() and not self.path.startswith(BOUNDS)
        return value is not None and ((tunes and _is_numbers(value)) or _is_type(value))

    def _add(self, node: ast.AST, after: str) -> None:
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        head = b"".join(self.lines[:first]) + self.lines[first][: node.col_offset]
        tail = self.lines[last][node.end_col_offset :] + b"".join(self.lines[last + 1 :])
        source = (head + after.encode() + tail).decode()
        ast.parse(source)
        before = ast.get_source_segment(self.source, node) or ""
        text = self.lines[first].decode().strip()
        before = " ".join(before.split())
        spans = self._spans()
        self.found.append(Mutant(self.path, node.lineno, text, before, after, source, spans))

    def _spans(self) -> tuple[tuple[int, int], ...]:
        """The lines of the statement (of its head, where it holds others), then its function's."""
        spans = []
        for at, one in enumerate(reversed(self.statements)):
            inner = getattr(one, "body", None)
            if at == 0:
                last = inner[0].lineno - 1 if inner else one.end_lineno
                spans.append((one.lineno, max(one.lineno, int(last or 0))))
            if isinstance(one, ast.FunctionDef):
                spans.append((one.body[0].lineno, int(one.end_lineno or 0)))
        return (*spans, (1, len(self.lines)))


def _changes(node: ast.AST) -> Iterator[str]:
    """The texts that may stand instead of a node; an expression comes in brackets."""
    make = _CHANGES.get(type(node))
    for after in make(node) if make else ():
        if isinstance(after, str):
            yield after
        else:
            yield f"({ast.unparse(after)})"


def _parts(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Faults of a node's parts: a condition turned round, a key or a compared text misspelt."""
    conditions: list[ast.expr] = []
    texts: list[ast.expr | None] = []
    if isinstance(node, ast.If | ast.While):
        conditions = [] if _is_guard(node.test) else [node.test]
    elif isinstance(node, ast.comprehension):
        conditions = node.ifs
    elif isinstance(node, ast.Compare):
        texts = [node.left, *node.comparators]
    elif isinstance(node, ast.Subscript):
        texts = [node.slice]
    elif isinstance(node, ast.Dict):
        texts = list(node.keys)
    for one in conditions:
        if isinstance(one, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr | ast.BoolOp):
            yield one, f"(not ({ast.unparse(one)}))"
    for text in texts:
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text, repr(f"{text.value}X")


def _compare(node: ast.Compare) -> Iterator[ast.expr]:
    for at, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:
            new = copy.deepcopy(node)
            new.ops[at] = other()
            yield new


def _bool_op(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _bin_op(node: ast.BinOp) -> Iterator[ast.expr]:
    if type(node.op) in CALCULATED and not (_is_text(node.left) or _is_text(node.right)):
        yield ast.BinOp(node.left, CALCULATED[type(node.op)](), node.right)


def _unary_op(node: ast.UnaryOp) -> Iterator[ast.expr]:
    yield node.operand


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1 if abs(value) < 10 else 2 * value)
    elif isinstance(value, float):
        yield ast.Constant(2 * value if value else 1.0)


def _if_exp(node: ast.IfExp) -> Iterator[ast.expr]:
    yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _return(node: ast.Return) -> Iterator[str]:
    if node.value is not None and not _is_none(node.value):
        yield "return None"


def _expression(node: ast.Expr) -> Iterator[str]:
    if isinstance(node.value, ast.Call):
        yield "pass"


def _store(node: ast.Assign) -> Iterator[str]:
    """A plain name's assignment stays: without it nearly every test fails, which tells nothing."""
    if all(isinstance(one, ast.Attribute | ast.Subscript) for one in node.targets):
        yield "pass"


def _aug_assign(node: ast.AugAssign) -> Iterator[str]:
    yield "pass"
    if type(node.op) in CALCULATED and not _is_text(node.value):
        other = ast.AugAssign(node.target, CALCULATED[type(node.op)](), node.value)
        yield ast.unparse(other)


def _gone(node: ast.stmt) -> Iterator[str]:
    yield "pass"


_CHANGES: dict[type[ast.AST], Callable[..., Iterator[ast.expr] | Iterator[str]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.BinOp: _bin_op,
    ast.UnaryOp: _unary_op,
    ast.Constant: _constant,
    ast.IfExp: _if_exp,
    ast.Return: _return,
    ast.Expr: _expression,
    ast.Assign: _store,
    ast.AugAssign: _aug_assign,
    ast.Raise: _gone,
    ast.Continue: _gone,
    ast.Break: _gone,
    ast.Delete: _gone,
}


def _defaults(of: ast.arguments) -> list[ast.expr]:
    """The defaults of a function's arguments but `seed`."""
    last = [*of.posonlyargs, *of.args][::-1]
    named = [*zip(last, of.defaults[::-1], strict=False)][::-1]
    pairs = [*named, *zip(of.kwonlyargs, of.kw_defaults, strict=True)]
    return [default for arg, default in pairs if default is not None and arg.arg != "seed"]


def _is_numbers(node: ast.expr) -> bool:
    """Whether this is a number, a calculation of numbers, or a tuple of such."""
    return re.fullmatch(r"[-+*/<(). ,e\d]+", ast.unparse(node)) is not None


def _is_text(node: ast.expr) -> bool:
    """Whether this is a text or a list written out, which can only be added."""
    if isinstance(node, ast.JoinedStr | ast.List | ast.Tuple):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_guard(test: ast.expr) -> bool:
    """Whether a condition is about how the module is read: by a type checker, as a program."""
    return ast.unparse(test) in ("TYPE_CHECKING", "__name__ == '__main__'")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_type(node: ast.expr) -> bool:
    """Whether a module's assignment names a type: `Callable[...]`, `A | B`."""
    return isinstance(node, ast.Subscript) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    )
