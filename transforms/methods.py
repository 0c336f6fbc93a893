"""A method that opens a scope becomes a layer class beside its class; the attributes it read become arguments.

Before:
    class Gan(object):
        def discriminator(self, image, reuse=False):
            with tf.variable_scope("discriminator", reuse=reuse):
                return linear(image, self.df_dim)
After:
    class Discriminator(keras.layers.Layer): ...
and, where it was called:
    self.discriminator = Discriminator(df_dim=self.df_dim)
    self.D = self.discriminator(self.images)
Caveat: an attribute that the method set is handed back as one more result.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import layer_class, removed
from tfmigrate.sites import Action, Extend, LayerClass, Moved, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Moves methods out of their class and puts the layers before it."""

    name = "methods"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        if isinstance(action, Moved):
            return removed(node)
        if isinstance(action, Extend):
            assert isinstance(node, cst.SimpleStatementLine)
            return extend(action, node, context)
        assert isinstance(action, LayerClass)
        return before_class(action, node, context)


def before_class(action: LayerClass, node: cst.CSTNode, context: Context) -> Result:
    """The layer, then the class as it was."""
    assert isinstance(node, cst.ClassDef)
    blank = [line for line in node.leading_lines if line.comment is None]
    methods = [context.body(method.span) for method in action.methods]
    lines = [line for m in methods if isinstance(m, cst.FunctionDef) for line in m.leading_lines if line.comment]
    layer = layer_class(action, context, [*blank, *lines])
    apart = node.leading_lines if blank else [cst.EmptyLine(indent=False)] * 2 + list(node.leading_lines)
    return cst.FlattenSentinel([layer, node.with_changes(leading_lines=apart)])


def extend(action: Extend, node: cst.SimpleStatementLine, context: Context) -> cst.SimpleStatementLine:
    """More members for a `return`, or more targets for an assignment."""
    statement = node.body[0]
    extra = [cst.Element(context.expression(text)) for text in action.texts]
    if isinstance(statement, cst.Return):
        value = _tuple(statement.value, extra, context)
        changed: cst.BaseSmallStatement = statement.with_changes(
            value=value, whitespace_after_return=cst.SimpleWhitespace(" ")
        )
    elif isinstance(statement, cst.Assign):
        target = statement.targets[0]
        changed = statement.with_changes(targets=[target.with_changes(target=_tuple(target.target, extra, context))])
    else:
        assert isinstance(statement, cst.Expr)
        single = extra[0].value if len(extra) == 1 else cst.Tuple(extra, lpar=[], rpar=[])
        assert isinstance(single, cst.BaseAssignTargetExpression)
        value = statement.value
        if action.last:
            last = f"-{len(extra)}:" if len(extra) > 1 else "-1"
            taken = context.expression(f"x[{last}]")
            assert isinstance(taken, cst.Subscript)
            value = taken.with_changes(value=value)
        changed = cst.Assign([cst.AssignTarget(single)], value)
    return node.with_changes(body=[changed, *node.body[1:]])


def _tuple(value: cst.BaseExpression | None, extra: list[cst.Element], context: Context) -> cst.BaseExpression:
    if value is None:
        return extra[0].value if len(extra) == 1 else cst.Tuple(extra, lpar=[], rpar=[])
    if isinstance(value, cst.Tuple):
        elements = [*value.elements]
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return value.with_changes(elements=[*elements, *extra])
    return cst.Tuple([cst.Element(value), *extra], lpar=[], rpar=[])
