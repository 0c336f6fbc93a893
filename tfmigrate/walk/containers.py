"""How lists and dictionaries change: exactly where that is known, and as far as it is known elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, cast

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.effects import Effects
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.joining import join
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    UNKNOWN,
    Const,
    DictValue,
    ListValue,
    Opaque,
    TupleValue,
    Value,
    is_tensor,
)

# of sets too, which are lists whose items are not all known
_OF_LISTS = {
    "insert", "pop", "remove", "clear", "sort", "reverse",
    "discard", "difference_update", "intersection_update", "symmetric_difference_update",
}  # fmt: skip
_OF_DICTIONARIES = {"pop", "popitem", "clear", "update", "setdefault"}


def flat(value: Value) -> Iterator[Value]:
    """The value, or what the lists, tuples and dictionaries in it hold."""
    if isinstance(value, (ListValue, TupleValue, DictValue)):
        for item in (*value.items.values(), *value.made) if isinstance(value, DictValue) else value.items:
            yield from flat(item)
    else:
        yield value


def blur(owner: ListValue, *added: Value) -> None:
    """From now on the list may have lost items, and got these, in another order."""
    owner.items.extend(added)
    owner.complete, owner.length, owner.index, owner.unsure = False, None, None, True


def store_item(effects: Effects, frame: Frame, owner: Value, key: Value, value: Value) -> None:
    """`owner[key] = value`."""
    if isinstance(owner, DictValue):
        if isinstance(key, Const):
            effects.put(owner.items, key.value, value, owner)
        else:
            store_somewhere(owner, value)
    elif isinstance(owner, ListValue):
        index = _position(owner, key)
        if index is None or not owner.complete:
            owner.complete = False
            owner.items = owner.items if is_tensor(value) else [join(item, value) for item in owner.items]
        elif not frame.is_repeated_for(owner):
            owner.items[index] = value
        elif is_tensor(value):
            owner.complete = False
        else:
            owner.items[index] = join(owner.items[index], value)


def _position(owner: ListValue, key: Value | None) -> int | None:
    """Where an index points, if that is known to be within the list."""
    index = key.value if isinstance(key, Const) else None
    return index if isinstance(index, int) and -len(owner.items) <= index < len(owner.items) else None


def delete_item(effects: Effects, frame: Frame, owner: Value, key: Value | None) -> None:
    """`del owner[key]`; key is None for a slice."""
    if isinstance(owner, DictValue):
        if isinstance(key, Const):
            effects.put(owner.items, key.value, None, owner)
        else:
            owner.maybe.update(owner.items)
    elif isinstance(owner, ListValue) and not _is_of_library(owner):
        if not _removed(owner, key, frame):
            blur(owner)


def _removed(owner: ListValue, key: Value | None, frame: Frame) -> bool:
    index = _position(owner, key)
    if index is None or not owner.complete or frame.is_repeated_for(owner):
        return False
    del owner.items[index]
    return True


def store_somewhere(owner: DictValue, value: Value) -> None:
    """Under a key that is not known, which may be one of those that are there."""
    owner.complete = False
    if owner.key is None and not is_tensor(value):
        for key, item in owner.items.items():
            if not isinstance(item, (Opaque, ListValue, DictValue)) and not is_tensor(item):
                owner.items[key] = join(item, value)


def merge_into(owner: DictValue, other: DictValue) -> None:
    """`{**other}` within a dictionary that is made."""
    for key, value in other.items.items():
        here = owner.items.get(key)
        owner.items[key] = join(here, value) if here is not None and key in other.maybe else value
        if here is None and key in other.maybe:
            owner.maybe.add(key)
    if not other.complete:
        store_somewhere(owner, UNKNOWN)


def _is_of_library(owner: ListValue) -> bool:
    """Whether what a library gave is in the list: it says itself what becomes of that."""
    return bool(owner.tag) or owner.origin is not None or any(isinstance(item, Opaque) for item in owner.items)


def list_method(owner: ListValue, name: str, args: Arguments, frame: Frame) -> Value | None:
    """What a method that changes a list gives; None where it is none."""
    if name not in _OF_LISTS:
        return None
    if _is_of_library(owner):
        owner.length = None
        return None
    sure = owner.complete and not frame.is_repeated_for(owner)
    given = [value for value, _ in args.positional]
    if name == "pop":
        return _popped(owner, given[0] if given else Const(-1), sure)
    if not (sure and _changed(owner, name, given, args)):
        blur(owner, *(given[1:] if name == "insert" else []))
    owner.length = None
    return NONE


def _popped(owner: ListValue, key: Value, sure: bool) -> Value:
    index = _position(owner, key)
    if sure and index is not None:
        return owner.items.pop(index)
    result = reduce(join, owner.items) if owner.items else UNKNOWN
    blur(owner)
    return result


def _changed(owner: ListValue, name: str, given: list[Value], args: Arguments) -> bool:
    """Make the change, if it is known what it does."""
    if name == "clear":
        owner.items.clear()
    elif name == "reverse":
        owner.items.reverse()
    elif name == "sort":
        ordered = in_order(owner.items, args)
        if ordered is None:
            return False
        owner.items[:] = ordered
    elif name == "insert" and len(given) == 2 and isinstance(given[0], Const) and isinstance(given[0].value, int):
        owner.items.insert(given[0].value, given[1])
    elif name == "remove" and given and isinstance(given[0], Const) and all(isinstance(i, Const) for i in owner.items):
        if given[0] in owner.items:
            owner.items.remove(given[0])
    else:
        return False
    return True


def in_order(items: list[Value], args: Arguments) -> list[Value] | None:
    """The items sorted, where that is known."""
    down = args.keywords.get("reverse")
    if "key" in args.keywords or (down is not None and not isinstance(down[0], Const)):
        return list(items) if len(items) < 2 else None
    leading = [item.items[0] if isinstance(item, TupleValue) and item.items else item for item in items]
    keys = [item.value for item in leading if isinstance(item, Const)]
    tuples = any(isinstance(item, TupleValue) for item in items)
    if len(keys) != len(items) or (tuples and len(set(keys)) != len(keys)):
        return None
    backwards = down is not None and isinstance(down[0], Const) and bool(down[0].value)
    try:
        order = sorted(range(len(items)), key=lambda at: cast(Any, keys[at]), reverse=backwards)
    except TypeError:
        return None
    return [items[position] for position in order]


def dictionary_method(effects: Effects, owner: DictValue, name: str, args: Arguments) -> Value | None:
    """What a method that changes a dictionary gives; None where it is none."""
    if name not in _OF_DICTIONARIES:
        return None
    key, other = args.get(0, ""), args.get(1, "default")
    if name == "update":
        _update(effects, owner, args)
        return NONE
    if name == "clear":
        for known in list(owner.items):
            effects.put(owner.items, known, None, owner)
        owner.complete = owner.complete or not effects.is_undecided
        return NONE
    if name == "popitem" or not isinstance(key, Const):
        owner.maybe.update(owner.items)
        owner.complete = owner.complete and name != "setdefault"
        return UNKNOWN
    present, sure = owner.items.get(key.value), key.value not in owner.maybe and owner.key is None
    default = other if other is not None else NONE
    if present is None and not owner.complete:
        present, sure = default, False
        result: Value = UNKNOWN
    else:
        result = default if present is None else (present if sure else join(present, default))
    if name == "pop":
        effects.put(owner.items, key.value, None, owner)
    elif present is None or not sure:
        effects.put(owner.items, key.value, result, owner)
    return result


def _update(effects: Effects, owner: DictValue, args: Arguments) -> None:
    first = args.get(0, "")
    if isinstance(first, DictValue) and not first.maybe and first.key is None:
        for key, value in first.items.items():
            effects.put(owner.items, key, value, owner)
    if first is not None and not (isinstance(first, DictValue) and first.complete and not first.maybe):
        store_somewhere(owner, UNKNOWN)
    if args.star:
        store_somewhere(owner, UNKNOWN)
    for name, (value, _) in args.keywords.items():
        effects.put(owner.items, name, value, owner)


def copied(value: DictValue) -> DictValue:
    """A dictionary of its own with the same items."""
    return DictValue(dict(value.items), value.complete, value.key, value.made, set(value.maybe))


def shallow_copy(value: Value) -> Value | None:
    """`copy.copy` of a list or dictionary; None of anything else."""
    if isinstance(value, DictValue):
        return copied(value)
    if isinstance(value, ListValue) and not _is_of_library(value):
        return ListValue(list(value.items), value.complete, unsure=value.unsure)
    return None


def shuffled(args: Arguments) -> Value:
    """`random.shuffle(items)`."""
    first = args.get(0, "")
    if isinstance(first, ListValue) and len(first.items) > 1:
        blur(first)
    return PYTHON
