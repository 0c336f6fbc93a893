"""What a comprehension over variables asks about their names."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.walk.regions import Query, Variable, show_path
from tfmigrate.walk.values import Const


def asked(query: Query) -> Iterable[Variable]:
    """The variables whose names decide over a list: those in it, and where names are ruled out, all."""
    excludes = any(isinstance(n, (ast.NotIn, ast.Not)) for n in ast.walk(query.node))
    return query.source if excludes and query.source is not None else query.variables


def name_reads(node: ast.AST, target: str) -> list[ast.Attribute]:
    """The expressions `v.name` and `v.op.name` in a comprehension over `v`, the outermost of each."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "name":
            text = ast.unparse(inner)
            if text in (f"{target}.name", f"{target}.op.name"):
                found.append(inner)
    return found


def reads_names(node: ast.expr) -> bool:
    """Whether a comprehension asks for the names of variables."""
    target = target_name(node)
    return bool(name_reads(node, target))


def target_name(node: ast.expr) -> str:
    """The name that a list gives each variable, or a usual one."""
    if isinstance(node, ast.ListComp) and isinstance(node.generators[0].target, ast.Name):
        return node.generators[0].target.id
    return "var"


def names_become_paths(node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> bool:
    """Whether every question about `v.name` has the same answer for `v.path`, which has no ":0" behind it."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        return False
    parents = _parents(node)
    reads = name_reads(node, node.generators[0].target.id)
    return bool(reads) and all(_same_for_path(read, parents) for read in reads)


def asks_for_other_words(node: ast.ListComp | ast.GeneratorExp | ast.SetComp, added: Iterable[str]) -> bool:
    """Whether `v.name` is only asked for words, and none of these is in what is added to it."""
    target = node.generators[0].target
    parents = _parents(node)
    for read in name_reads(node, target.id) if isinstance(target, ast.Name) else ():
        asks = parents[read]
        if not isinstance(asks, ast.Compare) or not isinstance(asks.ops[0], (ast.In, ast.NotIn)):
            return False
        word = asks.left.value if isinstance(asks.left, ast.Constant) else None
        if not isinstance(word, str) or not word.isalpha() or any(word in segment for segment in added):
            return False
    return True


def tells_apart(node: ast.ListComp | ast.GeneratorExp | ast.SetComp, variable: Variable) -> bool:
    """Whether a question about the name of a variable has another answer for the name that Keras gives it."""
    assert (
        variable.path is not None
        and variable.keras_name is not None
        and isinstance(node.generators[0].target, ast.Name)
    )
    before, after = str(variable.path[-1]), variable.keras_name
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if all(isinstance(segment, Const) for segment in variable.path):
        above = f"{show_path(variable.path[:-1])}/"
        before, after = above + before, above + after
        return any((text in before) != (text in after) for text in texts)
    return any("/" in text or (text in before) != (text in after) for text in texts)


def _parents(node: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}


def _same_for_path(read: ast.Attribute, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[read]
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1 and parent.comparators[0] is read:
        wanted = parent.left
        return isinstance(parent.ops[0], (ast.In, ast.NotIn)) and _is_plain_text(wanted)
    if isinstance(parent, ast.Attribute) and parent.attr == "startswith":
        call = parents[parent]
        return isinstance(call, ast.Call) and len(call.args) == 1 and _is_plain_text(call.args[0])
    return False


def _is_plain_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" not in node.value
