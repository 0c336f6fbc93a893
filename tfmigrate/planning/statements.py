"""The statements of a body: all of them, those that surely run, those that only serve reuse."""

from __future__ import annotations

import ast

from tfmigrate.planning.units import Member
from tfmigrate.program.flags import is_reuse_switch


def statements(body: list[ast.stmt], opaque: frozenset[ast.AST]) -> list[ast.stmt]:
    """All statements of a body, nested ones too, without those of opaque blocks and inner functions."""
    found: list[ast.stmt] = []
    for statement in body:
        if statement in opaque and not isinstance(statement, ast.With):
            continue  # of a block whose last statements become a layer
        found.append(statement)
        if statement in opaque or isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for field_name in ("body", "orelse", "finalbody"):
            found.extend(statements(getattr(statement, field_name, None) or [], opaque))
        for handler in getattr(statement, "handlers", []):
            found.extend(statements(handler.body, opaque))
    return found


def top_statements(member: Member, blocks: frozenset[ast.With], body: list[ast.stmt] | None = None) -> list[ast.stmt]:
    """The statements that surely run: those of the body, and of the blocks that go from it or only name things."""
    found: list[ast.stmt] = []
    for statement in member.node.body if body is None else body:
        found.append(statement)
        if isinstance(statement, ast.With) and (statement is member.scope or statement in blocks):
            found.extend(top_statements(member, blocks, statement.body))
    return found


def is_reuse_statement(node: ast.stmt) -> bool:
    """`scope.reuse_variables()`, an assertion about `scope.reuse`, or an `if` around nothing else."""
    if isinstance(node, ast.Assert):
        return asserts_reuse(node)
    if isinstance(node, ast.Expr) and is_reuse_switch(node.value):
        return True
    if isinstance(node, ast.If):
        inner = [*node.body, *node.orelse]
        return all(is_reuse_statement(s) or isinstance(s, ast.Pass) for s in inner) and any(
            map(is_reuse_statement, inner)
        )
    return False


def asserts_reuse(node: ast.Assert) -> bool:
    """`assert scope.reuse is False` and the like."""
    test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
    parts = [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]
    reads = [part for part in parts if isinstance(part, ast.Attribute) and part.attr == "reuse"]
    return len(reads) == 1 and all(isinstance(part, ast.Constant) for part in parts if part not in reads)
