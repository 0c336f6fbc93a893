"""What a layer's constructor makes although a call may leave it out: in rounds that do not come, in other branches.

`__init__` makes the layers of all rounds and of all branches; without a call they have no variables. But a weight has
some, and what a layer is made with may be there only where it is called: `if config.size: x = dense(x, config.size)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tfmigrate.planning.conditions import tests_around, tests_in
from tfmigrate.planning.layering import Body, LayerPlan, Refusal
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Member
from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.scan import CHANGING, Scan
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import Const, DictValue, ObjectValue, Symbol, Unknown, Value

_BUILTINS = frozenset(["int", "float", "min", "max", "abs", "round", "bool", "str", "len"])


@dataclass(frozen=True)
class Text:
    """The code that asks for what a slot holds. is_gone: whether a statement of it is left out."""

    module: Module
    scan: Scan
    suite: Sequence[ast.stmt]
    is_gone: Callable[[ast.AST], bool] = lambda _: False


def text_of(body: Body) -> Text:
    """The code of a layer's body."""
    return Text(body.module, body.scan, body.member.body, body.is_gone)


def check_left_rounds(slot: Slot, body: Text, expressions: Collection[ast.expr]) -> None:
    """What a loop makes has to be made in all of its rounds, or cost nothing in the others. Raises Refusal."""
    loops = [loop for loop in slot.loops if isinstance(loop, LOOPS)]
    ways = [way for site in slot.sites for way in _ways_around(site, loops, body)]
    if not ways:
        return
    if slot.kind is Made.WEIGHT:
        text = "not all rounds of the loop make this weight, and a layer makes those of all rounds"
        raise Refusal("TFM402", ways[0], body.module, text)
    bound = {name for loop in loops for name in _stored(loop)}
    tests = [
        way if isinstance(way, ast.expr) else test for way in ways for test, _ in tests_in(way, body.scan, body.suite)
    ]
    asked = {n.id for test in [*ways, *tests] for n in ast.walk(test) if isinstance(n, ast.Name)}
    items = {name for loop in loops for name in _items(loop, asked)}
    for expression in expressions:
        if _reads(expression, items) or not _is_always_there(expression, bound, body):
            text = "not all rounds of the loop make this, and what it is made with may be missing in the others"
            raise Refusal("TFM401", slot.site(), body.module, text)


def check_guards(slot: Slot, code: Text, place: ast.AST | None, expressions: Collection[ast.expr]) -> None:
    """What is made before a statement is made with what is there in any case. None: far away. Raises Refusal."""
    within = {place, *ast.walk(place)} if place is not None else None
    found = tests_in(slot.site(), code.scan, code.suite)
    tests = [test for test, _ in found if within is None or test in within]
    if _are_asked_for(tests, expressions):
        text = "this is made where it may not be called, and what it is made with may be missing there"
        raise Refusal("TFM401", slot.site(), code.module, text)


def check_steady(slot: Slot, code: Text) -> None:
    """What a loop gets made in advance reads nothing that the loop changes. Raises Refusal."""
    if not slot.loops or slot.unit is None:
        return
    members = [member for member in slot.unit.members if not isinstance(member.node, ast.With)]  # those see the round
    own = {name for member in members for name in _bound_in(member)}
    read = {n.id for m in members for s in m.body for n in ast.walk(s) if isinstance(n, ast.Name)} - own
    for loop in slot.loops:
        for node in ast.walk(loop):
            name = _changed(node, code.scan)
            if name in read:
                text = f"the layers of all rounds are made before, and {name} changes from round to round"
                raise Refusal("TFM304", node, code.module, text)


def _bound_in(member: Member) -> set[str]:
    """The names that the code of a layer binds itself."""
    params = set(member.function.params) if member.function is not None else set()
    shared = member.function.globals if member.function is not None else frozenset()
    stored = {n.id for s in member.body for n in ast.walk(s) if isinstance(n, ast.Name) and not _is_load(n)}
    return params | (stored - shared)


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _changed(node: ast.AST, scan: Scan) -> str | None:
    """The name behind which a statement's part changes something, or which it binds anew."""
    if isinstance(node, ast.Name):
        return node.id if not _is_load(node) else None
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        call = scan.parents.get(node)
        calls = isinstance(node, ast.Attribute) and isinstance(call, ast.Call) and call.func is node
        if not isinstance(node.ctx, ast.Load) or (calls and isinstance(node, ast.Attribute) and node.attr in CHANGING):
            return _root(node)
    return None


def hangs_on_tests(slot: Slot, body: Body, expressions: Collection[ast.expr]) -> bool:
    """Whether the tests around what one branch makes ask if there is what it is made with."""
    return _are_asked_for([test for test, _ in tests_around(slot.site(), body)], expressions)


def _are_asked_for(tests: Iterable[ast.expr], expressions: Iterable[ast.expr]) -> bool:
    """Whether tests ask for something that expressions read, if it is there."""
    asked = {text for test in tests for text in _asked(test)}
    if not asked:
        return False
    kinds = (ast.Name, ast.Attribute, ast.Subscript)
    read = (node for e in expressions for node in ast.walk(e) if isinstance(node, kinds))
    return any(ast.unparse(node) in asked for node in read)


def is_left_out(slot: Slot, plan: LayerPlan, body: Body, expressions: Collection[ast.expr]) -> bool:
    """Whether a layer is made with what calls that leave it out do not have, or may not have."""
    if slot.loops:
        return False
    parts = [p for e in expressions for p in ast.walk(e) if isinstance(p, (ast.Name, ast.Attribute, ast.Subscript))]
    used = {use.region for use in slot.uses}
    others = [i.regions for i in plan.unit.instances if used.isdisjoint(i.regions)]
    for region in (r for found in others for r in found if r in body.member.regions):
        if any(_is_nothing(_value(part, body, region)) for part in parts if _root(part) in body.inputs):
            return True
    names = {part.id for part in parts if isinstance(part, ast.Name) and part.id in body.inputs}
    return any(_is_an_item(region, name) for region in used & set(body.member.regions) for name in names)


_UNKNOWN = Unknown()


def _value(node: ast.expr, body: Body, region: Region) -> Value | None:
    """What an input, or something in it, is in one region; None is nothing."""
    name = body.splitter.spelling(node)
    if name is not None and name in body.inputs:
        return body.value(name, region)
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, body, region)
        if isinstance(owner, ObjectValue) and node.attr in owner.attrs:
            return owner.attrs[node.attr]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner = _value(node.value, body, region)
        if isinstance(owner, DictValue) and owner.complete:
            return owner.items.get(node.slice.value)
    return _UNKNOWN


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)) and not _is_self(node):
        node = node.value
    return ast.unparse(node)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_nothing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Const) and not value.value)


def _is_an_item(region: Region, name: str) -> bool:
    """Whether the rounds of a loop give an argument what they find in something: another round may find nothing."""
    given = region.frame.given.get(name)
    value = region.frame.args.get(name)
    if not isinstance(given, ast.Name) or not isinstance(value, (Unknown, Symbol)):
        return False
    for loop in region.loops:
        if isinstance(loop, ast.For) and given.id in _targets(loop.target):
            counted = isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) in ("range", "xrange")
            first = isinstance(loop.target, ast.Tuple) and ast.unparse(loop.target.elts[0]) == given.id
            return not counted and not (first and ast.unparse(loop.iter).startswith("enumerate("))
    return False


def _items(loop: ast.For | ast.comprehension, asked: Collection[str]) -> set[str]:
    """The targets that may be nothing in rounds that are left: parts of records, and what is asked for."""
    parts = loop.target.elts if isinstance(loop.target, (ast.Tuple, ast.List)) else [loop.target]
    call = ast.unparse(loop.iter.func) if isinstance(loop.iter, ast.Call) else ""
    if call in ("range", "xrange"):
        return set()
    if call == "enumerate" and len(parts) == 2:
        parts = parts[1].elts if isinstance(parts[1], (ast.Tuple, ast.List)) else parts[1:]
    names = {name for part in parts for name in _targets(part)}
    return names if len(parts) > 1 else names & set(asked)


def _targets(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _ways_around(site: ast.AST, loops: Collection[ast.AST], body: Text) -> Iterator[ast.AST]:
    """What keeps some rounds of these loops from coming to a site."""
    around = list(body.scan.ancestors(site))
    inner: ast.AST = site
    for place, outer in enumerate(around):
        if not any(loop in around[place:] for loop in loops):
            break
        if isinstance(outer, ast.If) and inner is not outer.test:
            changing = {name for loop in loops if loop in around for name in _stored(loop)}
            if any(isinstance(n, ast.Name) and n.id in changing for n in ast.walk(outer.test)):
                yield outer.test
        inner = outer
    for loop in (loop for loop in loops if loop in around):
        for node in ast.walk(loop):
            if isinstance(node, (ast.Break, ast.Continue, ast.Return)) and _leaves(node, loop, site, body):
                yield node


def _leaves(node: ast.stmt, loop: ast.AST, site: ast.AST, body: Text) -> bool:
    """Whether a statement keeps a round of a loop, or all further ones, from a site."""
    if body.is_gone(node):
        return False
    for outer in body.scan.ancestors(node):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return False
        if isinstance(outer, (ast.For, ast.While)) and not isinstance(node, ast.Return) and outer is not loop:
            return False
        if outer is loop:
            break
    return not isinstance(node, ast.Continue) or node.lineno <= getattr(site, "lineno", 0)


def _stored(loop: ast.AST) -> set[str]:
    """The names that a loop binds or its rounds change."""
    return {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


def _is_always_there(expression: ast.expr, bound: Collection[str], body: Text) -> bool:
    """Whether an argument can be worked out in rounds that do not come to it; bound: what differs between rounds."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Subscript) and _reads(node.slice, bound) and not _goes_through(node, body):
            return False
        if isinstance(node, ast.Call):
            plain = isinstance(node.func, ast.Name) and node.func.id in _BUILTINS
            if _reads(node, bound) and not plain and not library_name(body.module, node.func).startswith("tf."):
                return False
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound:
            return False
    return True


def _goes_through(item: ast.Subscript, body: Text) -> bool:
    """Whether a loop around runs over the indices of what an item is taken of."""
    whole = ast.unparse(item.value)
    for loop in body.scan.enclosing(item, LOOPS):
        call = getattr(loop, "iter", None)
        target = getattr(loop, "target", None)
        if isinstance(target, ast.Tuple):
            target = target.elts[0]
        if isinstance(call, ast.Call) and isinstance(target, ast.Name) and ast.unparse(item.slice) == target.id:
            if ast.unparse(call) in (f"range(len({whole}))", f"xrange(len({whole}))", f"enumerate({whole})"):
                return True
    return False


def _reads(expression: ast.expr, names: Collection[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(expression))


def _asked(test: ast.expr) -> Iterable[str]:
    """What a test asks for whether it is there, as it is spelled."""
    if isinstance(test, ast.BoolOp):
        return [text for value in test.values for text in _asked(value)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _asked(test.operand)
    if isinstance(test, (ast.Name, ast.Attribute, ast.Subscript)):
        return [ast.unparse(test)]
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.args:
        first = test.args[0]
        if test.func.id == "hasattr" and len(test.args) == 2 and isinstance(test.args[1], ast.Constant):
            return [f"{ast.unparse(first)}.{test.args[1].value!s}"]
        return [ast.unparse(first)] if test.func.id in ("isinstance", "len", "callable", "bool") else []
    if isinstance(test, ast.Call):
        return [ast.unparse(test.func.value)] if isinstance(test.func, ast.Attribute) else []
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        if isinstance(test.ops[0], (ast.In, ast.NotIn)):
            return [ast.unparse(right)]
        sides = [left, right]
        if any(isinstance(side, ast.Constant) for side in sides) or any(_is_length(side) for side in sides):
            return [text for side in sides for text in _asked(_measured(side))]
    return []


def _is_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _measured(node: ast.expr) -> ast.expr:
    return node.args[0] if isinstance(node, ast.Call) and _is_length(node) and node.args else node
