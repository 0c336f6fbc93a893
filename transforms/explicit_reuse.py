"""For programs that stay on TensorFlow 1: reuse is said where a scope is opened, not switched on in the middle of it.

Before:
    with tf.variable_scope("disc") as scope:
        if reuse:
            scope.reuse_variables()
        return dense(x, 1, "h0")
After:
    with tf.variable_scope("disc", reuse=reuse):
        return dense(x, 1, "h0")
Caveat: runs alone, with `--only explicit_reuse`; everything else stays as it is, but for a comment right above a switch
that goes. A switch in the middle of a block becomes a block of its own for the rest, without a name scope, so that no
operation gets another name. What reaches beyond its block, or its function, stays.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import removed, with_argument
from tfmigrate.sites import Action, GatherRest, KeepElse, Remove, RestUnder, SetArgument, Unnamed
from tfmigrate.transform import Context, Result

# stands for the rest of a block until that is there
_REST = "__rest__"


class Transform:
    """Says reuse where a scope is opened, or opens it once more for the rest of its block."""

    name = "explicit_reuse"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, SetArgument):
            assert isinstance(node, cst.Call)
            return with_argument(node, action.keyword, context.expression(action.text))
        if isinstance(action, Remove):
            return removed(node)
        if isinstance(action, KeepElse):
            assert isinstance(node, cst.If)
            assert isinstance(node.orelse, cst.Else)
            return node.with_changes(test=context.expression(action.test), body=node.orelse.body, orelse=None)
        if isinstance(action, RestUnder):
            assert isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            (block,) = context.statements([f"with {action.head}:", f"{context.indent}{_REST}"])
            return block.with_changes(leading_lines=node.leading_lines)
        assert isinstance(node, cst.With)
        if isinstance(action, GatherRest):
            return _gathered(node)
        assert isinstance(action, Unnamed)
        items = [*node.items]
        items[action.item] = items[action.item].with_changes(asname=None)
        return node.with_changes(items=items)


def _gathered(node: cst.With) -> cst.With:
    """What follows the inner `with` goes into it."""
    body = [*node.body.body]
    place = next(i for i, statement in enumerate(body) if _waits(statement))
    inner, rest = body[place], body[place + 1 :]
    assert isinstance(inner, cst.With)
    whole = inner.with_changes(body=inner.body.with_changes(body=rest))
    return node.with_changes(body=node.body.with_changes(body=[*body[:place], whole]))


def _waits(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.With) or not isinstance(statement.body, cst.IndentedBlock):
        return False
    line = statement.body.body[0]
    inner = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    return isinstance(inner, cst.Expr) and isinstance(inner.value, cst.Name) and inner.value.value == _REST
