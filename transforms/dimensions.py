"""`x.shape[-1].value` becomes `tf.dimension_value(x.shape[-1])`, right for TF1's dimensions and for integers.

Before:
    channels = x.get_shape()[-1].value
After:
    channels = tf.dimension_value(x.get_shape()[-1])
Caveat: only where the dimension stays in the code; in `build` a shape is a tuple of integers anyway.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.sites import Action, Wrap
from tfmigrate.transform import Context, Result


class Transform:
    """Wraps the dimension."""

    name = "dimensions"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Wrap)
        if not isinstance(node, cst.Attribute):
            return node
        return cst.Call(context.expression(action.callee), [cst.Arg(node.value)])
