"""A loop counts its rounds where TensorFlow 1 numbered the unnamed layers that it makes.

Before:
    for units in hidden:
        x = tf.layers.dense(x, units)
After:
    for i, units in enumerate(hidden):
        x = self.denses[i](x)
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.sites import Action, CountRounds
from tfmigrate.transform import Context, Result


class Transform:
    """Gives the loop another target."""

    name = "loops"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(node, cst.For) and isinstance(action, CountRounds)
        target = cst.ensure_type(context.expression(action.target), cst.BaseAssignTargetExpression)  # type: ignore[type-abstract]
        over = cst.Call(cst.Name("enumerate"), [cst.Arg(node.iter)]) if action.enumerated else node.iter
        return node.with_changes(target=target, iter=over)
