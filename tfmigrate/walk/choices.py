"""Functions and classes of which a run takes one, decided before they are called."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from tfmigrate.program.texts import unparsed
from tfmigrate.walk.joining import join, same
from tfmigrate.walk.values import (
    Choice,
    ClassValue,
    Const,
    Decision,
    DictValue,
    FunctionValue,
    ListValue,
    Method,
    ObjectValue,
    Opaque,
    Partial,
    Symbol,
    Text,
    Unknown,
    Value,
)

# more are hardly decided by a flag
_MOST = 4
_MOST_ITEMS = 8
_PLAIN = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)

# what a name means, and whether an object keeps what it has under an attribute
Lookup = Callable[[str], "Value | None"]
Settled = Callable[[ObjectValue, str], bool]


@dataclass(eq=False)
class Branch:
    """One call of a choice, which runs one of its options."""

    choice: Choice


@dataclass(frozen=True, eq=False)
class Pick:
    """The option that a call runs."""

    branch: Branch
    index: int

    def excludes(self, other: Pick) -> bool:
        """Whether no run picks both."""
        one, two = self.branch.choice, other.branch.choice
        if self.index == other.index:
            return False
        return decided_alike(one, two)


def decided_alike(one: Choice, two: Choice) -> bool:
    """Whether a run that takes an option of the one takes the same of the other."""
    if one.key is two.key:
        return True
    alike = len(one.options) == len(two.options) and all(map(same, one.options, two.options))
    return alike and one.decision is not None and one.decision == two.decision


def choice_of(one: Value, other: Value, decision: Decision | None) -> Choice | None:
    """The value that is `one` if the test holds and else `other`, where both are functions or classes to call."""
    sides = [_options(one), _options(other)]
    if not all(sides):
        return None
    options: list[Value] = []
    for option in (*sides[0], *sides[1]):
        if any(same(option, known) for known in options):
            return None
        options.append(option)
    if len(options) > _MOST:
        return None
    if decision is not None:
        inner = tuple(value.decision if isinstance(value, Choice) else None for value in (one, other))
        undecided = any(isinstance(v, Choice) and v.decision is None for v in (one, other))
        decision = None if undecided else Decision(decision.test, decision.known, (inner[0], inner[1]))
    return Choice(tuple(options), decision)


def _options(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Choice):
        return value.options
    plain = isinstance(value, FunctionValue) and value.bound is None
    return (value,) if plain or isinstance(value, (ClassValue, Partial)) else ()


def pick_of(owner: Value, index: Value) -> Choice | None:
    """What is known of `owner[index]`, a function of several in a dictionary, under a name that stays the same."""
    if not isinstance(owner, DictValue) or not owner.complete or not 1 < len(owner.items) <= _MOST_ITEMS:
        return None
    parts = index.parts if isinstance(index, Text) else (index,)
    if not all(isinstance(part, str) or (isinstance(part, Symbol) and part.round is None) for part in parts):
        return None
    options = tuple(owner.items.values())
    if any(len(_options(option)) != 1 or isinstance(option, Choice) for option in options):
        return None
    if any(same(one, other) for i, one in enumerate(options) for other in options[:i]):
        return None
    return Choice(options, Decision("[]", (index,)))


def decision_of(test: ast.expr, lookup: Lookup, settled: Settled) -> Decision | None:
    """What a test asks, if all of it has a value or a name of its own."""
    known: list[Value] = []
    waiting: list[ast.AST] = [test]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = _named(node, lookup, settled)
            if not isinstance(value, (Const, Symbol)):
                return None
            known.append(value)
        elif isinstance(node, _PLAIN):
            waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context))
        else:
            return None
    return Decision(unparsed(test), tuple(known))


def _named(node: ast.expr, lookup: Lookup, settled: Settled) -> Value | None:
    """The value of a dotted name, without running anything."""
    if isinstance(node, ast.Name):
        return lookup(node.id)
    if not isinstance(node, ast.Attribute):
        return None
    owner = _named(node.value, lookup, settled)
    if isinstance(owner, ObjectValue):
        value = owner.attrs.get(node.attr)
        if isinstance(value, (Unknown, Method)) and settled(owner, node.attr):
            return owner.symbol(node.attr)
        return value
    return Symbol(f"{owner.text}.{node.attr}", f"{owner.key}.{node.attr}") if isinstance(owner, Symbol) else None


def outcome(choice: Choice, results: list[Value]) -> Value:
    """What comes of doing the same to each option: a choice again where that can be called."""
    if all(isinstance(r, (ObjectValue, FunctionValue, Choice)) or _is_method(r) for r in results):
        return Choice(tuple(results), choice.decision, choice.key)
    lists = [result for result in results if isinstance(result, ListValue)]
    if len(lists) == len(results):
        items = [item for each in lists for item in each.items]
        # a library's list of variables says itself of which of them
        of_library = all(isinstance(item, Opaque) for item in items)
        return ListValue(items, of_library and all(each.complete for each in lists), unsure=not of_library)
    value = results[0]
    for result in results[1:]:
        value = join(value, result)
    return value


def _is_method(value: Value) -> bool:
    return isinstance(value, Method) and isinstance(value.owner, ObjectValue)
