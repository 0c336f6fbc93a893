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

# a call that is longer than this starts its arguments on a line of their own
_LONG = 90


class Transform:
    """Gives the Saver a dictionary of names."""

    name = "saver"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Invoke) and isinstance(node, cst.Call)
        call = invoke(action, node, context)
        if len(cst.Module([]).code_for_node(call)) <= _LONG:
            return call
        break_ = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(context.indent))
        return call.with_changes(whitespace_before_args=break_)
