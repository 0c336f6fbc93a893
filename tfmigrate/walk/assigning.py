"""What an assignment does: to names, attributes and items, one or several at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import reduce

from tfmigrate.program.texts import unparsed
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.containers import blur, delete_item, store_item
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.items import element, slice_of, subscript
from tfmigrate.walk.joining import join
from tfmigrate.walk.opening import AttributesOf, opened
from tfmigrate.walk.targets import round_index
from tfmigrate.walk.values import (
    UNKNOWN,
    ClassValue,
    Const,
    DictValue,
    Env,
    FunctionValue,
    LambdaValue,
    ListValue,
    LoopIndex,
    ModuleValue,
    ObjectValue,
    Tensor,
    TupleValue,
    Value,
)


def assign(ev: Evaluator, target: ast.expr, value: Value, env: Env) -> None:
    """Bind a value to a name, an attribute or a pattern of names."""
    if isinstance(target, ast.Name):
        owner = _owner(ev, target.id, env)
        if owner is env:
            env.names[target.id] = labelled(value, target.id)
        else:
            ev.effects.put(owner, target.id, labelled(value, target.id))
    elif isinstance(target, (ast.Tuple, ast.List)):
        ev.semantics.lined_up(ev, target, [value], in_row=True)
        for item, part in _unpacked(target, value):
            assign(ev, item, part, env)
    elif isinstance(target, ast.Attribute):
        set_attribute(ev, ev.evaluate(target.value, env), target.attr, value)
    elif isinstance(target, ast.Subscript):
        container = ev.evaluate(target.value, env)
        if isinstance(container, AttributesOf):
            opened(ev.effects, container.obj)
        elif isinstance(target.slice, ast.Slice):
            if isinstance(container, ListValue):
                blur(container, *(value.items if isinstance(value, (ListValue, TupleValue)) else [value]))
        else:
            key = ev.evaluate(target.slice, env)
            if not isinstance(container, DictValue) or not container.fill(key, value, _is_of_loop(ev, key)):
                store_item(ev.effects, ev.frame, container, key, value)


def _is_of_loop(ev: Evaluator, key: Value) -> bool:
    """Whether a key is the target of the innermost loop, which has another one each round."""
    loop = ev.frame.loops[-1] if ev.frame.loops and not ev.frame.conditions else None
    index = round_index(loop.target, ev.frame.env) if isinstance(loop, ast.For) else None
    return isinstance(key, LoopIndex) and key == index and key.distinct and not key.presumed


def _unpacked(target: ast.Tuple | ast.List, value: Value) -> Iterator[tuple[ast.expr, Value]]:
    """Each part of a pattern with what it gets; what stands behind a star is counted from the end."""
    length = len(target.elts)
    star = next((i for i, item in enumerate(target.elts) if isinstance(item, ast.Starred)), None)
    whole = isinstance(value, TupleValue) or (isinstance(value, ListValue) and value.complete and not value.unsure)
    items = list(value.items) if whole and isinstance(value, (TupleValue, ListValue)) else None
    for i, item in enumerate(target.elts):
        if star is None or i < star:
            yield item, element(value, i)
        elif isinstance(item, ast.Starred):
            behind = length - i - 1
            between = (Const(i) if i else None, Const(-behind) if behind else None, None)
            rest = slice_of(value, between, f"{i or ''}:{-behind or ''}")
            yield item.value, ListValue([*rest.items]) if isinstance(rest, TupleValue) else rest
        elif items is not None:
            yield item, items[i - length] if length - i <= len(items) else UNKNOWN
        elif isinstance(value, (TupleValue, ListValue)):
            yield item, reduce(join, value.items) if value.items else UNKNOWN
        else:
            yield item, subscript(value, Const(i - length))


def set_attribute(ev: Evaluator, owner: Value, name: str, value: Value | None) -> None:
    """`owner.name = value`; None deletes it."""
    if isinstance(owner, ObjectValue):
        if name == "__dict__":
            opened(ev.effects, owner)
            return
        setter = ev.class_attribute(owner.cls, name) if value is not None else None
        if isinstance(setter, FunctionValue) and value is not None and _is_setter(setter):
            ev.call_function(
                FunctionValue(setter.function, setter.env, owner), Arguments([(value, ast.Name(name))]), None
            )
            value = UNKNOWN
        ev.effects.put(owner.attrs, name, value if value is None else labelled(value, name), owner)
    elif isinstance(owner, ClassValue):
        function = isinstance(value, (FunctionValue, LambdaValue))  # whether it is bound to an object is not known
        ev.effects.put(ev.classes.names.setdefault(owner.cls, {}), name, UNKNOWN if function else value)
    elif isinstance(owner, ModuleValue):
        ev.effects.put(ev.module_env(owner.module), name, value)


def _is_setter(function: FunctionValue) -> bool:
    return any(unparsed(decorator).endswith(".setter") for decorator in function.function.node.decorator_list)


def delete(ev: Evaluator, target: ast.expr, env: Env) -> None:
    """`del target`."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            delete(ev, item, env)
    elif isinstance(target, ast.Attribute):
        set_attribute(ev, ev.evaluate(target.value, env), target.attr, None)
    elif isinstance(target, ast.Subscript):
        key = None if isinstance(target.slice, ast.Slice) else ev.evaluate(target.slice, env)
        delete_item(ev.effects, ev.frame, ev.evaluate(target.value, env), key)


def _owner(ev: Evaluator, name: str, env: Env) -> Env:
    """Where a name is kept that is given a value."""
    function = ev.frame.function
    if function is None:
        return env
    if name in function.globals:
        return ev.module_env(env.module)
    outer = env.parent if name in function.nonlocals else None
    while outer is not None:
        if name in outer.names:
            return outer
        outer = outer.parent
    return env


def labelled(value: Value, name: str) -> Value:
    """A tensor is called what it was bound to last."""
    if isinstance(value, Tensor):
        return Tensor(name.strip("_"), value.shapeless)
    return value
