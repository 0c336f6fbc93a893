"""Writes an `__init__` in the order of the body, where names change on the way: `channels *= 2` in a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from tfmigrate.planning import names
from tfmigrate.planning.layering import Body, LayerPlan, Refusal
from tfmigrate.planning.looping import dict_key, head_text, is_counted
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.split import Level
from tfmigrate.program.render import source
from tfmigrate.program.scan import Binding, Scan
from tfmigrate.walk.values import DictValue, ListValue

# gives the lines that make what fills a slot: (slot, the text in front of the making call, the text behind it)
Filling = Callable[[Slot, str, str], list[str]]
# gives the lines that a statement leaves for what is made behind it
Take = Callable[[ast.stmt], list[str]]


def running_names(plan: LayerPlan) -> set[str]:
    """The names whose values follow the order of the body; empty if the slots can be filled in any order."""
    return set().union(*(need.running for need in plan.needs.values()))


def check_order(plan: LayerPlan) -> None:
    """Refuse what can't be made in the order of the body. Raises Refusal."""
    running = running_names(plan)
    body = plan.primary
    for name in sorted(running):
        step = _of_a_list_of_others(body, name)
        if step is not None:
            text = (
                f"what is made here depends on what is known only at the call: {name} is a list that grows at each call"
            )
            raise Refusal("TFM401", step, body.module, text)
    for slot in plan.slots if running else ():
        need = plan.needs[slot]
        loops = body.scan.enclosing(slot.site(), (ast.For, ast.While, ast.AsyncFor))
        own_loops = (len(loops) <= 2 and set(loops) == set(slot.loops)) or _stands_still(plan, slot)
        if need.level is not Level.INIT or len(plan.bodies) > 1 or not own_loops or slot.apart:
            name = ", ".join(sorted(running))
            message = f"what is made here depends on what is known only at the call: {name} changes from round to round"
            raise Refusal("TFM401", slot.site(), body.module, message)
        steps = [b.statement for n in running for b in body.scan.bindings.get(n, [])]
        if any(
            isinstance(a, ast.If) and any(s in ast.walk(a) for s in steps) for a in body.scan.ancestors(slot.site())
        ):
            message = "what is made here stands under a condition beside a name that changes from round to round"
            raise Refusal("TFM401", slot.site(), body.module, message)


def _of_a_list_of_others(body: Body, name: str) -> ast.AugAssign | None:
    """A step of a name that changes the list itself which the body was given: `sizes += [units]`."""
    bindings = body.scan.bindings.get(name, [])
    steps = [b.statement for b in bindings if isinstance(b.statement, ast.AugAssign)]
    known_as = {name, *(b.value.id for b in bindings if isinstance(b.value, ast.Name))}.intersection(body.inputs)
    values = (body.value(each, region) for each in known_as for region in body.member.regions)
    is_list = known_as and any(isinstance(step.value, (ast.List, ast.ListComp)) for step in steps)
    return next(iter(steps), None) if is_list or any(isinstance(v, (ListValue, DictValue)) for v in values) else None


def _stands_still(plan: LayerPlan, slot: Slot) -> bool:
    """Whether all rounds of the loops around a slot share it, and nothing that it is made with changes on the way."""
    need = plan.needs[slot]
    return not (slot.loops or need.running or need.loops)


class Ordered:
    """The lines of one `__init__` behind the call of `super()`."""

    def __init__(self, plan: LayerPlan, spelled: dict[str, str], indent: str, fill: Filling, take: Take) -> None:
        self.plan = plan
        self.body: Body = plan.primary
        self.scan: Scan = self.body.scan
        self.spelled = spelled
        self.indent = indent
        self.fill = fill
        self.take = take
        self.running = running_names(plan)
        self.steps: dict[ast.stmt, list[Binding]] = {}
        self.names: dict[Binding, str] = {}
        for name in sorted(self.running):
            for binding in self.scan.bindings.get(name, []):
                self.steps.setdefault(binding.statement, []).append(binding)
                self.names[binding] = name

    def lines(self) -> list[str]:
        own = [f"{n} = {self.spelled[n]}" for n in sorted(self.running) if self.spelled.get(n, n) != n]
        return [*own, *self._block(self.body.member.body)]

    def _block(self, statements: Iterable[ast.stmt]) -> Iterator[str]:
        for statement in statements:
            yield from self.take(statement)
            if isinstance(statement, ast.With) and all(slot.site() is not statement for slot in self.plan.slots):
                yield from self._block(statement.body)
            elif isinstance(statement, ast.For):
                yield from self._loop(statement)
            elif isinstance(statement, ast.If) and any(inner in self.steps for inner in ast.walk(statement)):
                yield from self._choice(statement, "if")
            else:
                for slot in self._slots_in(statement):
                    if not self._is_before_its_loops(slot):
                        yield from self._filled(slot)
                if statement in self.steps:
                    yield self._step(statement)

    def _choice(self, choice: ast.If, word: str) -> Iterator[str]:
        yield f"{word} {self.body.splitter.text(choice.test, self.spelled)}:"
        yield from (self.indent + line for line in list(self._block(choice.body)) or ["pass"])
        if len(choice.orelse) == 1 and isinstance(choice.orelse[0], ast.If):
            yield from self._choice(choice.orelse[0], "elif")
            return
        other = list(self._block(choice.orelse))
        if other:
            yield "else:"
            yield from (self.indent + line for line in other)

    def _loop(self, loop: ast.For) -> Iterator[str]:
        slots = self._slots_in(loop)
        for slot in slots:
            if self._is_before_its_loops(slot) and not self.scan.enclosing(loop, (ast.For,)):
                yield from self._filled(slot)
            if loop in slot.loops:
                yield f"{self._holder(slot, loop)} = {'[]' if dict_key(slot, loop) is None else '{}'}"
        inner = list(self._block(loop.body))
        if inner:
            counted = any(is_counted(slot, loop) for slot in slots)
            head = head_text(loop, counted, self.body.module, lambda node: self._shown(node, loop))
            yield f"{head}:"
            yield from (self.indent + line for line in inner)
        for slot in slots:
            if loop in slot.loops[1:]:  # a list is tracked as it is when the layer gets it
                opening, closing = self._placed(slot, slot.loops[0])
                yield f"{opening}{self._holder(slot, loop)}{closing}"

    def _is_before_its_loops(self, slot: Slot) -> bool:
        return _stands_still(self.plan, slot) and bool(self.scan.enclosing(slot.site(), (ast.For,)))

    def _holder(self, slot: Slot, loop: ast.AST) -> str:
        """What holds what the rounds of a loop make for a slot."""
        if loop is slot.loops[0]:
            return f"self.{slot.name}"
        taken = {*self.scan.bindings, *self.spelled, *(item.identifier for item in self.plan.ctor())}
        return names.unique(slot.name, taken)

    def _placed(self, slot: Slot, loop: ast.AST) -> tuple[str, str]:
        """What stands around what a round adds."""
        assert isinstance(loop, ast.For)
        key, holder = dict_key(slot, loop), self._holder(slot, loop)
        return (f"{holder}.append(", ")") if key is None else (f"{holder}[{key}] = ", "")

    def _shown(self, node: ast.AST, loop: ast.For) -> str:
        return self.body.splitter.text(node, self.spelled) if node is loop.iter else source(self.body.module, node)

    def _slots_in(self, statement: ast.stmt) -> list[Slot]:
        inside = set(ast.walk(statement))
        return [slot for slot in self.plan.slots if slot.site() in inside]

    def _filled(self, slot: Slot) -> list[str]:
        if not slot.loops:
            return self.fill(slot, f"self.{slot.name} = ", "")
        return self.fill(slot, *self._placed(slot, slot.loops[-1]))

    def _step(self, statement: ast.stmt) -> str:
        found = sorted(self.steps[statement], key=lambda b: (b.value.lineno, b.value.col_offset) if b.value else (0, 0))
        if isinstance(statement, ast.AugAssign):
            name = self.names[found[0]]
            text = self.body.splitter.text(statement.value, self.spelled)
            operator = ast.unparse(ast.AugAssign(ast.Name(name), statement.op, ast.Name("x"))).split()[1]
            return f"{name} {operator} {text}"
        values = (
            self.body.splitter.text(binding.value, self.spelled) for binding in found if binding.value is not None
        )
        return f"{', '.join(self.names[binding] for binding in found)} = {', '.join(values)}"
