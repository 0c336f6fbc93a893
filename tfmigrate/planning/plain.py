"""Functions that stay as they are: they make the instances before the first call and call them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from tfmigrate.planning import names
from tfmigrate.planning.calling import block_call, call_arguments, extend_targets
from tfmigrate.planning.constructing import Place, comes_first, place_in, unknown_in
from tfmigrate.planning.layering import LayerPlan, Refusal, label
from tfmigrate.planning.library import invoke_layer
from tfmigrate.planning.lifting import Thread, carried
from tfmigrate.planning.looping import check_rounds, counting, dict_key, head_text, index_text, is_counted, loops_at
from tfmigrate.planning.mapping import given_at, map_layer
from tfmigrate.planning.name_scopes import name_scope
from tfmigrate.planning.requests import Naming, Request, class_text_in, request_for
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.statements import is_reuse_statement, statements
from tfmigrate.planning.units import Classification, Member, Shape
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import call_lines, line_length, render, source, written
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.scan import Scan, names_in, scan_code
from tfmigrate.program.standing import is_map
from tfmigrate.sites import Before, HandLayer, Invoke, NameScope, Remove, Replace, Sites, TakeLayer, Unwrap
from tfmigrate.spans import span
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Creation, Region, rounds
from tfmigrate.walk.values import is_tensor


@dataclass(eq=False)
class Code:
    """The statements of one plain function or of a module."""

    function: Function | None
    module: Module
    scan: Scan
    taken: set[str] = field(default_factory=set)
    # of these, the names of slots
    given: set[str] = field(default_factory=set)


def _events(slot: Slot) -> list[Region | Creation]:
    """The calls that reach what fills a slot."""
    if slot.first.child is not None:
        return list(slot.first.child.regions)
    return [use.creation for use in slot.uses if use.creation is not None]


def make_code(function: Function | None, module: Module, opaque: frozenset[ast.AST]) -> Code:
    """Look at the code of a plain function, or of the module itself."""
    scan = scan_code(function or module, function.self_name if function is not None else None, opaque)
    taken = set(scan.bindings) | set(scan.reads)
    if function is not None:
        taken |= set(function.params)
    for inner in opaque & scan.bindings_nodes():
        taken |= names_in(inner)  # it may stay after all
    return Code(function, module, scan, taken)


def _block_of(statement: ast.stmt, owner: ast.stmt) -> list[ast.AST]:
    """The statements among which one stands: of a branch, those of the other branch are not."""
    fields = (value for _, value in ast.iter_fields(owner))
    return next((block for block in fields if isinstance(block, list) and statement in block), [])


class SlotRefusal(Exception):
    """One instance cannot be made or called where the program wants it."""

    def __init__(self, slot: Slot, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.slot = slot
        self.refusal = refusal


class PlainWork:
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
        self.classes = classes
        self.fixed = fixed
        self.imports: dict[Module, list[str]] = {}
        self.threads = threads
        self.home = home
        self.slots = slots
        self.codes = codes
        self.plans = plans
        self.naming = naming
        self.requests: dict[Slot, Request] = {}
        # statements of `__init__` beside which layers are made
        self.constructors: dict[ast.stmt, Function] = {}
        self._code_of: dict[ast.AST, Code] = {}

    def code_of(self, site: ast.AST) -> Code:
        """The function that a site stands in."""
        if site not in self._code_of:
            self._code_of[site] = self._find_code(site)
        return self._code_of[site]

    def _find_code(self, site: ast.AST) -> Code:
        for code in self.codes.values():
            if site in code.scan.parents or site in code.scan.body:
                return code
        raise KeyError(site)

    # -- names ---------------------------------------------------------------------------------------------------

    def name_slots(self) -> None:
        """`discriminator` for the only instance of that function here, the scope's name where there are several."""
        for code in self.codes.values():
            code.taken -= code.given  # of an earlier trial
            code.given.clear()
        per_unit: dict[object, int] = {}
        for slot in self.slots:
            per_unit[slot.unit] = per_unit.get(slot.unit, 0) + 1
        freed = {slot.unit.primary.name for slot in self.slots if slot.unit is not None}
        # an inner function leaves its name to its layer
        units = {slot.unit for slot in self.slots if slot.unit is not None}
        gone = {member.name for unit in units for member in unit.members if member.shape is Shape.INNER}
        attributes: set[str] = set()
        named: dict[str, list[Slot]] = {}
        for slot in self.slots:
            if slot.inline:
                continue
            base = self._base_name(slot, per_unit)
            others = named.setdefault(base, [])
            others.append(slot)
            if len(others) > 1 and all(self._never_both(slot, other) for other in others[:-1]):
                slot.name = others[0].name
                continue
            code = self.code_of(slot.site())
            if self._keeps_name(slot, code):
                slot.name = label(slot).removeprefix("self.")
                continue
            if self.on_object(slot):
                slot.name = names.unique(base, attributes | self._object_attributes() - self._freed_methods())
                attributes.add(slot.name)
                continue
            bound = set(code.scan.bindings) | (set(code.function.params) if code.function is not None else set())
            bound -= gone
            if base in bound | _owners(code) or self._is_other_name(base, slot):
                base = f"{base}_layer"
            codes = list(self.codes.values()) if slot in self.threads else [code]
            taken = set().union(*(c.taken for c in codes)) - freed.difference(*map(_owners, codes))
            slot.name = names.unique(base, taken.union(*(c.given for c in codes)))
            for each in codes:
                each.taken.add(slot.name)
                each.given.add(slot.name)

    def _is_other_name(self, name: str, slot: Slot) -> bool:
        """Whether the class that a slot is made of goes by a name at its first call."""
        site, plan = slot.site(), self.plans.get(slot.unit)
        by_name = isinstance(site, ast.Call) and isinstance(site.func, ast.Name)
        return by_name and plan is not None and plan.other_name(site) == name

    def _keeps_name(self, slot: Slot, code: Code) -> bool:
        """Whether a cell is surely known by the one name that the program gives it."""
        name = label(slot) if self._is_made_anew(slot) else ""
        sure = not any(isinstance(a, (ast.If, ast.For, ast.While, ast.Try)) for a in code.scan.ancestors(slot.site()))
        return sure and name.startswith("self.") is self.on_object(slot) and len(code.scan.bindings.get(name, ())) == 1

    def _never_both(self, slot: Slot, other: Slot) -> bool:
        """Whether no run makes both, so that they can go by one name."""
        sure = self.on_object(slot) is self.on_object(other) and not (slot in self.threads or other in self.threads)
        return sure and all(exclusive(a, b) for a in _events(slot) for b in _events(other))

    def _base_name(self, slot: Slot, per_unit: dict[object, int]) -> str:
        unit = slot.unit
        fallback = unit.primary.name if unit is not None else "layer"
        literal, symbolic = names.path_identifier(slot.bare_path[-1:], fallback)
        symbolic = symbolic or slot.bare_path != slot.path
        block = unit is not None and unit.primary.shape is Shape.BLOCK
        if unit is not None and per_unit[unit] == 1 and not block:
            known = self.plans[unit].other_name(slot.site()) if unit in self.plans else None
            if known is None or slot.first.twins:
                literal = (known or unit.primary.name).strip("_") or "layer"
        return names.plural(literal) if symbolic and slot.loops else literal

    def _object_attributes(self) -> set[str]:
        found: set[str] = set()
        for code in self.codes.values():
            for name in (*code.scan.bindings, *code.scan.reads):
                if name.startswith("self."):
                    found.add(name.removeprefix("self."))
            if code.function is not None and code.function.cls is not None:
                found |= code.function.cls.attributes
        return found

    def _freed_methods(self) -> set[str]:
        """Names of the methods that become classes."""
        units = [slot.unit for slot in self.slots if slot.unit is not None]
        return {member.name for unit in units for member in unit.members if member.shape is Shape.METHOD}

    def on_object(self, slot: Slot) -> bool:
        """Whether the instance is kept as an attribute of the object whose methods use it."""
        if slot in self.threads:
            return False
        functions = {self.code_of(site).function for site in slot.sites}
        function = next(iter(functions))
        if function is None or function.self_name is None:
            return False
        return (
            slot.promoted or len(functions) > 1 or (slot.unit is not None and slot.unit.primary.shape is Shape.METHOD)
        )

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

    def holder_text(self, slot: Slot) -> str:
        function = self.code_of(slot.site()).function
        return f"{function.self_name}.{slot.name}" if function is not None and self.on_object(slot) else slot.name

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
        return self._is_made_anew(slot) and (not slot.readers or self._keeps_name(slot, self.code_of(slot.site())))

    @staticmethod
    def _is_made_anew(slot: Slot) -> bool:
        """Whether the program makes a cell at one place, and another one at every run of it."""
        made = [use.creation for use in slot.uses if use.creation is not None and use.creation.variables]
        apart = {(creation.variables[0], rounds(creation.path)) for creation in made}
        return slot.kind is Made.CELL and len(slot.sites) == 1 and len(apart) == len(made)

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
        for expression in [*request.expressions(), *(loop.iter for loop in slot.loops if isinstance(loop, LOOPS))]:
            for name in names_in(expression) - own:
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
    if getattr(expression, "synthetic", False):
        return written(expression)
    return render(module, expression, lambda _: None)


def plain_scopes(code: Code, blocks: Sequence[Region], makers: set[Region], sites: Sites, keep_reuse: bool) -> None:
    """Scope blocks of a plain function become name scopes; switching reuse on goes. Raises Refusal."""
    seen: dict[ast.With, bool] = {}
    for region in blocks:
        assert isinstance(region.node, ast.With)
        seen[region.node] = seen.get(region.node, False) or region in makers
    gone: set[ast.AST] = set()
    again = {scope_name(r.node.items[0].context_expr) for r in blocks if isinstance(r.node, ast.With) and r.by_object}
    for block, makes in seen.items():
        inside = [region for region in blocks if region.node is block]
        action = name_scope(block, makes, code.module, {}, inside, kept=True)
        known = isinstance(action, NameScope) and action.known
        within = again.union(creation.within for region in inside for creation in region.creations())
        _check_alias(code, block, within, known)
        for node in alias_names(code, block) if not known else ():
            text = render(code.module, scope_name(block.items[0].context_expr), lambda _: None)  # type: ignore[arg-type]
            sites.add("scopes", span(code.module, node), Replace(text))
        if keep_reuse and isinstance(action, Unwrap):
            continue  # what it switches reuse on for ends with it
        gone.add(block)
        sites.add("scopes", span(code.module, block), action)
        assert isinstance(action, Unwrap) or action.text
    for statement in statements(list(code.scan.body), code.scan.opaque):
        if is_reuse_statement(statement) and not any(
            is_reuse_statement(a) for a in code.scan.ancestors(statement) if isinstance(a, ast.stmt)
        ):
            if not keep_reuse or _is_moot(code, statement, gone):
                sites.add("reuse", span(code.module, statement), Remove())


def _is_moot(code: Code, statement: ast.stmt, gone: Container[ast.AST]) -> bool:
    """Whether a statement switches the reuse of a scope that is gone."""
    around = [a for a in code.scan.ancestors(statement) if isinstance(a, ast.With) and _opens_scope(a)]
    names = names_in(statement)
    for block in around:
        alias = block.items[0].optional_vars
        if isinstance(alias, ast.Name) and alias.id in names:
            return block in gone
    return bool(around) and around[0] in gone


def _is_elif(statement: ast.AST, owner: ast.stmt) -> bool:
    """Whether a statement is the `elif` of another, and nothing can stand in front of it."""
    if not isinstance(statement, ast.If) or not isinstance(owner, ast.If):
        return False
    return owner.orelse == [statement] and statement.col_offset == owner.col_offset


def _opens_scope(block: ast.With) -> bool:
    call = block.items[0].context_expr
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith("variable_scope")


def _check_alias(code: Code, block: ast.With, gone: Container[ast.expr | None], known: bool) -> None:
    """`as scope` may serve reuse and names of operations, or any name where it is known as before."""
    alias = block.items[0].optional_vars
    if not isinstance(alias, ast.Name):
        return
    named = alias_names(code, block)
    for node in code.scan.loads(alias.id):
        statement, parent = code.scan.statement(node), code.scan.parents.get(node)
        if known and isinstance(parent, ast.Attribute) and parent.attr == "name":
            continue
        if node not in gone and not is_reuse_statement(statement) and parent not in named:
            raise Refusal("TFM205", node, code.module, f"the scope object {alias.id} is used for more than reuse")


def _owners(code: Code) -> set[str]:
    """The names of which code reads attributes: a module may be called as a function in it."""
    parents = code.scan.parents
    return {
        name for name, reads in code.scan.reads.items() if any(isinstance(parents.get(r), ast.Attribute) for r in reads)
    }


def alias_names(code: Code, block: ast.With) -> list[ast.Attribute]:
    """The places where `scope.name` names an operation."""
    alias = block.items[0].optional_vars
    found = []
    for node in code.scan.loads(alias.id) if isinstance(alias, ast.Name) else []:
        parent = code.scan.parents.get(node)
        grand = code.scan.parents.get(parent) if parent is not None else None
        certain, binding = code.scan.reaching(alias.id, node)  # type: ignore[union-attr]
        mine = certain and binding is not None and binding.statement is block
        if mine and isinstance(parent, ast.Attribute) and parent.attr == "name" and isinstance(grand, ast.keyword):
            found.append(parent)
    return found
