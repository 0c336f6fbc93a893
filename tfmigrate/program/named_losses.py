"""Functions that add up the losses of regularized variables which have a text in their names.

def regularization_loss(scope_name):
    collected = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    loss = []
    for item in collected:
        if scope_name in item.name:
            loss.append(item)
    return tf.reduce_sum(loss)
"""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Function, Module

_SUMS = ("tf.reduce_sum", "tf.add_n")
_READS = "tf.losses.get_regularization_losses"
_COLLECTION = "tf.GraphKeys.REGULARIZATION_LOSSES"


@lru_cache(maxsize=10_000)
def adds_named_losses(function: Function) -> bool:
    """Whether a function does this with its one argument, and nothing else."""
    spec = function.node.args
    plain = not (function.node.decorator_list or spec.vararg or spec.kwarg or spec.defaults or function.cls)
    if len(function.params) != 1 or function.parent is not None or not plain:
        return False
    body = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    names = {s.targets[0].id: s.value for s in body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)}
    last = body[-1] if body else None
    loops = [s for s in body if isinstance(s, ast.For)]
    if not isinstance(last, ast.Return) or len(names) + len(loops) + 1 != len(body) or len(loops) > 1:
        return False
    added = _summed(last.value, function.module)
    if added is None or function.params[0] in names:
        return False
    if loops:
        return isinstance(added, ast.Name) and _is_filled(added.id, loops[0], names, function)
    kept = names.pop(added.id, None) if isinstance(added, ast.Name) else added
    return _is_filter(kept, names, function)


def _summed(node: ast.expr | None, module: Module) -> ast.expr | None:
    """What is added up."""
    alone = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
    return node.args[0] if alone and isinstance(node, ast.Call) and library_name(module, node.func) in _SUMS else None


def _is_filled(name: str, loop: ast.For, names: dict[str, ast.expr], function: Function) -> bool:
    """Whether a loop puts the losses of that name into a list which was empty."""
    begun = names.pop(name, None)
    inner = loop.body[0] if len(loop.body) == 1 and not loop.orelse else None
    if not isinstance(begun, ast.List) or begun.elts or not isinstance(inner, ast.If) or inner.orelse:
        return False
    put = inner.body[0] if len(inner.body) == 1 else None
    if not isinstance(put, ast.Expr) or not isinstance(loop.target, ast.Name):
        return False
    appends = ast.unparse(put) == f"{name}.append({loop.target.id})"
    return appends and _asks(inner.test, loop.target.id, function) and _is_collection(loop.iter, names, function)


def _is_filter(node: ast.expr | None, names: dict[str, ast.expr], function: Function) -> bool:
    if not isinstance(node, ast.ListComp) or len(node.generators) != 1:
        return False
    generator = node.generators[0]
    target = generator.target
    if not isinstance(target, ast.Name) or ast.unparse(node.elt) != target.id or len(generator.ifs) != 1:
        return False
    return _asks(generator.ifs[0], target.id, function) and _is_collection(generator.iter, names, function)


def _asks(test: ast.expr, item: str, function: Function) -> bool:
    return ast.unparse(test) == f"{function.params[0]} in {item}.name" and item != function.params[0]


def _is_collection(node: ast.expr, names: dict[str, ast.expr], function: Function) -> bool:
    """Whether this is all that there is of such losses, and nothing else has a name."""
    value = names.pop(node.id, None) if isinstance(node, ast.Name) else node
    if names or not isinstance(value, ast.Call) or value.keywords:
        return False
    known = library_name(function.module, value.func)
    if known == "tf.get_collection" and len(value.args) == 1:
        return library_name(function.module, value.args[0]) == _COLLECTION
    return known == _READS and not value.args
