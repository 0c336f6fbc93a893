"""Local names that may be read before they have a value: emitted code must have no more of them than the original."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from tfmigrate.program.link import FunctionNode, Module
from tfmigrate.program.scan import COMPREHENSIONS, parameter_names

_CODE = (ast.FunctionDef, ast.AsyncFunctionDef)
# the names that surely have a value; None where no run comes by
Known = set[str] | None


def unsure_locals(module: Module) -> set[str]:
    """Names of functions, methods and scripts that a run may read before it has set them."""
    found = _Reads(module.tree.body, set()).found
    codes: list[FunctionNode] = [*module.of_kind(ast.FunctionDef), *module.of_kind(ast.AsyncFunctionDef)]
    for code in codes:
        found |= _Reads(code.body, parameter_names(code.args)).found
    return found


class _Reads:
    """Follows one body of code through all its branches. given: its parameters. found: what it may read too early."""

    def __init__(self, body: Sequence[ast.stmt], given: set[str]) -> None:
        self.found: set[str] = set()
        self.locals = _bound_in(body) - given
        if self.locals:
            self._suite(body, given)

    def _suite(self, statements: Sequence[ast.stmt], known: Known) -> Known:
        for statement in statements:
            if known is None:
                return None
            known = self._statement(statement, known)
        return known

    def _statement(self, node: ast.stmt, known: set[str]) -> Known:
        """What surely has a value behind a statement."""
        if isinstance(node, ast.If):
            self._reads([node.test], known)
            return _both(self._suite(node.body, set(known)), self._suite(node.orelse, set(known)))
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self._reads([node.iter], known)
            self._suite(node.body, known | _bound_in([node.target]))
            return self._suite(node.orelse, known)
        if isinstance(node, ast.While):
            self._reads([node.test], known)
            self._suite(node.body, set(known))
            return self._suite(node.orelse, known)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._reads([item.context_expr], known)
                known = known | _bound_in([item.optional_vars] if item.optional_vars is not None else [])
            return self._suite(node.body, known)
        if isinstance(node, ast.Try):
            done = self._suite([*node.body, *node.orelse], set(known))
            for handler in node.handlers:
                caught = known | ({handler.name} if handler.name else set())
                done = _both(done, self._suite(handler.body, caught))
            last = self._suite(node.finalbody, set(known))
            return None if done is None or last is None else done | last
        if isinstance(node, ast.Match):
            return known  # what the cases bind is not asked for
        if isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            self._reads(ast.iter_child_nodes(node), known)
            return None
        if isinstance(node, (*_CODE, ast.ClassDef)):
            heads = [*node.decorator_list, *(node.bases if isinstance(node, ast.ClassDef) else _defaults(node))]
            self._reads(heads, known)
            return known | {node.name}
        if isinstance(node, ast.AugAssign):
            target = node.target
            self._reads([ast.Name(target.id, ast.Load())] if isinstance(target, ast.Name) else [target], known)
            self._reads([node.value], known)
            return known | _bound_in([target])
        if isinstance(node, ast.Delete):
            return known - {target.id for target in node.targets if isinstance(target, ast.Name)}
        self._reads(ast.iter_child_nodes(node), known)
        return known | _bound_in([node])

    def _reads(self, nodes: Iterable[ast.AST], known: set[str]) -> None:
        """Note what expressions read; functions inside run later."""
        for node in nodes:
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load) and node.id in self.locals and node.id not in known:
                    self.found.add(node.id)
            elif isinstance(node, COMPREHENSIONS):
                own = _bound_in([each.target for each in node.generators])
                self._reads([node.generators[0].iter], known)
                self._reads(ast.iter_child_nodes(node), known | own)
            elif isinstance(node, ast.NamedExpr):
                self._reads([node.value], known)
                known.add(node.target.id)
            elif not isinstance(node, ast.Lambda):
                self._reads(ast.iter_child_nodes(node), known)


def _both(one: Known, other: Known) -> Known:
    """What has a value whichever of two ways a run came."""
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _defaults(code: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    return [*code.args.defaults, *(default for default in code.args.kw_defaults if default is not None)]


def _bound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that code binds for the function that it stands in."""
    found: set[str] = set()
    elsewhere: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            elsewhere |= set(node.names)
        elif isinstance(node, (*_CODE, ast.ClassDef)):
            found.add(node.name)
            continue
        elif isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            continue
        waiting.extend(ast.iter_child_nodes(node))
    return found - elsewhere
