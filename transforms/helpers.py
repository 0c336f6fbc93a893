"""A function that only makes a variable takes the layer that will own it.

Before:
    def weight_variable(name, shape):
        return tf.get_variable(name, shape, initializer=tf.zeros_initializer())
After:
    def weight_variable(layer, name, shape):
        return layer.add_weight(name=name, shape=shape, initializer=tf.zeros_initializer())
Caveat: it is called once, where the layer is built. Where it does more at each call, what makes the variable moves to
the layer, and the helper takes the variable.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tfmigrate.edit import invoke
from tfmigrate.sites import Action, HandLayer, Invoke, TakeLayer
from tfmigrate.transform import Context, Result


class Transform:
    """Adds the parameter and rewrites what makes the variable."""

    name = "helpers"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        if isinstance(action, Invoke):
            assert isinstance(node, cst.Call)
            return invoke(action, node, context)
        if isinstance(action, HandLayer):
            assert isinstance(node, cst.Call)
            return node.with_changes(args=[cst.Arg(cst.Name(action.argument)), *node.args])
        assert isinstance(action, TakeLayer) and isinstance(node, cst.FunctionDef)
        parameter = cst.Param(cst.Name(action.parameter))
        known = list(node.params.params)
        place = 1 if known and known[0].name.value == "self" else 0
        params = [*known[:place], parameter, *known[place:]]
        if not action.dropped:
            return node.with_changes(params=node.params.with_changes(params=params))
        keywords = _without(node.params.kwonly_params, action.dropped)
        star = node.params.star_arg if keywords else cst.MaybeSentinel.DEFAULT
        kept = node.params.with_changes(params=_without(params, action.dropped), kwonly_params=keywords, star_arg=star)
        return node.with_changes(params=kept)


def _without(params: Sequence[cst.Param], dropped: Sequence[str]) -> list[cst.Param]:
    kept = [param for param in params if param.name.value not in dropped]
    last = [kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else []
    return [*kept[:-1], *last]
