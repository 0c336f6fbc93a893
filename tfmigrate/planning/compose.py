"""Writes the head of a layer class: `__init__` and `build`, from what its slots need."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import takewhile

from tfmigrate.planning.conditions import Conditions, is_of_one_branch, parting_tests, tests_around, tests_of
from tfmigrate.planning.guarding import check_left_rounds, hangs_on_tests, is_left_out, text_of
from tfmigrate.planning.layering import Body, Input, LayerPlan, Refusal, names_for
from tfmigrate.planning.looping import check_rounds, dict_key, head_text, is_counted
from tfmigrate.planning.making import Naming, Request
from tfmigrate.planning.ordered import Ordered, check_order, running_names
from tfmigrate.planning.requests import naming_in, request_for
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level, Need, shape_argument
from tfmigrate.planning.taking import Taken, Taking
from tfmigrate.planning.units import Shape
from tfmigrate.program.render import call_lines, indent_of, line_length, source, written
from tfmigrate.program.rounds import LOOPS, Loop
from tfmigrate.program.synthetic import is_synthetic


@dataclass
class Head:
    """The lines of `__init__` and `build`, without indentation of their own."""

    init: list[str] = field(default_factory=list)
    build: list[str] = field(default_factory=list)

    def by_level(self) -> dict[Level, list[str]]:
        """The lines of each by what is known in them."""
        return {Level.INIT: self.init, Level.BUILD: self.build}


@dataclass
class _Method:
    """A method that grows. taken: what it has taken along of the body."""

    around: Conditions
    taken: Taken = field(default_factory=lambda: Taken())


def is_read_later(plan: LayerPlan, name: str) -> bool:
    """Whether `build` or a call reads what the constructor is given."""
    built = any(name in need.inputs for need in plan.needs.values() if need.level is Level.BUILD)
    return built or any(body.remaining(name) for body in plan.bodies.values())


class Composer:
    """Composes one class."""

    def __init__(self, plan: LayerPlan, plans: dict[object, LayerPlan], naming: Naming, indent: str) -> None:
        self.plan = plan
        self.plans = plans
        self.naming = naming
        self.indent = indent
        self.body = plan.primary
        self.width = line_length(self.body.module)
        self.requests: dict[Slot, Request] = {}
        self.taking = Taking(plan, indent)

    # -- what the slots need -------------------------------------------------------------------------------------

    def find_needs(self) -> None:
        """Fill `plan.needs`. Raises Refusal where something is known at the call only."""
        for slot in self.plan.slots:
            body = self.body_of(slot)
            request = request_for(slot, self.plans, body.module, "self", self.naming)
            self.requests[slot] = request
            check_rounds(slot, body.module)
            check_left_rounds(slot, text_of(body), request.expressions())
            need = Need(level=Level.BUILD if slot.kind is Made.WEIGHT else Level.INIT)
            for expression in request.expressions():
                need.add(self._need(body, expression, slot.site()))
            for loop in slot.loops:
                assert isinstance(loop, LOOPS)
                need.add(body.splitter.need(loop.iter))
            for test in self.conditions(slot, body):
                need.add(body.splitter.need(test))
            self._check(slot, need, body)
            self.plan.needs[slot] = need
        check_order(self.plan)

    @staticmethod
    def _need(body: Body, expression: ast.expr, site: ast.AST) -> Need:
        if not is_synthetic(expression) and expression not in body.scan.parents:
            text = "an argument of what is made here stands in the head of the block, which goes"
            raise Refusal("TFM203", expression, body.module, text)
        if is_synthetic(expression):
            name = ast.unparse(expression)
            item = body.inputs.get(name)
            known = name in body.scan.bindings
            if item is None and name.startswith("self.") and not known and body.member.shape.has_object:
                item = body.learn(name)
            if item is not None and not item.tensor:
                return Need(inputs={name})
            certain_local = body.scan.bindings.get(name)
            if certain_local and len(certain_local) == 1 and certain_local[0].value is not None:
                need = body.splitter.need(certain_local[0].value)
                need.statements.append((certain_local[0].statement, name))
                return need
            own = body.member.shape is Shape.CALLABLE and not known
            if item is None and own and name.startswith("self."):
                return body.splitter.need_of(name, site)  # the layer is the object that has it
            if item is None and not name.startswith("self."):
                return body.splitter.need_of(name, site) if known else Need()
            return Need(level=Level.CALL, reason=f"{name} is not known before the call")
        return body.splitter.need(expression)

    def _check(self, slot: Slot, need: Need, body: Body) -> None:
        node = slot.site()
        if need.level is Level.CALL:
            code = "TFM402" if slot.kind is Made.WEIGHT and self._only_condition_late(slot, body) else "TFM401"
            raise Refusal(
                code, node, body.module, f"what is made here depends on what is known only at the call: {need.reason}"
            )
        if slot is self._wrapped() and (need.level is not Level.INIT or need.statements):
            raise Refusal(
                "TFM401",
                node,
                body.module,
                "the layer that is wrapped here depends on what is known after construction",
            )
        stray = need.loops - set(slot.loops)
        if stray:
            text = "all rounds of the loop share this, but its arguments change from round to round"
            if stray.isdisjoint(body.scan.ancestors(node)):
                text = "what is made here depends on the last round of a loop above, which is not known before"
            raise Refusal("TFM304", node, body.module, text)
        if body is not self.body and slot.first.region in body.member.regions:
            raise Refusal(
                "TFM306", node, body.module,
                f"{body.member.name} makes variables that {self.body.member.name}, which shares its scope, does not",
            )  # fmt: skip

    def _only_condition_late(self, slot: Slot, body: Body) -> bool:
        return any(body.splitter.need(test).level is Level.CALL for test in self.conditions(slot, body))

    def body_of(self, slot: Slot) -> Body:
        """The body that fills a slot first."""
        for body in self.plan.bodies.values():
            if slot.first.region in body.member.regions:
                return body
        return self.body

    def conditions(self, slot: Slot, body: Body) -> list[ast.expr]:
        """The tests around a weight, or what one branch makes, outside in, each as it must hold."""
        if slot.kind is Made.INSTANCE:
            parted = any(test in self._parting for test, _ in tests_of(slot, self.plan))
            alone = (parted or self._is_missing(slot, body)) and is_of_one_branch(slot, self.plan)
        elif slot.kind is Made.WEIGHT and len(slot.sites) == 1:
            alone = True
        else:
            alone = slot.apart or (is_of_one_branch(slot, self.plan) and self._is_missing(slot, body))
        return [test for test, _ in tests_around(slot.site(), body)] if alone else []

    def _is_missing(self, slot: Slot, body: Body) -> bool:
        expressions = self.requests[slot].expressions()
        return hangs_on_tests(slot, body, expressions) or is_left_out(slot, self.plan, body, expressions)

    @cached_property
    def _parting(self) -> set[ast.expr]:
        return parting_tests(self.plan)

    # -- text ----------------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """The text of `__init__` and `build`."""
        self._name_shapes()
        head = Head()
        self._signature(head)
        self._store(head)
        if running_names(self.plan):
            spelled = names_for_all(self.plan, Level.INIT)
            taken, stepped = Taken(), running_names(self.plan)
            fill = partial(self._filling, taken=taken, spelled=spelled)
            take = partial(self.taking.lines_at, body=self.body, taken=taken, spelled=spelled, stepped=stepped)
            head.init += [self.indent + line for line in Ordered(self.plan, spelled, self.indent, fill, take).lines()]
            return self._with_build(head)
        return self._filled(head)

    def callable_head(self) -> Head:
        """What a callable class makes: statements behind those of its `__init__`, and its `build`."""
        self._name_shapes()
        return self._filled(Head())

    def _filled(self, head: Head) -> Head:
        """All slots made, each in the method in which what it needs is known."""
        methods = {level: _Method(Conditions(lines, self.indent)) for level, lines in head.by_level().items()}
        for slot in self.plan.slots:
            if slot is not self._wrapped():
                level = self.plan.needs[slot].level
                self._fill(slot, level, methods[level])
        return self._with_build(head)

    def _with_build(self, head: Head) -> Head:
        if not head.build and self.plan.once and self._wrapped() is None:
            why = "Empty, so that Keras does not try `call` out in order to build the layers inside."
            head.build = [f'{self.indent}"""{why}"""']
        if head.build:
            head.build = [f"def build({', '.join(['self', *self._shape_parameters()])}):", *head.build]
        return head

    def _tensors(self) -> list[Input]:
        return [i for i in self.plan.call_inputs(self.body.member) if i.tensor]

    def _name_shapes(self) -> None:
        tensors = self._tensors()
        for body in self.plan.bodies.values():
            body.splitter.shape_names = (
                {tensors[0].name: shape_argument(tensors[0].name)}
                if len(tensors) == 1
                else {item.name: f"{item.identifier}_shape" for item in tensors}
            )

    def _shape_parameters(self) -> list[str]:
        tensors = self._tensors()
        if len(tensors) == 1:
            return [shape_argument(tensors[0].name)]
        if not tensors:
            return ["input_shape=None"]
        # behind an argument with a default, all have one
        sure = len(list(takewhile(lambda t: t.sure, tensors)))
        return [f"{t.identifier}_shape{'' if place < sure else '=None'}" for place, t in enumerate(tensors)]

    def _signature(self, head: Head) -> None:
        parameters = ["self"]
        for item in self.plan.ctor():
            default = "" if item.default is None else f"={source(self.body.module, item.default)}"
            parameters.append(f"{item.identifier}{default}")
        name = self.plan.default_name
        if name is not None:
            parameters.append(f"name={name}")
        super_call = "super().__init__(name=name, **kwargs)" if name is not None else "super().__init__(**kwargs)"
        indent = 2 * len(self.indent.expandtabs(8))
        head.init = call_lines("def __init__", [*parameters, "**kwargs"], ":", self.width - indent // 2, 0)
        wrapped = self._wrapped()
        if wrapped is None:
            head.init.append(f"{self.indent}{super_call}")
            return
        pieces = [p for p in self.requests[wrapped].pieces if p.keyword != "name"]
        shown = [p.show(lambda e: self._text(self.body, e, names_for(self.plan, Level.INIT))) for p in pieces]
        shown += ["name=name"] if name is not None else []
        self.plan.base = self.requests[wrapped].callee
        lines = call_lines("super().__init__", [*shown, "**kwargs"], "", self.width, indent)
        head.init.extend(self.indent + line for line in lines)

    def _wrapped(self) -> Slot | None:
        """The slot that is the class itself, where a function wraps one library layer."""
        return self.plan.slots[0] if self.plan.unit.primary.wrapped is not None else None

    def _store(self, head: Head) -> None:
        """Keep the constructor's arguments that `build` or a call reads."""
        for item in self.plan.ctor():
            if is_read_later(self.plan, item.name):
                head.init.append(f"{self.indent}self.{self.plan.attributes[item.name]} = {item.identifier}")
            else:
                self.plan.attributes.pop(item.name)

    def _fill(self, slot: Slot, level: Level, method: _Method) -> None:
        body, around, lines = self.body_of(slot), method.around, method.around.lines
        spelled = names_for_all(self.plan, level)
        tests = tests_around(slot.site(), body) if self.conditions(slot, body) else []
        first, inside = self.taking.lines(slot, body, method.taken, spelled, tests)
        lines.extend(self.indent + line for line in first)
        lines.extend(self.indent + comment for comment in _comments_above(body, slot))
        pad = around.enter([(body.splitter.text(test, spelled), wanted) for test, wanted in tests])
        lines.extend(pad + line for line in inside)
        target = f"self.{slot.name} = "
        pieces = [piece.show(lambda e: self._text(body, e, spelled)) for piece in self.requests[slot].pieces]
        head, tail = f"{target}{self._callee(slot, body, spelled)}", ""
        if slot.loops:
            head, tail = self._comprehension(slot, body, spelled)
        trailing = _trailing_comment(body, slot)
        depth = len(pad.expandtabs(8)) + len(self.indent.expandtabs(8))
        made = call_lines(head, pieces, tail, self.width, depth)
        made[-1] += trailing
        lines.extend(pad + line for line in made)
        around.leave()

    def _filling(self, slot: Slot, opening: str, closing: str, taken: Taken, spelled: dict[str, str]) -> list[str]:
        """The statements that a slot needs, and the one that fills it."""
        body = self.body_of(slot)
        lines, _ = self.taking.lines(slot, body, taken, spelled, [], running_names(self.plan))
        request = self.requests[slot]
        callee = self._callee(slot, body, spelled)
        pieces = [piece.show(lambda e: self._text(body, e, spelled)) for piece in request.pieces]
        depth = (2 + len(slot.loops)) * len(self.indent.expandtabs(8))
        return lines + call_lines(f"{opening}{callee}", pieces, closing, self.width, depth)

    def _callee(self, slot: Slot, body: Body, spelled: dict[str, str]) -> str:
        return self.requests[slot].callable(lambda e: self._text(body, e, spelled))

    @staticmethod
    def _text(body: Body, expression: ast.expr, spelled: dict[str, str]) -> str:
        if is_synthetic(expression):
            name = written(expression)
            return spelled.get(name, name)
        return body.splitter.text(expression, spelled)

    def _comprehension(self, slot: Slot, body: Body, spelled: dict[str, str]) -> tuple[str, str]:
        callee = self._callee(slot, body, spelled)
        opening, closing = "", ""
        for loop in slot.loops:
            assert isinstance(loop, LOOPS)
            key = dict_key(slot, loop)
            opening += "[" if key is None else f"{{{key}: "

            def show(node: ast.AST, loop: Loop = loop) -> str:
                return self._text(body, loop.iter, spelled) if node is loop.iter else source(body.module, node)

            clause = f" {head_text(loop, is_counted(slot, loop), body.module, show)}"
            closing = clause + ("]" if key is None else "}") + closing
        return f"self.{slot.name} = {opening}{callee}", closing


def names_for_all(plan: LayerPlan, level: Level) -> dict[str, str]:
    """Like `names_for`, for arguments whether stored or not."""
    spelled = names_for(plan, Level.INIT)
    if level is not Level.INIT:
        spelled = {
            name: f"self.{plan.attributes[name]}" if name in plan.attributes else text for name, text in spelled.items()
        }
    return spelled


def _comments_above(body: Body, slot: Slot) -> list[str]:
    """Comment lines right above the statement of a weight; they move with it."""
    if slot.kind is not Made.WEIGHT or body.scan.statement(slot.site()) not in body.removed:
        return []
    lines = body.module.text.split("\n")
    line = body.scan.statement(slot.site()).lineno - 2
    found: list[str] = []
    while line >= 0 and lines[line].strip().startswith("#"):
        found.insert(0, lines[line].strip())
        line -= 1
    return found


def _trailing_comment(body: Body, slot: Slot) -> str:
    """The comment behind the statement of a weight."""
    statement = body.scan.statement(slot.site())
    if slot.kind is not Made.WEIGHT or statement not in body.removed:
        return ""
    text = body.module.text.split("\n")[(statement.end_lineno or statement.lineno) - 1]
    rest = text.encode()[statement.end_col_offset or 0 :].decode().strip()
    return f"  {rest}" if rest.startswith("#") else ""


def composer_of(plan: LayerPlan, plans: dict[object, LayerPlan]) -> Composer:
    """What composes a class in the way of its file."""
    module = plan.primary.module
    return Composer(plan, plans, naming_in(module), indent_of(module))
