"""A `Saver` keeps the names of TF1, so that old checkpoints still load.

Before:
    saver = tf.train.Saver()
After:
    saver = tf.train.Saver({var.path: var.value for var in generator.variables + discriminator.variables})
Caveat: a program whose optimizer has variables of its own keeps its Saver, with a finding.
"""

from __future__ import annotations

import libcst as cst
from tfmigrate.edit import invoke
from tfmigrate.sites import Action, Invoke
from tfmigrate.transform import Context, Result


class Transform:
    """Gives the Saver a dictionary of names."""

    name = "saver"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Invoke) and isinstance(node, cst.Call)
        return invoke(action, node, context)
