"""The scope blocks of code that stays: they become name scopes, and what switches reuse on goes."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.name_scopes import name_scope
from tfmigrate.planning.plain_code import Code
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.statements import is_reuse_statement, statements
from tfmigrate.program.render import render
from tfmigrate.program.scan import names_in
from tfmigrate.sites import NameScope, Remove, Replace, Sites, Unwrap
from tfmigrate.spans import span
from tfmigrate.walk.regions import Region


def write_plain_scopes(
    code: Code, blocks: Sequence[Region], makers: set[Region], sites: Sites, keep_reuse: bool
) -> None:
    """Scope blocks of a plain function become name scopes; switching reuse on goes. Raises Refusal."""
    seen: dict[ast.With, bool] = {}
    for region in blocks:
        assert isinstance(region.node, ast.With)
        seen[region.node] = seen.get(region.node, False) or region in makers
    gone: set[ast.AST] = set()
    again = {scope_name(r.node.items[0].context_expr) for r in blocks if isinstance(r.node, ast.With) and r.by_object}
    for block, makes in seen.items():
        inside = [region for region in blocks if region.node is block]
        action = name_scope(block, makes, code.module, {}, inside, kept=True)
        known = isinstance(action, NameScope) and action.known
        within = again.union(creation.within for region in inside for creation in region.creations())
        _check_alias(code, block, within, known)
        for node in _alias_names(code, block) if not known else ():
            text = render(code.module, scope_name(block.items[0].context_expr), lambda _: None)  # type: ignore[arg-type]
            sites.add("scopes", span(code.module, node), Replace(text))
        if keep_reuse and isinstance(action, Unwrap):
            continue  # what it switches reuse on for ends with it
        gone.add(block)
        sites.add("scopes", span(code.module, block), action)
        assert isinstance(action, Unwrap) or action.text
    _switch_no_more(code, gone, sites, keep_reuse)


def _switch_no_more(code: Code, gone: Container[ast.AST], sites: Sites, keep_reuse: bool) -> None:
    """What switches reuse on goes; where some of the code stays TF1, only what switched it for scopes that are gone."""
    for statement in statements(list(code.scan.body), code.scan.opaque):
        if not is_reuse_statement(statement) or _is_in_another(statement, code):
            continue
        if not keep_reuse or _is_moot(code, statement, gone):
            sites.add("reuse", span(code.module, statement), Remove())


def _is_in_another(statement: ast.stmt, code: Code) -> bool:
    return any(isinstance(a, ast.stmt) and is_reuse_statement(a) for a in code.scan.ancestors(statement))


def _is_moot(code: Code, statement: ast.stmt, gone: Container[ast.AST]) -> bool:
    """Whether a statement switches the reuse of a scope that is gone."""
    around = [a for a in code.scan.ancestors(statement) if isinstance(a, ast.With) and _opens_scope(a)]
    names = names_in(statement)
    for block in around:
        alias = block.items[0].optional_vars
        if isinstance(alias, ast.Name) and alias.id in names:
            return block in gone
    return bool(around) and around[0] in gone


def _opens_scope(block: ast.With) -> bool:
    call = block.items[0].context_expr
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith("variable_scope")


def _check_alias(code: Code, block: ast.With, gone: Container[ast.expr | None], known: bool) -> None:
    """`as scope` may serve reuse and names of operations, or any name where it is known as before."""
    alias = block.items[0].optional_vars
    if not isinstance(alias, ast.Name):
        return
    named = _alias_names(code, block)
    for node in code.scan.loads(alias.id):
        statement, parent = code.scan.statement(node), code.scan.parents.get(node)
        if known and isinstance(parent, ast.Attribute) and parent.attr == "name":
            continue
        if node not in gone and not is_reuse_statement(statement) and parent not in named:
            raise Refusal("TFM205", node, code.module, f"the scope object {alias.id} is used for more than reuse")


def _alias_names(code: Code, block: ast.With) -> list[ast.Attribute]:
    """The places where `scope.name` names an operation."""
    alias = block.items[0].optional_vars
    found = []
    for node in code.scan.loads(alias.id) if isinstance(alias, ast.Name) else []:
        parent = code.scan.parents.get(node)
        grand = code.scan.parents.get(parent) if parent is not None else None
        certain, binding = code.scan.reaching(alias.id, node)  # type: ignore[union-attr]
        mine = certain and binding is not None and binding.statement is block
        if mine and isinstance(parent, ast.Attribute) and parent.attr == "name" and isinstance(grand, ast.keyword):
            found.append(parent)
    return found
