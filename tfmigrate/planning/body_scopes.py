"""What remains of the scopes in a body, and of the names that it gives them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.compose import names_for_all
from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.name_scopes import name_scope
from tfmigrate.planning.scope_paths import fitted, scope_path
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.split import Level
from tfmigrate.planning.statements import statements
from tfmigrate.program.render import render
from tfmigrate.program.standing import names_operation
from tfmigrate.sites import NameScope, Replace, Sites, Unwrap
from tfmigrate.spans import span


def write_scopes(work: Bodywork, sites: Sites) -> None:
    """Scopes go, or name operations. Raises Refusal."""
    scope = work.body.member.scope
    if scope is not None:
        _check_alias(work, scope)
        if scope is not work.body.member.node:
            sites.add("scopes", span(work.module, scope), Unwrap())
    for block, makes in work.blocks.items():
        if not work.is_mine(block):
            continue
        _check_alias(work, block)
        sites.add("scopes", span(work.module, block), _name_scope(work, block, makes))

    for statement in statements(list(work.body.member.body), work.body.scan.opaque):
        if statement in work.arg_scopes:
            sites.add("scopes", span(work.module, statement), Unwrap())


def _name_scope(work: Bodywork, block: ast.With, makes: bool) -> Unwrap | NameScope:
    spelled = names_for_all(work.plan, Level.CALL)
    return name_scope(block, makes, work.module, spelled, work.regions_of(block))


def mark_names(work: Bodywork) -> None:
    """Find where the body asks a scope for its name."""
    for block, alias in _aliases(work):
        for node in work.body.scan.loads(alias):
            certain, binding = work.body.scan.reaching(alias, node)
            parent = work.body.scan.parents.get(node)
            if certain and (binding is None or binding.statement is block) and _is_name(parent):
                if names_operation(work.module, parent) or _path(work, block, parent) is not None:
                    work.body.scope_names.add(node)


def _path(work: Bodywork, block: ast.With, node: ast.Attribute) -> str | None:
    """What the body says for the whole name of a scope, where it stands in the place of a node."""
    spelled = names_for_all(work.plan, Level.CALL)

    def show(part: ast.expr) -> str:
        return render(work.module, part, lambda inner: spelled.get(inner.id) if isinstance(inner, ast.Name) else None)

    text = scope_path(work.plan, work.body.member, block, show)
    return None if text is None else fitted(text, iter(work.body.scan.ancestors(node)))


def _aliases(work: Bodywork) -> Iterator[tuple[ast.With, str]]:
    """The scope blocks of a body that name their scope."""
    scope = work.body.member.scope
    for block in [*([scope] if scope is not None else []), *work.blocks]:
        alias = block.items[0].optional_vars
        if isinstance(alias, ast.Name):
            yield block, alias.id


def _is_name(node: ast.AST | None) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and node.attr == "name"


def _check_alias(work: Bodywork, block: ast.With) -> None:
    """`as scope` may serve reuse, and be asked for its name."""
    alias = block.items[0].optional_vars
    if not isinstance(alias, ast.Name):
        return
    for node in work.body.scan.loads(alias.id):
        certain, binding = work.body.scan.reaching(alias.id, node)
        foreign = certain and binding is not None and binding.statement is not block
        if work.body.is_gone(node) or foreign or node in work.body.scope_names:
            continue
        text = f"the scope object {alias.id} is used for more than reuse and its name"
        if _is_name(work.body.scan.parents.get(node)):
            text = f"the name of the scope {alias.id} is read here, and the layer does not know it"
        raise Refusal("TFM205", node, work.module, text)


def write_alias_names(work: Bodywork, sites: Sites) -> None:
    """`name=scope.name` takes the layer's name, or that of the name scope; what else asks gets the whole name."""
    for block, alias in _aliases(work):
        for node in work.body.scan.loads(alias):
            parent = work.body.scan.parents.get(node)
            _, binding = work.body.scan.reaching(alias, node)
            mine = binding is None or binding.statement is block
            if not mine or node not in work.body.scope_names or work.body.is_gone(node) or not _is_name(parent):
                continue
            name = scope_name(block.items[0].context_expr)
            own = block is work.body.member.scope
            text = "self.name" if own or name is None else render(work.module, name, lambda _: None)
            if not names_operation(work.module, parent):
                text = _path(work, block, parent) or text
            sites.add("scopes", span(work.module, parent), Replace(text))
