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

from tfmigrate.edit import layer_class
from tfmigrate.sites import Action, LayerClass, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Replaces the function by its class."""

    name = "functions"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        assert isinstance(action, LayerClass) and isinstance(node, cst.FunctionDef)
        return layer_class(action, context, node.leading_lines)
