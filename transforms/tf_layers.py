"""A function of a layer library becomes a Keras layer that is made once, under the name TF1 would have given.

Before:
    h = tf.layers.dense(x, 16, activation=tf.nn.relu)
After, in `__init__`:
    self.dense = keras.layers.Dense(16, activation=tf.nn.relu, name="dense")
and in `call`:
    h = self.dense(x)
Caveat: `tf.layers.dropout` becomes `tf.nn.dropout`, because a Keras dropout layer would add a variable for its seed.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import invoke
from tfmigrate.sites import Action, Invoke, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Rewrites the call of a library layer."""

    name = "tf_layers"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Replace):
            return context.expression(action.text)
        assert isinstance(action, Invoke) and isinstance(node, cst.Call)
        return invoke(action, node, context)
