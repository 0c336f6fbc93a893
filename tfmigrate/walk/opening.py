"""Objects whose attributes are set by names that the program makes up: `setattr(obj, name, value)`, `vars(obj)`."""

from __future__ import annotations

from dataclasses import dataclass

from tfmigrate.walk.effects import Effects
from tfmigrate.walk.values import NONE, Const, ObjectValue, Opaque, Text, Value

_PLAIN = (Const, Text)


@dataclass(eq=False)
class AttributesOf(Opaque):
    """`obj.__dict__` and `vars(obj)`."""

    obj: ObjectValue


def opened(effects: Effects, obj: ObjectValue) -> Value:
    """Any attribute may have any value from now on; None, as what does this gives."""
    obj.opened += 1
    for name, value in list(obj.attrs.items()):
        if isinstance(value, _PLAIN):
            effects.put(obj.attrs, name, obj.symbol(name), obj)
    effects.changed(obj)
    return NONE


def may_hide(obj: ObjectValue, found: Value) -> bool:
    """Whether the object may have an attribute of its own instead of this one of its class."""
    return bool(obj.opened) and isinstance(found, _PLAIN)
