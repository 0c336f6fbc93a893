"""What counts the rounds of a loop: a name that its head has, or one that it gets."""

from __future__ import annotations

import ast
from collections import Counter as Counting
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors, functions_around, is_list_of_rounds

# what names a layer of its own in each round: the statement, or the `for` of a comprehension
Loop = ast.For | ast.comprehension
LOOPS = (ast.For, ast.comprehension)

_ITERATORS = {"map", "filter", "zip", "iter", "enumerate", "reversed"}
_SEQUENCES = (ast.Name, ast.Attribute, ast.Subscript, ast.List, ast.Tuple)
_NAMES = ("i", "j", "k", "index", "position", "round_number")


@dataclass(frozen=True)
class Counter:
    """index: the name that counts. start: what it is in the first round.

    target: the target that the loop has then, None where it has a counter already. enumerated: whether the loop then
    runs over the pairs of `enumerate`.
    """

    index: str
    start: int = 0
    target: str | None = None
    enumerated: bool = False

    @property
    def text(self) -> str:
        """The number of a round; the first one is 0."""
        return self.index if not self.start else f"{self.index} - {self.start}"


def loop_of(node: ast.AST) -> ast.AST:
    """The loop that a list comprehension is which only runs through something; other nodes are themselves."""
    return node.generators[0] if is_list_of_rounds(node) else node


@lru_cache(maxsize=10_000)
def counter_of(loop: ast.For, module: Module) -> Counter:
    """What counts the rounds of a loop."""
    call = loop.iter
    over = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    args = call.args if isinstance(call, ast.Call) and not call.keywords else []
    counts = over in ("range", "xrange") and len(args) in (1, 2)
    start = _number(args[0]) if counts and len(args) == 2 else 0
    if counts and start is not None and isinstance(loop.target, ast.Name):
        if loop.target.id != "_" and not _rebinds(loop, loop.target.id):
            return Counter(loop.target.id, start)
        if loop.target.id == "_":
            index = _free_name(loop, module)
            return Counter(index, start, index)
    if over == "enumerate" and isinstance(loop.target, ast.Tuple) and len(loop.target.elts) == 2:
        first = loop.target.elts[0]
        begin = _number(args[1]) if len(args) == 2 else 0
        if isinstance(first, ast.Name) and first.id != "_" and begin is not None and args:
            if not _rebinds(loop, first.id):
                return Counter(first.id, begin)
    index = _free_name(loop, module)
    return Counter(index, 0, f"{index}, {ast.unparse(loop.target)}", True)


@lru_cache(maxsize=10_000)
def grown_lists(loop: ast.For) -> frozenset[str]:
    """The lists to which every round of a loop appends one item, and which it reads by index or length besides."""
    if not runs_through(loop):
        return frozenset()
    appends = [call for statement in _sure(loop.body) if (call := _append(statement)) is not None]
    names = Counting(call.func.value.id for call in appends)  # type: ignore[attr-defined]
    parents = {child: node for node in ast.walk(loop) for child in ast.iter_child_nodes(node)}
    known = {call.func for call in appends}
    others = {
        node.id
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and parents[node] not in known and not _only_reads(node, parents[node])
    }
    return frozenset(name for name, times in names.items() if times == 1) - others


def _sure(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that surely run."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.With):
            yield from _sure(statement.body)


def _append(statement: ast.stmt) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
        return None
    return call if isinstance(call.func.value, ast.Name) else None


def _only_reads(node: ast.Name, parent: ast.AST) -> bool:
    """Whether a name is read for its length or one of its items."""
    length = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len"
    item = isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.ctx, ast.Load)
    return isinstance(node.ctx, ast.Load) and (length or item)


def runs_through(loop: ast.For) -> bool:
    """Whether all rounds of a loop run all of its statements."""
    leaves = (ast.Break, ast.Continue, ast.Return, ast.Raise)
    return not loop.orelse and not any(isinstance(node, leaves) for node in ast.walk(loop))


def is_spent(loop: Loop, module: Module) -> bool:
    """Whether a loop runs over something with a name that can be gone through only once: `sizes = map(int, texts)`."""
    around = functions_around(module, loop)
    names = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
    for code in [*around, module.tree]:
        for node in ast.walk(code):
            if isinstance(node, ast.Assign) and is_iterator(node.value):
                if any(isinstance(target, ast.Name) and target.id in names for target in node.targets):
                    return True
    return False


def is_iterator(node: ast.expr | None) -> bool:
    """Whether an expression makes something that can be gone through only once."""
    if isinstance(node, ast.GeneratorExp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ITERATORS


def length_of(loop: ast.For) -> ast.expr | None:
    """The number of rounds of a loop over `range(n)`, or what it runs over, in order; None if it is neither."""
    call = loop.iter
    if isinstance(call, _SEQUENCES):
        return call
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords or not call.args:
        return None
    if call.func.id in ("range", "xrange"):
        return call.args[0] if len(call.args) == 1 else None
    over = call.args[0]
    if call.func.id not in ("enumerate", "reversed", "sorted", "list", "tuple"):
        return None
    makes_list = isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id in ("list", "sorted")
    return over if makes_list or isinstance(over, _SEQUENCES) else None


def stop_of(loop: ast.For) -> ast.expr | None:
    """Where a loop over `range` with one target stops, if it surely gets there: one less is what the target is then."""
    call = loop.iter
    if not is_range(loop) or not isinstance(call, ast.Call) or call.keywords or len(call.args) not in (1, 2):
        return None
    if not isinstance(loop.target, ast.Name) or _rebinds(loop, loop.target.id):
        return None
    return call.args[-1] if runs_through(loop) else None


def is_range(loop: ast.For) -> bool:
    """Whether a loop counts."""
    call = loop.iter
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("range", "xrange")


def _number(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _rebinds(loop: ast.For, name: str) -> bool:
    inside = (node for statement in loop.body for node in ast.walk(statement))
    return any(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in inside)


def _free_name(loop: ast.For, module: Module) -> str:
    """A name that nothing around the loop has; that of a loop in another loop is another one."""
    functions = list(functions_around(module, loop))
    code = functions[-1] if functions else module.tree
    taken = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in ast.walk(code) if isinstance(node, ast.arg)}
    free = [name for name in _NAMES if name not in taken]
    depth = sum(isinstance(outer, ast.For) for outer in ancestors(module, loop))
    return free[depth] if depth < len(free) else f"round_{depth}_of_{len(taken)}"
