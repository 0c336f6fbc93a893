"""Lists of variables by name become lists of the layers' own variables.

Before:
    t_vars = tf.trainable_variables()
    d_vars = [var for var in t_vars if "d_" in var.name]
After:
    d_vars = [var.value for var in discriminator.trainable_variables]
Caveat: the list is rewritten only where it is exactly the variables of some layers; otherwise nothing is migrated.
A collection of the program's own that holds more than the layers in reach is filled behind their first call.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import removed
from tfmigrate.sites import Action, Before, Moved, Remove, Replace
from tfmigrate.transform import Context, Result


class Transform:
    """Replaces the list, and removes what only served it."""

    name = "collections"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, (Remove, Moved)):
            return removed(node)
        if isinstance(action, Before):
            assert action.behind
            return cst.FlattenSentinel([node, *context.statements(action.lines)])
        assert isinstance(action, Replace)
        return context.expression(action.text)
