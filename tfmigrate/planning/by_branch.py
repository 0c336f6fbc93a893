"""A loop whose branches make the layer of a round with other arguments: the branch decides in the list of layers.

for i in range(n):
    with tf.variable_scope("block%d" % i):
        if i == 0:
            x = block(x, first=True)
        else:
            x = block(x)

gives `[Block(first=i == 0, name="block%d" % i) for i in range(n)]`.
"""

from __future__ import annotations

import ast

from tfmigrate.planning.agreeing import is_one_value
from tfmigrate.planning.layering import Input, LayerPlan, Refusal
from tfmigrate.planning.making import Inlined, Render, is_atom
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Instance
from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Region

# what a call may stand in below its branch, so that the branch alone decides whether it runs
_OPEN = (ast.expr, ast.keyword, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.With)
_CLOSED = (ast.IfExp, ast.BoolOp, ast.Lambda, *COMPREHENSIONS)


def by_branch(slot: Slot, plan: LayerPlan, child: Instance, item: Input) -> Inlined | None:
    """What an argument is in all branches; None where one text is right for all calls of a round. Raises Refusal."""
    calls: dict[ast.AST, Region] = {}
    for region in child.regions:
        if region.node is not None and region.node in slot.sites:
            calls.setdefault(region.node, region)
    if len(calls) < 2:
        return None
    given = {node: region.frame.given.get(item.name) for node, region in calls.items()}
    if len({e if e is None else ast.unparse(e) for e in given.values()}) == 1:
        return None
    if is_one_value([plan.primary.value(item.name, region) for region in calls.values()], [], {0}):
        return None
    module = slot.first.region.module
    choice = _choice(module, list(calls), slot) if slot.loops else None
    if choice is not None:
        test, first, second = choice
        both = [given[first] or item.default, given[second] or item.default]
        stand = [e for e in (given[first], given[second]) if e is not None]
        if all(e in stand or isinstance(e, ast.Constant) for e in both):
            return Inlined((test, *stand), lambda render: _text(test, both[0], both[1], stand, render))
    text = f"in the rounds of the loop {plan.unit.primary.name} is given another {item.identifier} than here"
    raise Refusal("TFM304", list(calls)[-1], module, f"{text}, which its variables depend on")


def parts_alone(region: Region, calls: list[ast.AST]) -> bool:
    """Whether one `if` of the code around decides which of two calls runs."""
    if len(calls) != 2 or region.parent is None:
        return False
    (outer, holds), (other, fails) = [_branch(region.parent.module, node) for node in calls]
    return outer is not None and outer is other and holds is not fails


def _choice(module: Module, nodes: list[ast.AST], slot: Slot) -> tuple[ast.expr, ast.AST, ast.AST] | None:
    """The test that decides between two calls, with the one that runs where it holds and the other."""
    if len(nodes) != 2:
        return None
    found = [_branch(module, node) for node in nodes]
    (outer, holds), (other, fails) = found
    if outer is None or outer is not other or holds is fails:
        return None
    loop = next((a for a in ancestors(module, outer) if isinstance(a, (ast.For, ast.While, ast.FunctionDef))), None)
    if loop is not slot.loops[-1]:
        return None
    return (outer.test, nodes[0], nodes[1]) if holds else (outer.test, nodes[1], nodes[0])


def _branch(module: Module, node: ast.AST) -> tuple[ast.If | None, bool]:
    """The `if` that alone decides whether a call runs, and whether it runs where the test holds."""
    below = node
    for outer in ancestors(module, node):
        if isinstance(outer, ast.If) and below is not outer.test:
            return outer, below in outer.body
        if not isinstance(outer, _OPEN) or isinstance(outer, _CLOSED):
            break
        below = outer
    return None, False


def _text(
    test: ast.expr, first: ast.expr | None, second: ast.expr | None, stand: list[ast.expr], render: Render
) -> str:
    def show(expression: ast.expr | None) -> str:
        assert expression is not None
        text = render(expression) if expression in stand else ast.unparse(expression)
        return text if is_atom(expression) or isinstance(expression, ast.BinOp) else f"({text})"

    values = show(first), show(second)
    if values == ("True", "False") and isinstance(test, ast.Compare):
        return render(test)
    return f"{values[0]} if {render(test)} else {values[1]}"
