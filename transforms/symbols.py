"""A symbol that TensorFlow 2 has under another name takes that name.

Before:
    initializer = tf.contrib.layers.xavier_initializer()
After:
    initializer = tf.glorot_uniform_initializer()
So do the losses of contrib and slim, which take the predictions first: their arguments are written by name.
A placeholder that must be a single number, since it is a rate or says whether a layer trains, is told so by `shape=[]`:
Keras asks the tensors that a layer is called with for their rank.
Caveat: only where both mean the same, and the call says which: an initializer whose `mode` is a variable stays.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import invoke
from tfmigrate.sites import Action, Invoke, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Renames the symbol."""

    name = "symbols"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        assert isinstance(action, Invoke) and isinstance(node, cst.Call)
        return invoke(action, node, context)
