"""Plans helpers: functions that make a variable take the layer that will own it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning import names
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.requests import file_quote
from tfmigrate.planning.splitting import Split
from tfmigrate.planning.weight_requests import initializer_piece, of_the_value
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import source
from tfmigrate.program.scan import arguments_of, is_none
from tfmigrate.sites import Argument, Invoke, MovedOut, Remove, Sites, Span, TakeLayer
from tfmigrate.spans import span
from tfmigrate.tf1.layers import GET_VARIABLE, WEIGHT_ARGUMENTS
from tfmigrate.walk.regions import Creation, InitialValue, Region

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
        if helper.parent is not None:
            items.add("functions", span(helper.module, helper.node), MovedOut(statement_around(helper)))
        for node, (creation, *_) in asked(classes, helper).items():
            items.add("helpers", span(helper.module, node), _add_weight(creation, parameter))
            statement = creation.initial.statement if creation.initial is not None else None
            if statement is not None and _serves_alone(helper, statement, node):
                items.add("weights", span(helper.module, statement), Remove())
        for node in _inner_calls(classes, helper):
            arguments = [Argument(text=parameter), *(Argument(i) for i in range(len(node.args)))]
            arguments += [Argument(k.arg, keyword=k.arg) for k in node.keywords if k.arg is not None]
            items.add("helpers", span(helper.module, node), Invoke(ast.unparse(node.func), tuple(arguments)))


def statement_around(function: Function) -> Span:
    """The statement of the module that holds an inner function."""
    node = function.node
    around = [s for s in function.module.tree.body if s.lineno <= node.lineno <= (s.end_lineno or s.lineno)]
    return span(function.module, around[0] if around else node)


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


def asked(classes: Classification, helper: Function) -> dict[ast.Call, list[Creation]]:
    """The requests for variables that a helper makes, for each with all that came of it."""
    found: dict[ast.Call, list[Creation]] = {}
    for event in (event for region in classes.calls[helper] for event in region.events):
        if isinstance(event, Creation):
            found.setdefault(event.node, []).append(event)
    return found


def _serves_alone(helper: Function, statement: ast.Assign, request: ast.Call) -> bool:
    """Whether only the request for a variable reads what a statement gives a name."""
    names_set = {n.id for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    inside = set(ast.walk(request))
    reads = (n for n in helper.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names_set)
    return all(read in inside for read in reads)


def _inner_calls(classes: Classification, helper: Function) -> list[ast.Call]:
    nodes = {
        e.node: None
        for r in classes.calls[helper]
        for e in r.events
        if isinstance(e, Region) and e.function in classes.helpers and isinstance(e.node, ast.Call)
    }
    return list(nodes)


def _add_weight(creation: Creation, parameter: str) -> Invoke:
    node, initial, module = creation.node, creation.initial, creation.region.module
    given = arguments_of(node, GET_VARIABLE)
    arguments = []
    for key in _ORDER:
        if initial is not None and key in ("shape", "dtype", "initializer"):
            text = _said_of(initial, key, given, module)
            arguments += [Argument(text=text, keyword=key)] if text else []
        elif key in given and key in WEIGHT_ARGUMENTS and not is_none(given[key]):
            expression = given[key]
            around = of_the_value(creation.args.get(GET_VARIABLE.index(key), key), expression)
            if any(around):
                arguments.append(Argument(text=source(module, expression).join(around), keyword=key))
                continue
            place: int | str = node.args.index(expression) if expression in node.args else key
            arguments.append(Argument(place, keyword=key))
    return Invoke(f"{parameter}.add_weight", tuple(arguments))


def _said_of(initial: InitialValue, key: str, given: dict[str, ast.expr], module: Module) -> str:
    """What `add_weight` is told of a variable that starts from a value; nothing where that is its default."""
    quote = file_quote(module)
    if key == "shape":
        return "()" if initial.shape is None else source(module, initial.shape)
    if key == "initializer":
        piece = initializer_piece(initial, quote)
        piece.keyword = None
        return piece.show(lambda expression: source(module, expression))
    typed = given["dtype"] if "dtype" in given and not is_none(given["dtype"]) else None
    if typed is None and initial.dtype != "float32":
        typed = initial.typed
        return source(module, typed) if typed is not None else f"{quote}{initial.dtype}{quote}"
    return source(module, typed) if typed is not None else ""
