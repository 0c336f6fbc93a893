"""The tests around what `__init__` and `build` make: what hangs on the same test stands under one `if`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from tfmigrate.planning.layering import Body, LayerPlan
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.program.scan import Scan

_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Is: "is not", ast.IsNot: "is", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip

# an expression, and whether it must hold
Test = tuple[str, bool]


@dataclass
class Conditions:
    """Of lines that grow: the tests around the last one. turned: of which of them the `else` is written."""

    lines: list[str]
    indent: str
    open: list[Test] = field(default_factory=list)
    turned: list[bool] = field(default_factory=list)
    end: int = 0

    def enter(self, tests: Sequence[Test]) -> str:
        """Open what is not open yet for a statement under these tests; returns its indentation."""
        if len(self.lines) != self.end:
            self.open, self.turned = [], []
        kept = 0
        while kept < min(len(self.open), len(tests)) and self.open[kept] == tests[kept]:
            kept += 1
        turns = kept < min(len(self.open), len(tests)) and self._is_other(kept, tests[kept])
        self.turned = [*self.turned[:kept], *(turns and place == kept for place in range(kept, len(tests)))]
        self.open = list(tests)
        pad = self.indent * (kept + 1)
        for place in range(kept, len(tests)):
            text, wanted = tests[place]
            opening = "else:" if self.turned[place] else f"if {text if wanted else negated(text)}:"
            self.lines.append(pad + opening)
            pad += self.indent
        return pad

    def leave(self) -> None:
        """The statement is written."""
        self.end = len(self.lines)

    def _is_other(self, place: int, test: Test) -> bool:
        text, wanted = self.open[place]
        return test == (text, not wanted) and not self.turned[place]


def negated(text: str) -> str:
    """The expression that holds where another one does not."""
    if re.fullmatch(r"not [\w.]+", text):
        return text[4:]
    test = ast.parse(text.strip(), mode="eval").body
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITE:
        left, right = (ast.get_source_segment(text.strip(), side) for side in (test.left, test.comparators[0]))
        return f"{left} {_OPPOSITE[type(test.ops[0])]} {right}"
    return f"not {text}" if re.fullmatch(r"[\w.]+", text) else f"not ({text})"


def tests_around(node: ast.AST, body: Body) -> list[tuple[ast.expr, bool]]:
    """The tests that decide whether a body comes to a node, outside in, each with whether it must hold."""
    return tests_in(node, body.scan, body.member.body)


def tests_in(node: ast.AST, scan: Scan, code: Sequence[ast.stmt]) -> list[tuple[ast.expr, bool]]:
    """The tests that decide whether some code comes to a node, outside in, each with whether it must hold."""
    tests: list[tuple[ast.expr, bool]] = []
    inner = node
    for outer in [*scan.ancestors(node), None]:
        if isinstance(inner, ast.stmt):
            tests = [*_left_before(inner, outer, code), *tests]
        if isinstance(outer, ast.If) and inner is not outer.test:
            tests.insert(0, (outer.test, inner in outer.body))
        if outer is not None:
            inner = outer
    return tests


def _left_before(statement: ast.stmt, owner: ast.AST | None, code: Sequence[ast.stmt]) -> list[tuple[ast.expr, bool]]:
    """The tests of earlier statements beside this one that leave the code: here they have failed."""
    suite = list(code) if owner is None else []
    for field_name in ("body", "orelse"):
        value = getattr(owner, field_name, None)
        if isinstance(value, list) and statement in value:
            suite = value
    tests = []
    for earlier in suite[: suite.index(statement)] if statement in suite else []:
        if isinstance(earlier, ast.If):
            leaves = [bool(s) and isinstance(s[-1], (ast.Return, ast.Raise)) for s in (earlier.body, earlier.orelse)]
            if leaves[0] != leaves[1]:
                tests.append((earlier.test, leaves[1]))
    return tests


def is_of_one_branch(slot: Slot, plan: LayerPlan) -> bool:
    """Whether all places that use what fills a slot stand under the same tests, and in no loop."""
    if slot.loops:
        return False
    found = set()
    for site in slot.sites:
        body = next((body for body in plan.bodies.values() if site in body.scan.parents), None)
        if body is None or body.scan.enclosing(
            site, (ast.For, ast.AsyncFor, ast.While, ast.Try, ast.IfExp, ast.BoolOp)
        ):
            return False
        found.add(tuple((ast.unparse(test), holds) for test, holds in tests_around(site, body)))
    return len(found) == 1 and found != {()}


def parting_tests(plan: LayerPlan) -> set[ast.expr]:
    """The tests of which each side makes a layer of its own under one name."""
    found: set[ast.expr] = set()
    for slot, other in combinations((slot for slot in plan.slots if slot.kind is Made.INSTANCE), 2):
        if slot.path == other.path and is_of_one_branch(slot, plan) and is_of_one_branch(other, plan):
            there = {(test, not holds) for test, holds in tests_of(other, plan)}
            found |= {test for test, holds in tests_of(slot, plan) if (test, holds) in there}
    return found


def tests_of(slot: Slot, plan: LayerPlan) -> list[tuple[ast.expr, bool]]:
    """The tests around the first place that uses what fills a slot."""
    body = next((body for body in plan.bodies.values() if slot.site() in body.scan.parents), None)
    return tests_around(slot.site(), body) if body is not None else []
