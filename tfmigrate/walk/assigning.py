"""What an assignment does: to names, attributes and items, one or several at once."""

from __future__ import annotations

import ast

from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.items import element
from tfmigrate.walk.values import (
    Const,
    DictValue,
    Env,
    ListValue,
    ModuleValue,
    ObjectValue,
    Tensor,
    Value,
    join,
)


def assign(ev: Evaluator, target: ast.expr, value: Value, env: Env) -> None:
    """Bind a value to a name, an attribute or a pattern of names."""
    if isinstance(target, ast.Name):
        owner = _owner(ev, target.id, env)
        owner.names[target.id] = labelled(value, target.id)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for i, item in enumerate(target.elts):
            assign(ev, item.value if isinstance(item, ast.Starred) else item, element(value, i), env)
    elif isinstance(target, ast.Attribute):
        obj = ev.evaluate(target.value, env)
        if isinstance(obj, ObjectValue):
            known = obj.attrs.get(target.attr)
            undecided = bool(ev.frame.conditions) and known is not None
            if undecided:
                value = (known and ev.choose(known, value, None, env)) or join(known, value)
            obj.attrs[target.attr] = value if undecided else labelled(value, target.attr)
            obj.version += 1
            ev.memory.unsettle(obj.born)
        elif isinstance(obj, ModuleValue):
            ev.memory.unsettle()
            ev.module_env(obj.module).names[target.attr] = value
    elif isinstance(target, ast.Subscript):
        container, key = ev.evaluate(target.value, env), ev.evaluate(target.slice, env)
        if isinstance(container, DictValue) and isinstance(key, Const):
            container.items[key.value] = value
        elif isinstance(container, (DictValue, ListValue)):
            container.complete = False


def _owner(ev: Evaluator, name: str, env: Env) -> Env:
    function = ev.frame.function
    if function is None or name not in function.globals:
        return env
    ev.memory.unsettle()
    return ev.module_env(env.module)


def labelled(value: Value, name: str) -> Value:
    """A tensor is called what it was bound to last."""
    if isinstance(value, Tensor):
        return Tensor(name.strip("_"), value.shapeless)
    return value
