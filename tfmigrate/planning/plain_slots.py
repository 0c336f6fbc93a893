"""The instances that code holds which stays as it is, and the names that they go by."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from tfmigrate.planning import names
from tfmigrate.planning.attribute_names import name_of_cell
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.lifting import Thread
from tfmigrate.planning.plain_code import Code
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Shape, Unit
from tfmigrate.program.link import Function
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Creation, Region, rounds


class PlainSlots:
    """The slots of one plain function, of the methods of one class, or of a module's body."""

    def __init__(
        self,
        slots: list[Slot],
        codes: dict[Function | None, Code],
        plans: dict[object, LayerPlan],
        threads: dict[Slot, Thread],
        classes: Classification,
    ) -> None:
        self.slots = slots
        self.classes = classes
        self.codes = codes
        self.plans = plans
        self.threads = threads
        self._code_of: dict[ast.AST, Code] = {}

    def code_of(self, site: ast.AST) -> Code:
        """The function that a site stands in."""
        if site not in self._code_of:
            self._code_of[site] = self._find_code(site)
        return self._code_of[site]

    def has_code(self, site: ast.AST) -> bool:
        """Whether a site stands in one of the functions at all."""
        return any(code.scan.holds(site) for code in self.codes.values())

    def _find_code(self, site: ast.AST) -> Code:
        for code in self.codes.values():
            if code.scan.holds(site):
                return code
        raise KeyError(site)

    def is_given(self, slot: Slot, function: Function | None) -> bool:
        """Whether a function gets the instance as an argument."""
        return slot in self.threads and function in self.threads[slot].takers

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

    def holder_text(self, slot: Slot) -> str:
        """`self.generator` or `generator`."""
        function = self.code_of(slot.site()).function
        return f"{function.self_name}.{slot.name}" if function is not None and self.on_object(slot) else slot.name

    @staticmethod
    def is_made_anew(slot: Slot) -> bool:
        """Whether the program makes a cell at one place, and another one at every run of it."""
        made = [use.creation for use in slot.uses if use.creation is not None and use.creation.variables]
        apart = {(creation.variables[0], rounds(creation.path)) for creation in made}
        return slot.kind is Made.CELL and len(slot.sites) == 1 and len(apart) == len(made)

    def name_slots(self) -> None:
        """`discriminator` for the only instance of that function here, the scope's name where there are several."""
        for code in self.codes.values():
            code.taken -= code.given  # of an earlier trial
            code.given.clear()
        per_unit: Counter[object] = Counter(slot.unit for slot in self.slots)
        attributes: set[str] = set()
        named: dict[str, list[Slot]] = {}
        for slot in self.slots:
            if slot.inline:
                continue
            base = self._base_name(slot, per_unit)
            others = named.setdefault(base, [])
            if others and all(self._never_both(slot, other) for other in others):
                slot.name = others[0].name
            elif self.keeps_name(slot, self.code_of(slot.site())):
                slot.name = name_of_cell(slot).removeprefix("self.")
            elif self.on_object(slot):
                slot.name = names.unique(base, attributes | self._object_attributes() - self._freed_methods())
                attributes.add(slot.name)
            else:
                slot.name = self._local_name(slot, base)
            others.append(slot)

    def _local_name(self, slot: Slot, base: str) -> str:
        """A name that is free in all the code that uses the instance, and taken there from now on."""
        code = self.code_of(slot.site())
        units = self._units()
        # an inner function leaves its name to its layer
        gone = {member.name for unit in units for member in unit.members if member.shape is Shape.INNER}
        params = code.function.params if code.function is not None else ()
        if base in {*code.scan.bindings, *params} - gone | _owners(code) or self._is_other_name(base, slot):
            base = f"{base}_layer"
        freed = {unit.primary.name for unit in units}
        codes = list(self.codes.values()) if slot in self.threads else [code]
        taken = set().union(*(each.taken for each in codes)) - freed.difference(*map(_owners, codes))
        name = names.unique(base, taken.union(*(each.given for each in codes)))
        for each in codes:
            each.taken.add(name)
            each.given.add(name)
        return name

    def _is_other_name(self, name: str, slot: Slot) -> bool:
        """Whether the class that a slot is made of goes by a name at its first call."""
        site, plan = slot.site(), self.plans.get(slot.unit)
        by_name = isinstance(site, ast.Call) and isinstance(site.func, ast.Name)
        return by_name and plan is not None and plan.other_name(site) == name

    def keeps_name(self, slot: Slot, code: Code) -> bool:
        """Whether a cell is surely known by the one name that the program gives it."""
        name = name_of_cell(slot) if self.is_made_anew(slot) else ""
        sure = not any(isinstance(a, (ast.If, ast.For, ast.While, ast.Try)) for a in code.scan.ancestors(slot.site()))
        return sure and name.startswith("self.") is self.on_object(slot) and len(code.scan.bindings.get(name, ())) == 1

    def _never_both(self, slot: Slot, other: Slot) -> bool:
        """Whether no run makes both, so that they can go by one name."""
        sure = self.on_object(slot) is self.on_object(other) and not (slot in self.threads or other in self.threads)
        return sure and all(exclusive(a, b) for a in _events(slot) for b in _events(other))

    def _base_name(self, slot: Slot, per_unit: Mapping[object, int]) -> str:
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
        return found | self._inherited

    @cached_property
    def _inherited(self) -> set[str]:
        """What the objects have from the other classes whose methods run on them."""
        objects = {id(obj) for slot in self.slots for use in slot.uses if (obj := use.region.frame.obj) is not None}
        ran = (f.cls for f, regions in self.classes.calls.items() if any(id(r.frame.obj) in objects for r in regions))
        return {name for cls in ran if cls is not None for name in cls.attributes}

    def _freed_methods(self) -> set[str]:
        """Names of the methods that become classes."""
        return {member.name for unit in self._units() for member in unit.members if member.shape is Shape.METHOD}

    def _units(self) -> set[Unit]:
        return {slot.unit for slot in self.slots if slot.unit is not None}


def _events(slot: Slot) -> list[Region | Creation]:
    """The calls that reach what fills a slot."""
    if slot.first.child is not None:
        return list(slot.first.child.regions)
    return [use.creation for use in slot.uses if use.creation is not None]


def _owners(code: Code) -> set[str]:
    """The names of which code reads attributes: a module may be called as a function in it."""
    parents = code.scan.parents
    return {
        name for name, reads in code.scan.reads.items() if any(isinstance(parents.get(r), ast.Attribute) for r in reads)
    }
