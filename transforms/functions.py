"""A function that opens a scope, or makes variables, becomes a layer class.

Before:
    def discriminator(image, hidden, reuse=False):
        with tf.variable_scope("discriminator", reuse=reuse):
            return linear(image, hidden, "d_h0")
After:
    class Discriminator(keras.layers.Layer):
        def __init__(self, hidden, name="discriminator", **kwargs):
            super().__init__(name=name, **kwargs)
            self.d_h0 = Linear(hidden, name="d_h0")

        def call(self, image):
            return self.d_h0(image)
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import layer_class, removed
from tfmigrate.sites import Action, LayerClass, Lifted, MovedOut, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Replaces the function by its class."""

    name = "functions"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        assert isinstance(node, cst.FunctionDef)
        if isinstance(action, Lifted):
            comments = [line for line in node.leading_lines if line.comment is not None]
            blank = cst.EmptyLine(indent=False)
            context.wait(action.anchor, layer_class(action.layer, context, [blank, blank, *comments]))
            return removed(node)
        if isinstance(action, MovedOut):
            comments = [line for line in node.leading_lines if line.comment is not None]
            blank = cst.EmptyLine(indent=False)
            context.wait(action.anchor, node.with_changes(leading_lines=[blank, blank, *comments]))
            return removed(node)
        assert isinstance(action, LayerClass)
        layer = layer_class(action, context, node.leading_lines)
        if action.beside is None:
            return layer
        function = context.as_it_was(action.beside)
        assert isinstance(function, cst.FunctionDef)
        blank = cst.EmptyLine(indent=False)
        return cst.FlattenSentinel([layer, function.with_changes(leading_lines=[blank, blank])])
