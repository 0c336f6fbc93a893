"""What `__init__` and `build` take along of a body: the statements that sizes and flags come from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from tfmigrate.planning.conditions import tests_around
from tfmigrate.planning.layering import Body, LayerPlan
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import always_sets
from tfmigrate.program.render import source

# a statement, and which of its names it is about
_Part = tuple[int, str]


@dataclass
class Taken:
    """What was taken along of a body. under: statements, with the tests around them; holds: which one each name has."""

    under: dict[_Part, list[tuple[ast.expr, bool]]] = field(default_factory=dict)
    holds: dict[str, _Part] = field(default_factory=dict)

    def has(self, part: _Part, name: str, tests: list[tuple[ast.expr, bool]]) -> bool:
        """Whether a name has what this gives it, where these tests hold."""
        known = self.under.get(part)
        return known is not None and self.holds.get(name) == part and tests[: len(known)] == known

    def add(self, part: _Part, bound: Iterable[str], tests: list[tuple[ast.expr, bool]]) -> None:
        self.under[part] = tests
        self.holds.update(dict.fromkeys(bound, part))


class Taking:
    """Writes them, for one class."""

    def __init__(self, plan: LayerPlan, indent: str) -> None:
        self.plan = plan
        self.indent = indent

    def lines(
        self,
        slot: Slot,
        body: Body,
        taken: Taken,
        spelled: dict[str, str],
        tests: list[tuple[ast.expr, bool]],
        stepped: Set[str] = frozenset(),
    ) -> tuple[list[str], list[str]]:
        """The statements that a slot needs and that are not done yet: those that any run does, and those of its branch.

        tests: those around the slot. stepped: names with values from elsewhere.
        """
        lines: tuple[list[str], list[str]] = [], []
        for statement, name in self.plan.needs[slot].statements:
            if name in stepped or taken.has(_part(body, statement, name), name, tests):
                continue
            own = bool(tests) and slot.kind is Made.INSTANCE and tests_around(statement, body) == tests
            lines[own].extend(self._take(body, statement, name, taken, spelled, tests if own else []))
        return lines

    def lines_at(
        self, statement: ast.stmt, body: Body, taken: Taken, spelled: dict[str, str], stepped: Set[str]
    ) -> list[str]:
        """What the slots need of one statement, to be written where it stands. stepped: as above."""
        wanted = dict.fromkeys(n for need in self.plan.needs.values() for s, n in need.statements if s is statement)
        lines: list[str] = []
        for name in wanted:
            if name not in stepped and not taken.has(_part(body, statement, name), name, []):
                lines += self._take(body, statement, name, taken, spelled, [])
        return lines

    def _take(
        self,
        body: Body,
        statement: ast.stmt,
        name: str,
        taken: Taken,
        spelled: dict[str, str],
        tests: list[tuple[ast.expr, bool]],
    ) -> list[str]:
        part = _part(body, statement, name)
        bound = [n for n, found in body.scan.bindings.items() if any(b.statement is statement for b in found)]
        taken.add(part, [name] if part[1] else bound, tests)
        return self._statement(body, statement, name, spelled)

    def _statement(self, body: Body, statement: ast.stmt, name: str, spelled: dict[str, str]) -> list[str]:
        if isinstance(statement, ast.If):
            before = self._argument_before(body, statement, name, spelled)
            return [*before, *self._choice(body, statement, name, spelled)]
        assert isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        binding = next(b for b in body.scan.bindings[name] if b.statement is statement)
        if binding.value is not None:
            text = body.splitter.text(binding.value, spelled)
            return [f"{name} = {text}"] if text != name else []
        assert isinstance(statement, ast.Assign)
        target = source(body.module, statement.targets[0])
        return [f"{target} = {body.splitter.text(statement.value, spelled)}"]

    @staticmethod
    def _argument_before(body: Body, choice: ast.If, name: str, spelled: dict[str, str]) -> list[str]:
        """The value of an argument, under its own name, where not all branches of an `if` give it another."""
        kept = spelled.get(name, name)
        first = all(choice in (b.statement, *body.scan.ancestors(b.statement)) for b in body.scan.bindings[name])
        stays = name in body.inputs and kept != name and first and not always_sets(choice, name)
        return [f"{name} = {kept}"] if stays else []

    def _choice(self, body: Body, choice: ast.If, name: str, spelled: dict[str, str], word: str = "if") -> list[str]:
        """The part of an `if` that gives a name its value."""
        lines = [f"{word} {body.splitter.text(choice.test, spelled)}:"]
        inside = self._branch(body, choice.body, name, spelled)
        lines += [self.indent + line for line in inside or ["pass"]]
        if len(choice.orelse) == 1 and isinstance(choice.orelse[0], ast.If):
            rest = self._choice(body, choice.orelse[0], name, spelled, "elif")
            return lines + rest
        other = self._branch(body, choice.orelse, name, spelled)
        return lines + (["else:", *(self.indent + line for line in other)] if other else [])

    def _branch(self, body: Body, suite: list[ast.stmt], name: str, spelled: dict[str, str]) -> list[str]:
        for statement in suite:
            stored = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            if name not in stored:
                continue
            if isinstance(statement, ast.If):
                return self._choice(body, statement, name, spelled)
            assert isinstance(statement, ast.Assign)
            return [f"{name} = {body.splitter.text(statement.value, spelled)}"]
        return []


def _part(body: Body, statement: ast.stmt, name: str) -> _Part:
    """What is taken along of a statement: what it says of one name, or all of it where it unpacks a value."""
    bound = [binding for binding in body.scan.bindings.get(name, []) if binding.statement is statement]
    unpacks = isinstance(statement, ast.Assign) and any(binding.value is None for binding in bound)
    return id(statement), "" if unpacks else name
