"""What `owner.name` is: of modules, classes, objects, `super()`, shapes and what is known by name only."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from tfmigrate.program.link import Class, Module
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.choices import outcome
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.joining import join
from tfmigrate.walk.opening import AttributesOf, may_hide
from tfmigrate.walk.values import (
    UNKNOWN,
    Choice,
    ClassValue,
    Dim,
    FunctionValue,
    Kind,
    Library,
    Method,
    ModuleValue,
    ObjectValue,
    Opaque,
    Shape,
    Symbol,
    Tensor,
    Unknown,
    Value,
)

# a size of what is known by name only
_SIZE = re.compile(r"\.shape\[[^\]]*\]$")


@dataclass(eq=False)
class SuperValue(Opaque):
    """`super()` inside a method of `cls` on `obj`."""

    obj: ObjectValue
    cls: Class


def attribute(ev: Evaluator, owner: Value, name: str, node: ast.Attribute) -> Value:
    """`owner.name`."""
    if isinstance(owner, Choice):
        return outcome(owner, [attribute(ev, option, name, node) for option in owner.options])
    special = ev.semantics.attribute(ev, owner, name, node)
    if special is not None:
        return special
    if isinstance(owner, Library):
        return ev.semantics.canonical(f"{owner.name}.{name}")
    if isinstance(owner, ModuleValue):
        return _module_attribute(ev, owner.module, name)
    if isinstance(owner, ObjectValue):
        return object_attribute(ev, owner, name)
    if isinstance(owner, ClassValue):
        found = ev.class_attribute(owner.cls, name)
        return UNKNOWN if found is None else found
    if isinstance(owner, SuperValue):
        return _super_attribute(ev, owner, name)
    if isinstance(owner, Shape) or (isinstance(owner, Tensor) and name in ("shape", "get_shape", "ndim")):
        return Shape(owner.label) if name == "shape" and isinstance(owner, Tensor) else Method(owner, name)
    if isinstance(owner, Dim):
        return owner if name == "value" else UNKNOWN
    if isinstance(owner, Symbol):
        if name == "value" and _SIZE.search(owner.text):
            return owner  # one dimension, whatever the library of the day calls it
        text = f"{owner.text}.{name}"
        return Symbol(text, f"{owner.key}.{name}", owner.kind, owner.round)
    if isinstance(owner, Unknown) and owner.kind is Kind.PYTHON:
        return owner
    return Method(owner, name)


def _module_attribute(ev: Evaluator, module: Module, name: str) -> Value:
    value = ev.global_name(module, name)
    if value is None:
        submodule = ev.program.modules.get(f"{module.name}.{name}")
        return ModuleValue(submodule) if submodule is not None else unbound(ev, module, name)
    return value


def unbound(ev: Evaluator, module: Module, name: str) -> Value:
    """A name that a module does not bind: a missing module's, if it took all from one."""
    return ev.semantics.canonical(f"builtins.{name}") if ev.program.takes_all_from_outside(module) else UNKNOWN


def object_attribute(ev: Evaluator, obj: ObjectValue, name: str) -> Value:
    """An attribute of an object of the program: its own, or one of its class."""
    if name == "__class__":
        return ClassValue(obj.cls)
    if name == "__dict__":
        return AttributesOf(obj)
    own = obj.attrs.get(name)
    if own is not None and name not in obj.maybe:
        return own
    found = ev.class_attribute(obj.cls, name)
    if own is not None:
        return own if found is None or isinstance(found, FunctionValue) else join(own, found)
    if isinstance(found, FunctionValue):
        return bind(ev, found, obj)
    if found is not None:
        return obj.symbol(name) if may_hide(obj, found) else found
    return Method(obj, name) if ev.classes.has_foreign_base(obj.cls) else obj.symbol(name)


def bind(ev: Evaluator, found: FunctionValue, obj: ObjectValue) -> Value:
    """The method on the object; a property is called at once."""
    decorators = {unparsed(d) for d in found.function.node.decorator_list}
    if "staticmethod" in decorators:
        return found
    bound = FunctionValue(found.function, found.env, obj)
    if "property" in decorators:
        return ev.call_function(bound, Arguments(), None)
    return bound


def _super_attribute(ev: Evaluator, owner: SuperValue, name: str) -> Value:
    order = ev.classes.mro(owner.obj.cls)
    for cls in order[order.index(owner.cls) + 1 :] if owner.cls in order else []:
        value = ev.classes.names.get(cls, {}).get(name)
        if isinstance(value, FunctionValue):
            ev.memory.read(cls, name, ev.classes.find(cls, name))
            return FunctionValue(value.function, value.env, owner.obj)
    return Method(owner, name)
