"""Functions that stay as they are: they make the instances before the first call and call them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tfmigrate.planning.calling import block_call, call_arguments, extend_targets
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.constructing import Place, comes_first, place_in, unknown_in
from tfmigrate.planning.guarding import Text, check_guards, check_left_rounds, check_steady
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.library import invoke_layer
from tfmigrate.planning.lifting import Thread, carried
from tfmigrate.planning.looping import check_rounds, counting, dict_key, head_text, index_text, is_counted, loops_at
from tfmigrate.planning.making import Naming, Request
from tfmigrate.planning.mapping import given_at, map_layer
from tfmigrate.planning.plain_code import Code
from tfmigrate.planning.plain_slots import PlainSlots
from tfmigrate.planning.requests import class_text_in, request_for
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Member
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import call_lines, line_length, render, source, written
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.scan import Scan, names_in
from tfmigrate.program.standing import bound_around, is_map
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.sites import Before, HandLayer, Invoke, Replace, Sites, TakeLayer
from tfmigrate.spans import span
from tfmigrate.walk.values import is_tensor


class SlotRefusal(Exception):
    """One instance cannot be made or called where the program wants it."""

    def __init__(self, slot: Slot, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.slot = slot
        self.refusal = refusal


class PlainWork(PlainSlots):
    """Plans the instances of one plain function, of the methods of one class, or of a module's body."""

    def __init__(
        self,
        slots: list[Slot],
        codes: dict[Function | None, Code],
        plans: dict[object, LayerPlan],
        threads: dict[Slot, Thread],
        home: Function | None,
        naming: Naming,
        classes: Classification,
        fixed: Callable[[str], bool],
    ) -> None:
        super().__init__(slots, codes, plans, threads, classes)
        self.home = home
        self.naming = naming
        self.fixed = fixed
        self.imports: dict[Module, list[str]] = {}
        self.requests: dict[Slot, Request] = {}
        # statements of `__init__` beside which layers are made
        self.constructors: dict[ast.stmt, Function] = {}

    def target(self, slot: Slot, site: ast.AST) -> str:
        """`discriminator`, `self.generator`, or `towers[i]` inside the loop; where it is made in place, the making."""
        if slot.inline:
            module = self.code_of(site).module
            return self._request(slot, module).show(lambda e: _plain_text(module, e))
        text = self.holder_text(slot)
        for loop in loops_at(slot, site):
            assert isinstance(loop, LOOPS)
            text += f"[{index_text(slot, loop, self.code_of(site).module)}]"
        return text

    # -- sites ---------------------------------------------------------------------------------------------------

    def sites(self, sites: dict[Module, Sites]) -> None:
        """Write down the making and the calls of every instance. Raises SlotRefusal."""
        made: dict[tuple[ast.stmt, bool], list[str]] = {}
        for slot in self.slots:
            try:
                code = self._home_of(slot)
                if slot.inline:
                    self._call(slot, slot.site(), sites[code.module])
                    continue
                if self._is_in_place(slot):
                    self._make_in_place(slot, code, sites[code.module])
                    continue
                place = self._in_constructor(slot) or Place(self._place(slot, code), behind=False)
                making = self._making(slot, code, place.statement)
                made.setdefault((place.statement, place.behind), []).extend(making)
                for site in slot.sites:
                    self._call(slot, site, sites[self.code_of(site).module])
            except Refusal as refusal:
                raise SlotRefusal(slot, refusal) from None
        # each goes to the front, so the last one first
        for slot in reversed(self.slots):
            self._hand_down(slot, sites)
        for (statement, behind), lines in made.items():
            module = self.module_of(statement)
            sites.setdefault(module, Sites()).add("calls", span(module, statement), Before(tuple(lines), behind))

    def _is_in_place(self, slot: Slot) -> bool:
        """Whether a cell is made where the program makes it; what lists its variables has to know it by name."""
        return self.is_made_anew(slot) and (not slot.readers or self.keeps_name(slot, self.code_of(slot.site())))

    def _make_in_place(self, slot: Slot, code: Code, sites: Sites) -> None:
        request = self._request(slot, code.module)
        text = request.show(lambda e: _plain_text(code.module, e))
        sites.add("tf_layers", span(code.module, slot.site()), Replace(text))

    def _in_constructor(self, slot: Slot) -> Place | None:
        """Where `__init__` makes the layer, if the method of its first call need not be the first to run."""
        code = self.code_of(slot.site())
        if not self.on_object(slot) or comes_first(slot, code.function):
            return None
        function = code.function
        assert function is not None and function.cls is not None
        init = function.cls.methods.get("__init__")
        if init is None or init.self_name != function.self_name or self._is_far(slot):
            raise Refusal("TFM303", slot.site(), code.module, "which method calls this layer first cannot be known")
        place, scan = place_in(init, slot), Scan(init.node.body, init.self_name)
        request = self._request(slot, code.module)
        loops = [loop.iter for loop in slot.loops if isinstance(loop, LOOPS)]
        needed = [*request.expressions(), *loops]
        lost = unknown_in(init, scan, place, code.scan, function.params, needed, self.fixed)
        if lost is not None:
            text = f"which method calls this layer first cannot be known, and __init__ does not know {lost}"
            raise Refusal("TFM303", slot.site(), code.module, text)
        self.constructors[place.statement] = init
        return place

    def module_of(self, statement: ast.stmt) -> Module:
        init = self.constructors.get(statement)
        return init.module if init is not None else self.code_of(statement).module

    def _place(self, slot: Slot, code: Code) -> ast.stmt:
        """The statement before which the instance is made: it must come before all calls and outlive them."""
        others = self._nodes(slot, code)
        first = min(others, key=lambda n: (n.lineno, n.col_offset))  # type: ignore[attr-defined]
        statement = first if isinstance(first, ast.stmt) else code.scan.statement(first)
        loops = [a for a in code.scan.ancestors(statement) if isinstance(a, (ast.For, ast.While, ast.AsyncFor))]
        if loops:
            statement = loops[-1]
        while True:
            owner = code.scan.parents.get(statement)
            if not isinstance(owner, ast.stmt) or isinstance(owner, (ast.With, ast.FunctionDef, ast.ClassDef)):
                break
            beside = _block_of(statement, owner)
            inside = all(any(outer in beside for outer in (site, *code.scan.ancestors(site))) for site in others)
            if inside and not _is_elif(statement, owner):
                break
            statement = owner
        self._check_reach(slot, code, statement)
        return statement

    def _home_of(self, slot: Slot) -> Code:
        return self.codes[self.home] if slot in self.threads else self.code_of(slot.site())

    def _nodes(self, slot: Slot, code: Code) -> list[ast.AST]:
        """Where the holder's code needs the instance: calls, calls that hand it on, inner functions that see it."""
        nodes = [site for site in slot.sites if self.code_of(site) is code]
        thread = self.threads.get(slot)
        if thread is not None:
            nodes += [call for call in thread.edges if call in code.scan.parents]
            for site in [*slot.sites, *thread.edges]:
                function = self.code_of(site).function
                while function is not None and function.parent is not code.function:
                    function = function.parent
                if function is not None and function.node in code.scan.bindings_nodes():
                    nodes.append(function.node)
        if not nodes:
            raise Refusal("TFM303", slot.site(), code.module, "the shared layer cannot be made before its first call")
        return nodes

    def _hand_down(self, slot: Slot, sites: dict[Module, Sites]) -> None:
        """The functions between the holder and the calls take the instance as their first argument."""
        thread = self.threads.get(slot)
        if thread is None:
            return
        for function in thread.takers:
            sites.setdefault(function.module, Sites()).add(
                "helpers", span(function.module, function.node), TakeLayer(slot.name)
            )
        for call in thread.edges:
            module = self.code_of(call).module
            sites.setdefault(module, Sites()).add("helpers", span(module, call), HandLayer(slot.name))

    def _check_reach(self, slot: Slot, code: Code, statement: ast.stmt) -> None:
        """What the constructor reads must have its value already where the instance is made."""
        if self._is_far(slot):
            return
        request = self._request(slot, code.module)
        own = {n for loop in slot.loops if isinstance(loop, LOOPS) for n in names_in(loop.target)}
        anew = bound_around(code.module, slot.site()) - own
        for expression in [*request.expressions(), *(loop.iter for loop in slot.loops if isinstance(loop, LOOPS))]:
            for name in sorted(names_in(expression) - own):
                if name in anew:
                    text = f"this would have to be made where {name} is not known, which each call or round has anew"
                    raise Refusal("TFM403", slot.site(), code.module, text)
                for binding in code.scan.bindings.get(name, []):
                    inside = statement in (binding.statement, *code.scan.ancestors(binding.statement))
                    if inside and isinstance(statement, (ast.For, ast.While, ast.If, ast.With, ast.Try)):
                        raise Refusal(
                            "TFM303", slot.site(), code.module,
                            f"the shared layer would have to be made before {name} is known",
                        )  # fmt: skip

    def _request(self, slot: Slot, module: Module) -> Request:
        if slot not in self.requests:
            self.requests[slot] = request_for(slot, self.plans, module, "", self.naming)
        return self.requests[slot]

    def _making(self, slot: Slot, code: Code, statement: ast.stmt) -> list[str]:
        if self._is_far(slot):
            return self._making_from_afar(slot, code, statement)
        check_rounds(slot, code.module)
        request = self._request(slot, code.module)
        text = Text(code.module, code.scan, code.scan.body)
        check_left_rounds(slot, text, request.expressions())
        check_steady(slot, text)
        check_guards(slot, text, statement, request.expressions())
        pieces = [piece.show(lambda e: _plain_text(code.module, e)) for piece in request.pieces]
        head, tail = f"{self.holder_text(slot)} = ", ""
        for loop in slot.loops:
            assert isinstance(loop, LOOPS)
            key = dict_key(slot, loop)
            head += "[" if key is None else f"{{{key}: "
            clause = f" {head_text(loop, is_counted(slot, loop), code.module, lambda e: source(code.module, e))}"
            tail = clause + ("]" if key is None else "}") + tail
        callee = request.callable(lambda e: _plain_text(code.module, e))
        return call_lines(f"{head}{callee}", pieces, tail, line_length(code.module), statement.col_offset)

    def _is_far(self, slot: Slot) -> bool:
        """Whether the first call stands in another function than the one that makes the instance."""
        return slot in self.threads and self.code_of(slot.site()) is not self._home_of(slot)

    def _making_from_afar(self, slot: Slot, code: Code, statement: ast.stmt) -> list[str]:
        """The arguments of the first call, followed up to where the instance is made."""
        away = self.code_of(slot.site()).module
        if slot.loops or slot.unit is None:
            raise Refusal("TFM303", slot.site(), away, "the layers of this loop are shared with another function")
        request = self._request(slot, away)
        if request.chosen is not None:
            text = "another function would have to make this layer, and which class it is is known only here"
            raise Refusal("TFM303", slot.site(), away, text)
        scan = self.code_of(slot.site()).scan
        check_guards(slot, Text(away, scan, scan.body), None, request.expressions())
        thread, home = self.threads[slot], slot.first.region
        pieces = [piece.show(lambda e: carried(e, home, thread, self.classes)) for piece in request.pieces]
        callee, line = class_text_in(self.plans[slot.unit], code.module)
        if line is not None:
            self.imports.setdefault(code.module, []).append(line)
        return call_lines(
            f"{self.holder_text(slot)} = {callee}", pieces, "", line_length(code.module), statement.col_offset
        )

    def _call(self, slot: Slot, site: ast.AST, sites: Sites) -> None:
        code = self.code_of(site)
        target = self.target(slot, site)
        for loop in loops_at(slot, site):
            counter = counting(loop, code.module) if isinstance(loop, ast.For) and is_counted(slot, loop) else None
            if counter is not None:
                sites.add("loops", span(code.module, loop), counter)
        if slot.kind is Made.CELL:
            sites.add("tf_layers", span(code.module, site), Replace(target))
            return
        if slot.kind is Made.LAYER:
            assert isinstance(site, ast.Call)
            if any(k.arg is None for k in site.keywords):
                text = "this layer gets its arguments from **kwargs"
                raise Refusal("TFM406", site, code.module, text)
            action = invoke_layer(target, slot, site, lambda e: _plain_text(code.module, e))
            sites.add("tf_layers", span(code.module, site), action)
            return
        assert slot.unit is not None
        child = self.plans[slot.unit]
        member = member_at(child, site)
        if member is not child.unit.primary:
            target += f".{member.method}"
        if isinstance(site, ast.With):
            sites.add("blocks", span(code.module, site), block_call(child, member, target, {}, code.module))
            return
        assert isinstance(site, ast.Call)
        given = given_at(site, member)
        wanted = []
        for item in child.call_inputs(member):
            values = [child.bodies[member].value(item.name, r) for r in member.regions if r.node is site]
            if item.name in given or item.is_given:
                wanted.append((item.name, bool(values) and all(is_tensor(v) for v in values)))
        if is_map(site):
            map_layer(child, member, wanted, site, target, sites)
            return
        sites.add(
            "calls", span(code.module, site), Invoke(target, call_arguments(child, member, wanted, given, site, {}))
        )
        extra = child.bodies[member].handed_back
        if extra:
            extend_targets(code.scan.statement(site), site, member, extra, code.module, sites)


def member_at(child: LayerPlan, site: ast.AST) -> Member:
    """Which member of a class a site reaches."""
    for member in child.unit.members:
        if any(region.node is site for region in member.regions):
            return member
    return child.unit.primary


def _plain_text(module: Module, expression: ast.expr) -> str:
    if is_synthetic(expression):
        return written(expression)
    return render(module, expression, lambda _: None)


def _block_of(statement: ast.stmt, owner: ast.stmt) -> list[ast.AST]:
    """The statements among which one stands: of a branch, those of the other branch are not."""
    fields = (value for _, value in ast.iter_fields(owner))
    return next((block for block in fields if isinstance(block, list) and statement in block), [])


def _is_elif(statement: ast.AST, owner: ast.stmt) -> bool:
    """Whether a statement is the `elif` of another, and nothing can stand in front of it."""
    if not isinstance(statement, ast.If) or not isinstance(owner, ast.If):
        return False
    return owner.orelse == [statement] and statement.col_offset == owner.col_offset
