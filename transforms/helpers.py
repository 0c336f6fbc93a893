"""A function that only makes a variable takes the layer that will own it.

Before:
    def weight_variable(name, shape):
        return tf.get_variable(name, shape, initializer=tf.zeros_initializer())
After:
    def weight_variable(layer, name, shape):
        return layer.add_weight(name=name, shape=shape, initializer=tf.zeros_initializer())
Caveat: it is called once, where the layer is built; a helper that does more at each call is left alone.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import invoke
from tfmigrate.sites import Action, Invoke, TakeLayer
from tfmigrate.transform import Context, Result


class Transform:
    """Adds the parameter and rewrites what makes the variable."""

    name = "helpers"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Invoke):
            assert isinstance(node, cst.Call)
            return invoke(action, node, context)
        assert isinstance(action, TakeLayer) and isinstance(node, cst.FunctionDef)
        parameter = cst.Param(cst.Name(action.parameter))
        known = list(node.params.params)
        place = 1 if known and known[0].name.value == "self" else 0
        return node.with_changes(params=node.params.with_changes(params=[*known[:place], parameter, *known[place:]]))
