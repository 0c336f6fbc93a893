"""What remains of the scopes in a body, and of the names that it gives them."""

from __future__ import annotations

import ast

from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.compose import names_for_all
from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.name_scopes import name_scope
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
    if scope is not None and scope is not work.body.member.node:
        _check_alias(work, scope)
        sites.add("scopes", span(work.module, scope), Unwrap())
    elif scope is not None:
        _check_alias(work, scope)
    for block, makes in work.blocks.items():
        if not (block in work.body.scan.parents or block in work.body.member.body):
            continue
        _check_alias(work, block)
        sites.add("scopes", span(work.module, block), _name_scope(work, block, makes))

    for statement in statements(list(work.body.member.body), work.body.scan.opaque):
        if statement in work.arg_scopes:
            sites.add("scopes", span(work.module, statement), Unwrap())


def _name_scope(work: Bodywork, block: ast.With, makes: bool) -> Unwrap | NameScope:
    spelled = names_for_all(work.plan, Level.CALL)
    return name_scope(block, makes, work.module, spelled, work.regions_of(block))


def _check_alias(work: Bodywork, block: ast.With) -> None:
    """`as scope` may serve reuse and names of operations, nothing else."""
    alias = block.items[0].optional_vars
    if not isinstance(alias, ast.Name):
        return
    for node in work.body.scan.loads(alias.id):
        certain, binding = work.body.scan.reaching(alias.id, node)
        foreign = certain and binding is not None and binding.statement is not block
        if work.body.is_gone(node) or foreign:
            continue
        parent = work.body.scan.parents.get(node)
        if isinstance(parent, ast.Attribute) and parent.attr == "name" and names_operation(work.module, parent):
            continue
        raise Refusal("TFM205", node, work.module, f"the scope object {alias.id} is used for more than reuse")


def write_alias_names(work: Bodywork, sites: Sites) -> None:
    """`name=scope.name` takes the layer's name, or that of the name scope."""
    scopes = [work.body.member.scope, *work.blocks]
    for block in scopes:
        alias = block.items[0].optional_vars if block is not None else None
        if block is None or not isinstance(alias, ast.Name):
            continue
        for node in work.body.scan.loads(alias.id):
            parent = work.body.scan.parents.get(node)
            certain, binding = work.body.scan.reaching(alias.id, node)
            mine = certain and (binding is None or binding.statement is block)
            if mine and isinstance(parent, ast.Attribute) and not work.body.is_gone(node):
                name = scope_name(block.items[0].context_expr)
                own = block is work.body.member.scope
                text = "self.name" if own or name is None else render(work.module, name, lambda _: None)
                sites.add("scopes", span(work.module, parent), Replace(text))
