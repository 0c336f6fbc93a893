"""Calls that may each be the first to make a variable: whichever it is, the variable must start alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.slots import Slot, Use
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import arguments_of
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import GET_VARIABLE, WEIGHT_ARGUMENTS
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.joining import same
from tfmigrate.walk.regions import Creation, Variable, around
from tfmigrate.walk.values import Value

_STARTS = ("_initializer", "_regularizer")


def check_starts(slot: Slot) -> None:
    """What a weight or a library layer is made with is taken from the first call. Raises Refusal."""
    for use in _makers(slot):
        if use.node is not slot.first.node and not start_alike(slot.first, use):
            line = getattr(slot.first.node, "lineno", 0)
            text = f"in some runs this makes the variables, in others the call in line {line}, and the two differ"
            raise Refusal("TFM304", use.node, use.region.module, text)


def _makers(slot: Slot) -> Iterator[Use]:
    """The uses before which no other one of the same variables has surely been."""
    before: dict[Variable, dict[Creation, _Way]] = {}
    for use in slot.uses:
        creation = use.creation
        if creation is None or not creation.variables:
            continue
        known, here = before.setdefault(creation.variables[0], {}), _way(creation)
        if not _has_surely_been(known, creation, here):
            yield use
        known[creation] = here


def _has_surely_been(earlier: dict[Creation, _Way], creation: Creation, here: _Way) -> bool:
    """Whether every run that comes to a request has come to one of the earlier ones."""
    if any(way <= here and not exclusive(other, creation) for other, way in earlier.items()):
        return True
    known = set(earlier.values())
    ways, joined = set(known), set(known)
    while joined:  # both sides of an `if`
        pairs = ((one, other, side) for one in ways for other in ways for side in one)
        joined = {one - {side} | other - {_other(side)} for one, other, side in pairs if _other(side) in other} - ways
        ways |= joined
    return any(way <= here for way in ways - known)


_Side = tuple[ast.AST, bool | None]
_Way = frozenset[_Side]


def _other(side: _Side) -> _Side:
    return side[0], None if side[1] is None else not side[1]


def _way(creation: Creation) -> _Way:
    """The undecided conditions around a request, each with its side, where that is one of an `if`."""
    found: set[_Side] = set()
    here: list[tuple[Module, ast.AST | None, tuple[ast.AST, ...]]]
    here = [(creation.region.module, creation.node, creation.conditions)]
    here += [(r.parent.module, r.node, r.conditions) for r in around(creation.region) if r.parent is not None]
    for module, node, conditions in here:
        inner = node
        for outer in ancestors(module, node) if node is not None and conditions else ():
            if outer in conditions:
                found.add((outer, inner in outer.body if isinstance(outer, ast.If) else None))
            inner = outer
        known = {condition for condition, _ in found}
        found |= {(condition, None) for condition in conditions if condition not in known}
    return frozenset(found)


def start_alike(one: Use, other: Use) -> bool:
    """Whether two calls make a variable in the same way."""
    first, second = _made_with(one), _made_with(other)
    if one.helper is not other.helper or first.keys() != second.keys():
        return False
    return all(_says_the_same(first[key], second[key], one.region.function) for key in first)


def _made_with(use: Use) -> dict[object, tuple[Value | None, ast.expr]]:
    """What decides what the variables are, and how they start."""
    creation = use.creation
    assert creation is not None
    if use.helper is not None and isinstance(use.node, ast.Call):
        given: dict[object, tuple[Value | None, ast.expr]] = {i: (None, e) for i, e in enumerate(use.node.args)}
        return {**given, **{k.arg: (None, k.value) for k in use.node.keywords}}
    if creation.row is not None:
        named = creation.row.params
        values = {named[i]: pair for i, pair in enumerate(creation.args.positional) if i < len(named)}
        values.update(creation.args.keywords)
        return {key: (value, e) for key, (value, e) in values.items() if key.endswith(_STARTS)}
    written = arguments_of(creation.node, GET_VARIABLE)
    wanted = {key: e for key, e in written.items() if key in WEIGHT_ARGUMENTS and key != "name"}
    known = {key: creation.args.get(GET_VARIABLE.index(key), key) for key in wanted}
    inherited = {key: pair for key, pair in creation.args.keywords.items() if key not in written}
    made: dict[object, tuple[Value | None, ast.expr]] = {key: (known[key], e) for key, e in wanted.items()}
    made.update(inherited)
    return made


def _says_the_same(
    one: tuple[Value | None, ast.expr], other: tuple[Value | None, ast.expr], function: Function | None
) -> bool:
    if one[0] is not None and other[0] is not None and same(one[0], other[0]):
        return True
    if ast.dump(one[1]) != ast.dump(other[1]):
        return False
    names = {n.id for n in ast.walk(one[1]) if isinstance(n, ast.Name)}
    nodes = function.nodes if function is not None else ()
    bound = [n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    params = function.params if function is not None else ()
    return all(bound.count(name) + (name in params) <= 1 for name in names)
