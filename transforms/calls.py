"""A call of a function with a scope becomes a call of the layer that was made before the first of them.

Before:
    d_real = discriminator(real, hidden)
    d_fake = discriminator(fake, hidden, reuse=True)
After:
    discriminator = Discriminator(hidden)
    d_real = discriminator(real)
    d_fake = discriminator(fake)
"""

from __future__ import annotations

import libcst as cst

from tfmigrate.edit import invoke, with_argument
from tfmigrate.sites import Action, Before, GiveArguments, Invoke
from tfmigrate.transform import Context, Result


class Transform:
    """Rewrites calls, and puts the statements that make instances before the first."""

    name = "calls"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Invoke):
            assert isinstance(node, cst.Call)
            return invoke(action, node, context)
        if isinstance(action, GiveArguments):
            assert isinstance(node, cst.Call)
            for keyword, text in action.arguments:
                node = with_argument(node, keyword, context.expression(text))
            return node
        assert isinstance(action, Before)
        made = context.statements(action.lines)
        if action.behind:
            return cst.FlattenSentinel([node, *made])
        return cst.FlattenSentinel([*_hand_over_lines(node, made)])


def _hand_over_lines(node: cst.CSTNode, made: list[cst.BaseStatement]) -> list[cst.CSTNode]:
    """Comments and blank lines above the first call stay above what now comes first."""
    assert isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    first, *rest = made
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return [first.with_changes(leading_lines=node.leading_lines), *rest, node.with_changes(leading_lines=[])]
