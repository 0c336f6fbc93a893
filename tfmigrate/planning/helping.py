"""Plans helpers: functions that make a variable take the layer that will own it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning import names
from tfmigrate.planning.splitting import Split
from tfmigrate.planning.units import Classification
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import arguments_of, is_none
from tfmigrate.sites import Argument, Invoke, Remove, Sites, TakeLayer
from tfmigrate.spans import span
from tfmigrate.tf1.layers import GET_VARIABLE, WEIGHT_ARGUMENTS
from tfmigrate.walk.regions import Creation, Region

_ORDER = ("name", "shape", "dtype", "initializer", "regularizer", "trainable")


def plan_helpers(classes: Classification, used: Iterable[Function], sites: dict[Module, Sites]) -> None:
    """Write down the changes of every helper that a migrated layer uses."""
    for helper in used:
        split = classes.splits.get(helper)
        if split is not None:
            _plan_split(split, sites.setdefault(helper.module, Sites()))
            continue
        taken = {n.id for n in helper.nodes if isinstance(n, ast.Name)} | set(helper.params)
        parameter = names.unique("layer", taken)
        items = sites.setdefault(helper.module, Sites())
        items.add("helpers", span(helper.module, helper.node), TakeLayer(parameter))
        for node in _requests(classes, helper):
            items.add("helpers", span(helper.module, node), _add_weight(node, parameter))
        for node in _inner_calls(classes, helper):
            arguments = [Argument(text=parameter), *(Argument(i) for i in range(len(node.args)))]
            arguments += [Argument(k.arg, keyword=k.arg) for k in node.keywords if k.arg is not None]
            items.add("helpers", span(helper.module, node), Invoke(ast.unparse(node.func), tuple(arguments)))


def _plan_split(split: Split, sites: Sites) -> None:
    """What makes the variable goes; what is left takes it."""
    function = split.function
    dropped = tuple(name for name in function.params if name not in split.kept)
    sites.add("helpers", span(function.module, function.node), TakeLayer(split.variable, dropped))
    for statement in split.gone:
        sites.add("weights", span(function.module, statement), Remove())


def all_used(classes: Classification, helpers: Iterable[Function]) -> set[Function]:
    """The helpers and those that they call."""
    found: set[Function] = set()
    queue = list(helpers)
    while queue:
        helper = queue.pop()
        if helper in found:
            continue
        found.add(helper)
        for region in classes.calls[helper]:
            inner = (e.function for e in region.events if isinstance(e, Region))
            queue.extend(f for f in inner if f is not None and f in classes.helpers)
    return found


def _requests(classes: Classification, helper: Function) -> list[ast.Call]:
    nodes = {e.node: None for r in classes.calls[helper] for e in r.events if isinstance(e, Creation)}
    return list(nodes)


def _inner_calls(classes: Classification, helper: Function) -> list[ast.Call]:
    nodes = {
        e.node: None
        for r in classes.calls[helper]
        for e in r.events
        if isinstance(e, Region) and e.function in classes.helpers and isinstance(e.node, ast.Call)
    }
    return list(nodes)


def _add_weight(node: ast.Call, parameter: str) -> Invoke:
    given = arguments_of(node, GET_VARIABLE)
    arguments = []
    for key in _ORDER:
        if key in given and key in WEIGHT_ARGUMENTS and not is_none(given[key]):
            expression = given[key]
            source: int | str = node.args.index(expression) if expression in node.args else key
            arguments.append(Argument(source, keyword=key))
    return Invoke(f"{parameter}.add_weight", tuple(arguments))
