"""`tf.get_variable` becomes `add_weight` in `build`; the body reads the attribute.

Before:
    w = tf.get_variable("w", [n, 8])
    y = tf.matmul(x, w)
After:
    y = tf.matmul(x, self.w)
Caveat: where TensorFlow takes no Keras variable (`embedding_lookup`, a return value), `self.w.value` is passed.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import removed
from tfmigrate.sites import Action, Remove, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Replaces reads of a variable and drops the statement that made it."""

    name = "weights"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Remove):
            return removed(node, action.comments)
        assert isinstance(action, Replace)
        return context.expression(action.text)
