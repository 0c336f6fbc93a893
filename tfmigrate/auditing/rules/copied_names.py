"""Two layers in a row with the same literal name, under AUTO_REUSE: a line that was copied."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.auditing.facts import Facts, parting
from tfmigrate.auditing.remark import Remark
from tfmigrate.program.link import Module
from tfmigrate.program.scan import names_in
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Creation, around, show_path
from tfmigrate.walk.scoping import AUTO

# of a call that is one layer, also with a normalization
_MOST_VARIABLES = 6


def check(facts: Facts) -> Iterator[Remark]:
    for variable, first, later in facts.shared():
        if first.reuse != AUTO or later.reuse != AUTO:
            continue
        found = parting(first, later)
        if found is None:
            continue
        early, late, module = found
        if not isinstance(early, ast.Call) or not isinstance(late, ast.Call) or not _is_one_layer(first, early):
            continue
        name = _common_name(early, late)
        if name is not None and _feeds(module, early, late):
            text = (
                f"this layer is called {name!r} as the one that feeds it, so under AUTO_REUSE both have one variable, "
                f"{show_path(variable.path or ())}"
            )
            yield Remark("TFM705", module, late, text, ((module, early, f"the other layer of the name {name!r}"),))


def _is_one_layer(creation: Creation, call: ast.Call) -> bool:
    region = next((r for r in around(creation.region) if r.node is call), None)
    if region is None:
        return creation.node is call
    made = [v for inner in region.creations() for v in inner.variables]
    return len(made) <= _MOST_VARIABLES and len({v.path[:-1] for v in made if v.path is not None}) == 1


def _common_name(one: ast.Call, other: ast.Call) -> str | None:
    """The one string that both calls are given at the same place."""
    if ast.dump(one.func) != ast.dump(other.func):
        return None
    both = set(_texts(one)) & set(_texts(other))
    return next(iter(both))[1] if len(both) == 1 else None


def _texts(call: ast.Call) -> Iterator[tuple[object, str]]:
    given: list[tuple[object, ast.expr]] = [*enumerate(call.args), *((k.arg, k.value) for k in call.keywords)]
    for place, value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield place, value.value


def _feeds(module: Module, early: ast.Call, late: ast.Call) -> bool:
    """Whether what the one call gives is an argument of the other, in statements of one block after the other."""
    if early in ast.walk(late):
        return True
    start, end = _statement(module, early), _statement(module, late)
    suite = _suite(module, start)
    if end not in suite or not isinstance(start, ast.Assign):
        return False
    coming = _targets(start)
    for statement in suite[suite.index(start) + 1 : suite.index(end)]:
        if isinstance(statement, ast.Assign):
            fed = bool(names_in(statement.value) & coming)
            coming = coming | _targets(statement) if fed else coming - _targets(statement)
    return bool(names_in(late) & coming)


def _targets(statement: ast.Assign) -> set[str]:
    return {target.id for target in statement.targets if isinstance(target, ast.Name)}


def _statement(module: Module, node: ast.AST) -> ast.stmt | None:
    return next((outer for outer in ancestors(module, node) if isinstance(outer, ast.stmt)), None)


def _suite(module: Module, statement: ast.stmt | None) -> list[ast.stmt]:
    owner = next(ancestors(module, statement), None) if statement is not None else None
    suites: Iterable[object] = (getattr(owner, name, None) for name in ("body", "orelse", "finalbody"))
    return next((suite for suite in suites if isinstance(suite, list) and statement in suite), [])
