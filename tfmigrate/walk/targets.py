"""What the target of a loop is: item by item over objects and functions, else in a first and in a later round."""

from __future__ import annotations

import ast
from functools import reduce

from tfmigrate.program.texts import unparsed
from tfmigrate.walk import operate
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.joining import join
from tfmigrate.walk.values import (
    TENSOR,
    ClassValue,
    Const,
    Env,
    FunctionValue,
    ListValue,
    LoopIndex,
    ObjectValue,
    Opaque,
    Partial,
    Round,
    Symbol,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_tensor,
)

# rounds of a range up to which its numbers are all known
_UNROLL = 64


def concrete_items(iterable: Value) -> list[Value] | None:
    """The items of a loop that is walked item by item: over objects, functions or variables."""
    if isinstance(iterable, ListValue) and not iterable.complete:
        return None
    if not isinstance(iterable, (ListValue, TupleValue)) or not iterable.items:
        return None
    items = list(iterable.items)
    own = (ObjectValue, FunctionValue, ClassValue, Partial, Opaque)
    return items if all(isinstance(item, own) or _names_function(item) for item in items) else None


def _names_function(item: Value) -> bool:
    """Whether an item is a function or class with its key, as a dictionary gives it."""
    if not isinstance(item, TupleValue) or len(item.items) != 2 or not isinstance(item.items[0], Const):
        return False
    return isinstance(item.items[1], (FunctionValue, ClassValue, Partial))


def numbered_items(ev: Evaluator, node: ast.expr, env: Env) -> list[Value] | None:
    """The items of `enumerate(objects)`."""
    if not ev.semantics.exact or not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    if not isinstance(node.func, ast.Name) or node.func.id != "enumerate":
        return None
    items = concrete_items(ev.evaluate(node.args[0], env))
    return None if items is None else [TupleValue((Const(i), item)) for i, item in enumerate(items)]


def loop_target(ev: Evaluator, node: ast.expr, iterable: Value, target: ast.expr, env: Env, now: Round) -> Value:
    """What the loop variable is in the first or in a later iteration."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        if node.func.id in ("range", "xrange"):
            return _range_index(ev, node, unparsed(target), env, now)
        if node.func.id == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            index_name = unparsed(target.elts[0])
            start = ev.evaluate(node.args[1], env) if len(node.args) > 1 else Const(0)
            known = start.value if isinstance(start, Const) and isinstance(start.value, int) else None
            sequence = ev.evaluate(node.args[0], env)
            key = f"enumerate({operate.show(sequence)}, {known})"
            index = LoopIndex(index_name, key, True, known, now.first, run=now.run)
            return TupleValue((index, _item(ev, node.args[0], sequence, target.elts[1], now)))
        if node.func.id == "zip" and isinstance(target, ast.Tuple) and len(target.elts) == len(node.args):
            items = (_item(ev, a, ev.evaluate(a, env), t, now) for a, t in zip(node.args, target.elts, strict=False))
            return TupleValue(tuple(items))
        if node.func.id in ("reversed", "sorted", "list", "tuple", "set"):
            value = loop_target(ev, node.args[0], ev.evaluate(node.args[0], env), target, env, now)
            return value if node.func.id in ("list", "tuple") else _reordered(value)
    return _item(ev, node, iterable, target, now)


def _range_index(ev: Evaluator, node: ast.Call, name: str, env: Env, now: Round) -> LoopIndex:
    bounds = [ev.evaluate(arg, env) for arg in node.args]
    start = bounds[0] if len(bounds) > 1 else Const(0)
    stop = bounds[1] if len(bounds) > 1 else bounds[0]
    known = start.value if isinstance(start, Const) and isinstance(start.value, int) else None
    step = bounds[2] if len(bounds) > 2 else Const(1)
    positive = isinstance(step, Const) and isinstance(step.value, int) and step.value > 0
    values: tuple[object, ...] | None = None
    if known is not None and isinstance(stop, Const) and isinstance(stop.value, int) and isinstance(step, Const):
        counted = step.value if isinstance(step.value, int) else 0
        values = tuple(range(known, stop.value, counted)) if counted and stop.value - known < _UNROLL else None
    key = f"range({operate.show(start)}, {operate.show(stop)}, {operate.show(step)})"
    origin = start.text if positive and isinstance(start, Symbol) else ""
    first = known if positive else None
    return LoopIndex(name, key, True, first, now.first, values, now.run, origin=origin)


def _item(ev: Evaluator, node: ast.expr, sequence: Value, target: ast.expr, now: Round) -> Value:
    name = unparsed(target)
    made = sequence.of_round(now.first) if isinstance(sequence, ListValue) else None
    if made is not None:
        return made
    if isinstance(sequence, (ListValue, TupleValue)) and sequence.items:
        items = list(sequence.items)
        complete = sequence.complete if isinstance(sequence, ListValue) else True
        if complete and all(isinstance(i, Const) and isinstance(i.value, (str, int)) for i in items):
            values = tuple(i.value for i in items if isinstance(i, Const))
            distinct = len(set(values)) == len(values)
            return LoopIndex(name, operate.show(sequence), distinct, None, now.first, values, now.run)
        columns = _columns(items, target) if complete else None
        if columns is not None:
            assert isinstance(target, ast.Tuple)
            return TupleValue(tuple(_item(ev, node, each, part, now) for each, part in zip(columns, target.elts)))
        one = ev.semantics.one_of(items)
        return reduce(join, items) if one is None else one
    if isinstance(sequence, Symbol):
        later = sequence.round is not None and not sequence.round.first
        return Symbol(name, f"item of {sequence.key}", sequence.kind, sequence.round if later else now)
    return TENSOR if is_tensor(sequence) else Unknown(code=code_in(sequence))


def _columns(items: list[Value], target: ast.expr) -> list[TupleValue] | None:
    """What a table, `[("conv1", 64), ("conv2", 128)]`, gives each part of the target, if one of them is a name."""
    if not isinstance(target, ast.Tuple) or any(isinstance(part, ast.Starred) for part in target.elts):
        return None
    rows = [item.items for item in items if isinstance(item, TupleValue) and len(item.items) == len(target.elts)]
    columns = [TupleValue(column) for column in zip(*rows)] if len(rows) == len(items) else []
    texts = ([v.value if isinstance(v, Const) else None for v in column.items] for column in columns)
    names = any(all(isinstance(t, str) for t in text) and len(set(text)) == len(text) > 1 for text in texts)
    return columns if names else None


def _reordered(value: Value) -> Value:
    """The target of a loop over the same items in another order: which one is the first is not known."""
    if isinstance(value, LoopIndex):
        return LoopIndex(value.text, value.key, value.distinct, None, value.first, value.values, value.run)
    if isinstance(value, TupleValue):
        return TupleValue(tuple(_reordered(item) for item in value.items))
    return value


def round_index(target: ast.expr, env: Env) -> LoopIndex | None:
    """The index of a loop whose target is one or begins with one (`for i, x in enumerate(...)`)."""
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    value = env.names.get(first.id) if isinstance(first, ast.Name) else None
    return value if isinstance(value, LoopIndex) else None


def loop_key(loop: ast.For, over: Value, env: Env) -> str:
    """What a running loop runs over, as text that is the same where it is surely the same."""
    index = round_index(loop.target, env)
    if index is not None:
        return index.key
    if isinstance(over, Symbol):
        return over.key
    return f"{unparsed(loop.iter)}: {operate.show(over)}"
