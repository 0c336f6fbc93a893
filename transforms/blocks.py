"""A scope block that makes variables becomes a layer of its own, its live tensors as arguments and results.

Before:
    with tf.variable_scope("head"):
        w = tf.get_variable("w", [size, 2])
        logits = tf.matmul(state, w)
After:
    head = Head(size)
    logits = head(state)
Caveat: what stands in front of a shape that a variable needs stays in front of the call.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import layer_class, statements_of
from tfmigrate.sites import Action, BlockCall
from tfmigrate.transform import Context, Result


class Transform:
    """Replaces the block by one statement; its class waits for the place before the function."""

    name = "blocks"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, BlockCall)
        assert isinstance(node, cst.With)
        if action.layer.methods:
            blank = cst.EmptyLine(indent=False)
            context.wait(action.anchor, layer_class(action.layer, context, [blank, blank]))
        statements: list[cst.BaseStatement] = statements_of(node)[: action.head]
        statements += context.statements(action.statements)
        first, *rest = statements
        assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        lines = [*node.leading_lines, *(line for line in first.leading_lines if line.comment is not None)]
        return cst.FlattenSentinel([first.with_changes(leading_lines=lines), *rest])
