"""Lists that `zip` cuts off: what an optimizer has added behind the variables of one finds no partner in the other.

t = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="target")
e = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="evaluated")     # and the slots of what is trained
replace = [tf.assign(a, b) for a, b in zip(t, e)]
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan, scan_code
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.walk.regions import Query
from tfmigrate.walk.values import Const

# the lists that the program makes at a node
Lists = Callable[[ast.AST], list[Query]]


def is_cut_off(query: Query, lists: Lists) -> bool:
    """Whether a list is only paired, with lists that are no longer than what it holds in front of the slots."""
    code = query.region.call
    scan = scan_code(code.function or code.module)
    uses = list(_uses(query.node, scan, code.module))
    return bool(uses) and all(use is not None and _is_paired(use, query, scan, lists) for use in uses)


def _is_paired(use: ast.expr, query: Query, scan: Scan, lists: Lists) -> bool:
    call = next(ancestors(query.region.module, use), None)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "zip":
        return False
    if "zip" in scan.bindings or call.keywords:
        return False
    found = [_listed(other, scan) for other in call.args if other is not use]
    others = [other for node in found if node is not None for other in lists(node)]
    own = lists(query.node)
    if None in found or not others or not all(map(_is_plain, (*own, *others))):
        return False
    shortest = min(len(each.variables) for each in own)
    return all(each.slots_last for each in own) and all(
        not other.slots and len(other.variables) <= shortest for other in others
    )


def _is_plain(query: Query) -> bool:
    """Whether all that a list holds is known one by one."""
    paths = [variable.path for variable in query.variables]
    return query.complete and all(path and all(isinstance(part, Const) for part in path) for path in paths)


def _uses(node: ast.expr, scan: Scan, module: Module) -> Iterator[ast.expr | None]:
    """Where a list is used, itself or by the one name that it is given; None for what cannot be followed."""
    if node not in scan.parents:
        yield None
        return
    outer = scan.parents[node]
    if not isinstance(outer, ast.Assign):
        yield node
        return
    target = outer.targets[0]
    home = next(functions_around(module, node), None)
    if len(outer.targets) > 1 or not isinstance(target, ast.Name) or len(scan.bindings[target.id]) != 1 or home is None:
        yield None
        return
    yield from (n for n in ast.walk(home) if isinstance(n, ast.Name) and n.id == target.id and n is not target)


def _listed(node: ast.expr, scan: Scan) -> ast.expr | None:
    """The expression that makes a list, where a name stands for it."""
    if not isinstance(node, ast.Name):
        return node
    bindings = scan.bindings.get(node.id, [])
    statement = bindings[0].statement if len(bindings) == 1 else None
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return None
    return statement.value if isinstance(statement.targets[0], ast.Name) else None
