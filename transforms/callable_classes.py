"""A class whose `__call__` opens a scope becomes a layer where it stands.

Before:
    class Generator(object):
        def __init__(self, name, width):
            self.name = name
            self.width = width

        def __call__(self, x, reuse=None):
            with tf.variable_scope(self.name, reuse=reuse):
                return tf.layers.dense(x, self.width, name="out")
After:
    class Generator(keras.layers.Layer):
        def __init__(self, name, width):
            super().__init__(name=name)
            self.width = width
            self.out = keras.layers.Dense(self.width, name="out")

        def call(self, x):
            return self.out(x)
Caveat: what `__init__` is given stays positional; a class with bases or subclasses of its own is left alone.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import callable_layer, removed
from tfmigrate.sites import Action, CallableLayer, Remove
from tfmigrate.transform import Context, Result


class Transform:
    """Turns the class into a layer."""

    name = "callable_classes"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Remove):
            return removed(node)
        assert isinstance(action, CallableLayer) and isinstance(node, cst.ClassDef)
        return callable_layer(action, node, context)
