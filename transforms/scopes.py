"""A scope block goes where a layer stands for it; one that only names layers becomes `keras.name_scope`.

Before:
    with tf.variable_scope("torso"):
        h = dense(x, 16)
After:
    with keras.name_scope("torso"):
        h = self.torso_dense(x)
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import nothing
from tfmigrate.sites import Action, NameScope, Remove, Replace, Unwrap
from tfmigrate.transform import Context, Result


class Transform:
    """Unwraps a `with`, or gives it another context."""

    name = "scopes"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        if isinstance(action, Remove):
            return cst.RemoveFromParent()
        assert isinstance(node, cst.With)
        if isinstance(action, NameScope):
            item = node.items[0].with_changes(item=context.expression(action.text), asname=None)
            first = [cst.WithItem(context.expression(text)) for text in action.beside]
            if action.known and first:
                first[0] = first[0].with_changes(asname=node.items[0].asname)
            return node.with_changes(items=[*first, item])
        assert isinstance(action, Unwrap)
        return unwrap(node)


def unwrap(node: cst.With) -> cst.FlattenSentinel[cst.CSTNode]:
    """The statements of a block, with the comments of its head in front."""
    body = list(node.body.body)
    if not isinstance(node.body, cst.IndentedBlock) or not body:
        return cst.FlattenSentinel(body)
    lines = [*node.leading_lines]
    if node.body.header.comment is not None:
        lines.append(cst.EmptyLine(comment=node.body.header.comment))
    first = body[0]
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    body[0] = first.with_changes(leading_lines=[*lines, *first.leading_lines])
    if any(line.comment is not None for line in node.body.footer):
        body.append(nothing(node.body.footer))
    return cst.FlattenSentinel(body)
