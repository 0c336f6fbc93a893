"""A symbol that TensorFlow 2 has under another name takes that name.

Before:
    initializer = tf.contrib.layers.xavier_initializer()
After:
    initializer = tf.glorot_uniform_initializer()
A placeholder that must be a single number, since it is a rate or says whether a layer trains, is told so by `shape=[]`:
Keras asks the tensors that a layer is called with for their rank.
Caveat: only where both mean the same; `xavier_initializer(uniform=False)` draws from another distribution and stays.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.sites import Action, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Renames the symbol."""

    name = "symbols"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Replace)
        return context.expression(action.text)
