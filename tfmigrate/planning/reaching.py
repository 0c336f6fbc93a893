"""Which layers stand for given variables, and which of them the code at a place can name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.known_objects import Asking, held_by, known_objects
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.parts import made_by, parts_of
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.slots import Made, Slot, Use
from tfmigrate.planning.units import Instance, Shape, Unit
from tfmigrate.planning.variable_order import order_in, order_of
from tfmigrate.program.link import Function, Program
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Query, Region, Variable, around, root_of
from tfmigrate.walk.values import ObjectValue


@dataclass(frozen=True)
class Reached:
    """A layer, or several, with the text by which the function that collects has it, and its variables.

    slot: what holds it; None where an object of the program is the layer itself. home: the code to which the slot
    belongs. order: of a layer inside of what the slot holds, its variables as Keras lists them.
    """

    slot: Slot | None
    text: str
    variables: frozenset[Variable]
    home: Region
    order: tuple[Variable, ...] = ()
    instance: Instance | None = None

    @property
    def loops(self) -> Sequence[ast.AST]:
        """The loops in whose rounds it holds a layer each."""
        return self.slot.loops if self.slot is not None else ()

    @property
    def key(self) -> object:
        """The same for what holds the layer in another run of the program."""
        return self.slot if self.instance is None else (self.instance.unit, self.text)


class Reaching:
    """Knows who makes which variable, and who holds the layers that do."""

    def __init__(self, program: Program, classes: Classification, owners: Ownership) -> None:
        self.program = program
        self.classes = classes
        self.owners = owners

    def units(self, variables: Iterable[Variable]) -> set[Unit]:
        """The units that make some of these variables."""
        units = set()
        for variable in variables:
            region: Region | None = variable.region
            while region is not None:
                if region in self.owners.instance_of:
                    units.add(self.owners.instance_of[region].unit)
                    break
                region = region.parent
        return units

    def plain_makers(self, variables: Iterable[Variable]) -> set[Function | None]:
        """The plain functions that make some of these variables by library layers."""
        return {v.region.call.function for v in variables if v.region is not None and not self.units([v])}

    def top(self, variable: Variable) -> Instance | None:
        """The outermost layer that makes a variable."""
        found: Instance | None = None
        region: Region | None = variable.region
        while region is not None:
            found = self.owners.instance_of.get(region, found)
            region = region.parent
        return found

    def all_units(self, region: Region) -> set[Unit]:
        """All units of a run of the program."""
        inside = root_of(region).walk()
        return {self.owners.instance_of[e].unit for e in inside if e in self.owners.instance_of}

    def chosen_for(self, query: Query, works: list[PlainWork]) -> list[Reached] | None:
        """The slots whose layers give a list."""
        return self.chosen(query.variables, query, works, True)

    def chosen(
        self, wanted: list[Variable], at: Asking, works: list[PlainWork], named: bool = False
    ) -> list[Reached] | None:
        """The slots whose variables are exactly the wanted ones; None if there are none such."""
        target = set(wanted)
        chosen: list[Reached] = []
        covered: set[Variable] = set()
        trainable = all(v.trainable for v in wanted)
        for item in self.reached(at, works, named):
            own = {v for v in item.variables if v.trainable or not trainable}
            if own and own <= target and not own & covered:
                chosen.append(item)
                covered |= own
            elif own & target and not own & covered:
                inside = list(self._inside(item, own & target, trainable, works))
                chosen += inside
                covered |= {v for part in inside for v in part.order}
        if covered != target or not chosen or not all(self.is_there(item, at) for item in chosen):
            return None
        if any(item.order for item in chosen) and self.listed(chosen, works) != wanted:
            return None
        if not named:
            self.note_readers(chosen, at.node, at.region)
        return chosen

    @staticmethod
    def is_there(item: Reached, at: Asking) -> bool:
        """Whether every run that comes to a place has made the layer, as it makes it on its way or in any case."""
        if item.slot is None:
            return True
        near = {*at.conditions, *_conditions(at.region)}
        # which of several functions a call means is another question: each has a layer there
        ways = ({*use.conditions, *_conditions(use.region)} for use in item.slot.uses)
        return any({condition for condition in way if not isinstance(condition, ast.Call)} <= near for way in ways)

    def reached(self, at: Asking, works: list[PlainWork], named: bool) -> Iterator[Reached]:
        """The slots that plain code can name where it asks."""
        home = at.region.call
        objects = known_objects(at, self.program)
        for work in works:
            if objects and not _is_near(work, home):
                yield from self._reached_on(objects, work, home, named)
            for slot in work.slots if _is_near(work, home) else ():
                if slot.inline:
                    continue  # nothing keeps it
                function = work.home if slot in work.threads else work.code_of(slot.site()).function
                same = function is home.function or work.is_given(slot, home.function)
                if not same and not self._is_sibling(function, home, slot, work, named):
                    continue
                variables = frozenset(self._variables(slot, home))
                if variables:
                    yield Reached(slot, work.holder_text(slot) if named else "", variables, home)
        if self.owners.instance_of.keys().isdisjoint(around(home)):
            yield from self._reached_objects(objects, home)

    def _reached_objects(self, objects: list[tuple[str, ObjectValue]], home: Region) -> Iterator[Reached]:
        """The objects that become layers themselves."""
        for name, obj in objects:
            instances = [i for i in self._layers_of.get(obj, ()) if root_of(i.regions[0]) is root_of(home)]
            parted = len(instances) > 1 and obj.maker is home.frame and all(i.own_name for i in instances)
            for instance in instances if parted or len(instances) == 1 else ():
                made = frozenset(made_by(instance))
                inside = (other for held in held_by(obj) for other in self._layers_of.get(held, ()))
                if all(made.issuperset(made_by(other)) for other in inside):
                    yield Reached(None, instance.own_name or name, made, home, instance=instance)

    @cached_property
    def _layers_of(self) -> dict[ObjectValue, list[Instance]]:
        """What an object is as a layer, one for each scope that its calls are made under."""
        found: dict[ObjectValue, dict[Instance, None]] = {}
        for region, instance in self.owners.instance_of.items():
            if instance.unit.primary.shape is Shape.CALLABLE and region.frame.obj is not None:
                found.setdefault(region.frame.obj, {})[instance] = None
        return {obj: list(instances) for obj, instances in found.items()}

    def _reached_on(
        self, objects: list[tuple[str, ObjectValue]], work: PlainWork, home: Region, named: bool
    ) -> Iterator[Reached]:
        """The slots that are kept on one of these objects."""
        for slot in work.slots:
            if slot.inline or slot.kind is Made.CELL or slot in work.threads:
                continue
            for name, obj in objects:
                near = (use.region for use in slot.uses if use.region.frame.obj is obj)
                inner = next((region for region in near if root_of(region) is root_of(home)), None)
                if inner is not None and not (named and not work.on_object(slot)):
                    variables = frozenset(self._variables(slot, inner))
                    yield Reached(slot, f"{name}.{slot.name}" if named else "", variables, inner)

    def listed(self, chosen: Iterable[Reached], works: list[PlainWork]) -> list[Variable] | None:
        """The variables of these layers as Keras lists them; None if that is not known."""
        plans = works[0].plans
        known = [_order_in(item, plans) for item in chosen]
        return None if None in known else [v for variables in known for v in variables or ()]

    def note_readers(self, chosen: Iterable[Reached], node: ast.AST, region: Region) -> None:
        """What holds these must be in reach of the code that reads it."""
        home = region.call.function
        for item in chosen:
            if item.slot is None:
                continue
            item.slot.promoted = item.slot.promoted or item.slot.first.region.function is not home
            if item.home is not region.call:
                continue  # its object has made the layers by then, or there would be no variables to list
            if all(reader.region is not region for reader in item.slot.readers):
                item.slot.readers.append(Use(item.slot.kind, node, (), region))

    def _inside(
        self, item: Reached, wanted: set[Variable], trainable: bool, works: list[PlainWork]
    ) -> Iterator[Reached]:
        """The layers inside of one that hold these of its variables, if there are such."""
        children = {use.child for use in self._uses(item.slot, item.home)} if item.slot is not None else {item.instance}
        child = children.pop() if len(children) == 1 and not item.loops else None
        found = parts_of(child, wanted, trainable, works[0].plans) if child is not None else None
        for part in found or ():
            yield replace(item, text=part.text(item.text), variables=frozenset(part.variables), order=part.variables)

    @staticmethod
    def _is_sibling(one: Function | None, home: Region, slot: Slot, work: PlainWork, named: bool) -> bool:
        """Whether another method of the object holds the slot on it, or may do so while nothing is named."""
        other = home.function
        if one is None or other is None or one.cls is None or other.cls is None:
            return False
        if one.cls is not other.cls and not _is_of(slot, home.frame.obj):
            return False
        return work.on_object(slot) or (not named and slot not in work.threads)

    @staticmethod
    def _uses(slot: Slot, home: Region) -> Iterator[Use]:
        """The uses of a slot in a run of the program, on the object that the code at home belongs to."""
        root = root_of(home)
        for use in slot.uses:
            one, other = use.region.frame.obj, home.frame.obj
            mine = root_of(use.region) is root and (None in (one, other) or one is other)
            if mine and not exclusive(use.region, home):
                yield use

    def _variables(self, slot: Slot, home: Region) -> Iterator[Variable]:
        for use in self._uses(slot, home):
            if use.child is not None:
                for region in (region for child in (use.child, *use.twins) for region in child.regions):
                    for creation in region.creations():
                        yield from creation.variables
            elif use.creation is not None:
                yield from use.creation.variables


def _conditions(region: Region) -> Iterator[ast.AST]:
    """What must hold for a region to be come by."""
    return (condition for outer in around(region) for condition in outer.conditions)


def _order_in(item: Reached, plans: dict[object, LayerPlan]) -> list[Variable] | None:
    """The variables of a layer as Keras lists them; None if that is not known."""
    if item.order:
        return list(item.order)
    if item.slot is None:
        return order_of(item.instance, plans) if item.instance is not None else None
    return None if item.slot.first.twins else order_in(item.slot, item.home, plans)


def _is_near(work: PlainWork, home: Region) -> bool:
    """Whether some of the code is a function's own, of its class, or of another class of the same object."""
    function = home.function
    if function in work.codes:
        return True
    cls = function.cls if function is not None else None
    if cls is None:
        return False
    return any(other is not None and other.cls is cls for other in work.codes) or any(
        _is_of(slot, home.frame.obj) for slot in work.slots
    )


def _is_of(slot: Slot, obj: ObjectValue | None) -> bool:
    """Whether methods of an object use what a slot holds; of which classes they are is no question then."""
    return obj is not None and any(use.region.frame.obj is obj for use in slot.uses)
