"""Switching reuse on goes: an instance that is called again shares by itself.

Before:
    if reuse:
        scope.reuse_variables()
After: nothing.
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import removed
from tfmigrate.sites import Action, Remove
from tfmigrate.transform import Context, Result


class Transform:
    """Removes `reuse_variables()` and conditions around nothing else."""

    name = "reuse"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Remove)
        return removed(node)
