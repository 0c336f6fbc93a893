"""What the parameters of a function are in a call."""

from __future__ import annotations

import ast

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.assigning import labelled
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import (
    UNKNOWN,
    Const,
    DictValue,
    FunctionValue,
    Kind,
    ListValue,
    ObjectValue,
    Symbol,
    Text,
    TupleValue,
    Value,
)


def bind_parameters(ev: Evaluator, callee: FunctionValue, args: Arguments, frame: Frame) -> None:
    """Give the parameters of a function their values: what it is bound to, the arguments, the defaults."""
    function = callee.function
    spec = function.node.args
    names = frame.env.names
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    bound = callee.bound
    if bound is None and function.self_name is not None and args.positional:
        first = args.positional[0][0]
        if isinstance(first, ObjectValue):
            bound, frame.obj = first, first
            ahead = frozenset(key - 1 if isinstance(key, int) else key for key in args.ahead)
            args = Arguments(args.positional[1:], args.keywords, args.star, ahead, args.more)
    if function.cls is not None and not function.is_static and positional:
        names[positional.pop(0)] = bound if bound is not None else UNKNOWN
    for name, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
        names[name] = _default(ev, name, default, frame)
    for arg, keyword_default in zip(spec.kwonlyargs, spec.kw_defaults, strict=False):
        if keyword_default is not None:
            names[arg.arg] = _default(ev, arg.arg, keyword_default, frame)
    for i, (name, (value, expression)) in enumerate(zip(positional, args.positional, strict=False)):
        names[name] = labelled(value, name)
        (frame.ahead if i in args.ahead else frame.given)[name] = expression
    known = {*positional, *(arg.arg for arg in spec.kwonlyargs)}
    extra: dict[object, Value] = {}
    for name, (value, expression) in args.keywords.items():
        if name in known:
            names[name] = labelled(value, name)
            (frame.ahead if name in args.ahead else frame.given)[name] = expression
        else:
            extra[name] = value
    if spec.vararg is not None:
        rest = [value for value, _ in args.positional[len(positional) :]]
        names[spec.vararg.arg] = ListValue(rest, complete=False, unsure=True) if args.more else TupleValue(tuple(rest))
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = DictValue(dict(extra.items()), not args.star)
    for name in known:
        if name not in names or (args.star and name not in frame.given and name not in frame.ahead):
            names[name] = UNKNOWN if args.star else Symbol(name, f"{id(function)}.{name}")
    frame.args = {name: names[name] for name in known}
    frame.star = args.star


def _default(ev: Evaluator, name: str, default: ast.expr, frame: Frame) -> Value:
    """The default of a parameter. Who enters a program from outside may give another one of that kind."""
    env = frame.env.parent or ev.module_env(frame.module)
    ev.frame, outer = frame, ev.frame  # it stands in the file of the function, not of the caller
    value = ev.defaults.get(default)
    if value is None:
        value = ev.evaluate(default, env)
        if isinstance(value, (ListValue, DictValue)):
            ev.defaults[default] = value  # one for all calls, whatever is undecided at the first
            if isinstance(value, ListValue):
                value.made = None
    if isinstance(value, (ListValue, DictValue)):
        ev.memory.unsettle()
    ev.frame = outer
    entered = frame.call is None and frame.parent is not None and frame.parent.parent is None
    if not entered or not isinstance(value, Const):
        return value
    key = f"{id(frame.function)}.{name}"
    if isinstance(value.value, str):
        return Text((Symbol(name, key),))
    return Symbol(name, key, Kind.UNKNOWN if value.value is None else Kind.PYTHON)
