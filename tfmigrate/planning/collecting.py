"""Lists of variables, savers and what else reads variables by name: from the layers, not from names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.dead_lists import dead_lists
from tfmigrate.planning.filling import OWN, Filling
from tfmigrate.planning.lasting import Lasting
from tfmigrate.planning.lineups import Lineups
from tfmigrate.planning.losses import LOSSES, Losses, Reached, clause, for_each
from tfmigrate.planning.paired import is_cut_off
from tfmigrate.planning.parts import Part, listed_by, parts_of
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.slots import Slot, Use
from tfmigrate.planning.units import Classification, Instance, Ownership, Shape, Unit
from tfmigrate.planning.variable_order import order_in
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.scan import scan_code
from tfmigrate.program.standing import ancestors
from tfmigrate.sites import Argument, Invoke, Moved, Remove, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.walk.regions import Query, Region, Saving, Variable, root_of, show_path
from tfmigrate.walk.values import Const

# what only shows a name to a person
_SHOWS = re.compile(
    r"(^|\.)(print|log|info|debug|warn|warning|write|histogram\w*|scalar\w*|image\w*|\w*summary\w*)$|logg|summary"
)


class Collecting:
    """Plans the variable lists of a program."""

    def __init__(self, program: Program, classes: Classification, owners: Ownership, clusters: Clusters) -> None:
        self.program = program
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.losses = Losses(self)
        self.filling = Filling(self)
        self.lineups = Lineups(self)
        self.lasting = Lasting(classes)
        self.rewritten: set[ast.AST] = set()
        self.left: set[Function | None] = set()
        # lists whose text stays though they ask for names that change
        self._staying: set[ast.expr] = set()

    # -- before anything is written: what can't be said in layers ------------------------------------------------

    def check(self, works: list[PlainWork]) -> None:
        """Refuse the units whose variables are collected in a way that no list of layers gives."""
        blamed: list[tuple[Query, str]] = []
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if isinstance(query, Query) and query.kind == LOSSES and self._matters(query):
                    self.losses.check(query, works)
                elif isinstance(query, Query) and self._matters(query):
                    why = self._why_not(query, works)
                    blamed.extend([(query, why)] if why else [])
            for saving in walk.scoping.savings:
                self._chosen(self._saved(saving, works, False), saving.node, saving.region, works)
        self._staying = self._those_that_stay({query.node for query, _ in blamed})
        for query, why in blamed:
            if query.node not in self._staying:
                self._refuse(query, why)
        self.lineups.check(works)
        self.losses.check_mentions()
        self._check_own()
        self._check_names()

    def _matters(self, query: Query) -> bool:
        """Whether a list has to be rewritten: it picks variables, and is not in a function whose call is the list."""
        if query.kind == LOSSES:
            return bool(query.variables)
        if query.everything or query.region.function in self._list_functions:
            return False
        if query.node in self._explained:
            return False
        if query.source is not None and (not query.complete or not query.variables):
            return reads_names(query.node)
        return bool(query.variables) or not query.complete

    @cached_property
    def _explained(self) -> set[ast.AST]:
        return set().union(*(walk.scoping.explained for walk in self.classes.walks))

    @cached_property
    def _list_functions(self) -> set[Function]:
        """Functions that only return a list of variables; their calls are rewritten instead."""
        found = set()
        for function, regions in self.classes.calls.items():
            body = [
                s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            ]
            if (
                len(body) == 1
                and isinstance(body[0], ast.Return)
                and all(r not in self.classes.makers for r in regions)
            ):
                events = [event for region in regions for event in region.events if isinstance(event, Query)]
                if events and all(event.kind != LOSSES for event in events):
                    found.add(function)
        return found

    def _concerned(self, query: Query) -> tuple[set[Unit], set[Function | None]]:
        """The units, and the plain functions with layers of a library, that may make what a list holds."""
        known = query.complete or query.source is not None
        units = self.units(query.source or query.variables) if known else self._all_units(query.region)
        return units, self.plain_makers(query.source or query.variables)

    def _why_not(self, query: Query, works: list[PlainWork]) -> str | None:
        """Why layers cannot give a list that holds variables of some."""
        if not any(self._concerned(query)) or self._by_path(query, works) is not None:
            return None
        if not query.complete:
            return "which variables this list holds cannot be known from the program"
        if query.kind == "global" and query.slots and not is_cut_off(query, self._lists_at):
            return "this list may hold variables of an optimizer too"
        if self._layer_around(query) is not None or self._parts_around(query, works) is not None:
            return None
        if query.kind == OWN and not self._in_order(query, works):
            if self.filling.take(query, works):
                return None
            return "this list is not all the variables of some layers that are in reach here, in their order"
        if (
            any(v.path is None for v in query.variables)
            or self._chosen(query.variables, query.node, query.region, works) is None
        ):
            return "this list is not all the variables of some layers that are in reach here"
        return None

    def _lists_at(self, node: ast.AST) -> list[Query]:
        events = (event for walk in self.classes.walks for event in walk.root.walk())
        return [event for event in events if isinstance(event, Query) and event.node is node]

    def _those_that_stay(self, nodes: set[ast.expr]) -> set[ast.expr]:
        """Of the nodes of lists, those that give what they gave, wherever they are come by."""
        queries = [q for w in self.classes.walks for q in w.root.walk() if isinstance(q, Query) and q.node in nodes]
        return {*nodes} - {q.node for q in queries if not self._lasts(q)}

    def _lasts(self, query: Query) -> bool:
        generators = query.node.generators if isinstance(query.node, (ast.ListComp, ast.GeneratorExp)) else []
        if len(generators) != 1 or not isinstance(generators[0].target, ast.Name):
            return False
        return self.lasting.stays_right(query, name_reads(query.node, generators[0].target.id))

    def _refuse(self, query: Query, text: str) -> None:
        units, plain = self._concerned(query)
        for unit in units:
            self.clusters.refuse("TFM601", query.node, query.region.module, text, unit, derived=query.kind == OWN)
        if plain:
            self.clusters.refuse("TFM601", query.node, query.region.module, text, None)
            self.left |= plain

    def _in_order(self, query: Query, works: list[PlainWork]) -> bool:
        """Whether the layers list these variables in the order in which the program made them, now and another time.

        What copies one network into another pairs such lists.
        """
        chosen = self._chosen(query.variables, query.node, query.region, works)
        made = list(query.variables)
        if chosen is None or len(set(made)) != len(made):
            return False
        same = [q for w in self.classes.walks for q in w.root.walk() if isinstance(q, Query) and q.node is query.node]
        slots = {item.slot for item in chosen}
        for other in same:
            reached = self._chosen(other.variables, other.node, other.region, works)
            if reached is None or {item.slot for item in reached} != slots:
                return False
        return self.listed(chosen, query.region, works) == made

    def _check_own(self) -> None:
        """What else is done to a collection that variables are put into would miss those of layers."""
        events = [event for walk in self.classes.walks for event in walk.root.walk()]
        known = {inner for e in events if isinstance(e, Query) and e.kind == OWN for inner in ast.walk(e.node)}
        for name, variables in self._own_collections().items():
            for module in self.program.modules.values() if name else ():
                for node in module.of_kind(ast.Constant):
                    call = next((a for a in ancestors(module, node) if isinstance(a, ast.Call)), None)
                    if node.value != name or node in known or call is None:
                        continue
                    if "collection" in ast.unparse(call.func):
                        text = f"the collection {name!r} holds variables, and more is done to it here"
                        self.clusters.refuse_all("TFM601", node, module, text, self.units(variables))

    def _own_collections(self) -> dict[str, list[Variable]]:
        found: dict[str, list[Variable]] = {}
        for walk in self.classes.walks:
            for variable in walk.scoping.all_variables:
                for name in variable.collections:
                    found.setdefault(name, []).append(variable)
        return found

    def _layer_around(self, query: Query) -> Instance | None:
        """The layer whose own code asks for the list, where that holds all its variables and no others."""
        home = query.region.call
        instance = self.owners.instance_of.get(home)
        if instance is None or not query.complete or query.source is not None or not query.variables:
            return None
        shape = instance.unit.primary.shape
        if shape is Shape.BLOCK or instance.unit.primary.function is not home.function:
            return None
        own = {v for r in instance.regions for creation in r.creations() for v in creation.variables}
        wanted = {v for v in own if v.trainable or query.kind != "trainable"}
        return instance if wanted == set(query.variables) else None

    def _parts_around(self, query: Query, works: list[PlainWork]) -> list[Part] | None:
        """The layers inside of the one whose own code asks for the list, the same at every call."""
        found: list[list[Part] | None] = []
        for walk in self.classes.walks:
            for other in walk.root.walk():
                if isinstance(other, Query) and other.node is query.node:
                    home = other.region.call
                    instance = self.owners.instance_of.get(home)
                    if instance is None or not other.complete or other.source is not None:
                        return None
                    primary = instance.unit.primary
                    if primary.shape is Shape.BLOCK or primary.function is not home.function:
                        return None
                    found.append(listed_by(instance, other, works[0].plans))
        first = found[0] if found and works else None
        if first is None or any([p.slots for p in parts or ()] != [p.slots for p in first] for parts in found):
            return None
        return first

    def plain_makers(self, variables: Iterable[Variable]) -> set[Function | None]:
        """The plain functions that make some of these variables by library layers."""
        return {v.region.call.function for v in variables if v.region is not None and not self.units([v])}

    def _by_path(self, query: Query, works: list[PlainWork], named: bool = False) -> list[Reached] | None:
        """The layers to run over where a comprehension can ask for `v.path` instead of `v.name`."""
        if query.source is None or not isinstance(query.node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return None
        if (
            query.complete
            and query.variables
            and self._chosen(query.variables, query.node, query.region, works) is not None
        ):
            return None
        if (query.kind == "global" and query.slots) or any(v.path is None for v in query.source):
            return None
        if not names_become_paths(query.node) or any(self._is_renamed(v) for v in query.source):
            return None
        if any(v.keras_name is not None and _tells_apart(query.node, v) for v in query.source):
            return None
        return self._chosen(query.source, query.node, query.region, works, named)

    def _is_renamed(self, variable: Variable) -> bool:
        """Whether the Keras path will differ from the TF1 name: some layer above it opens no scope of its own."""
        region: Region | None = variable.region
        while region is not None:
            member = self.classes.member_of(region)
            if member is not None and member.adds_segment:
                return True
            region = region.parent
        return False

    def _check_names(self) -> None:
        """A decision by `v.name` outside a list that is rewritten would see other names."""
        queries = [q for w in self.classes.walks for q in w.root.walk() if isinstance(q, Query)]
        listed = {q.node for q in queries if self._matters(q)}
        covered = {inner for node in listed for inner in ast.walk(node)}
        for walk in self.classes.walks:
            for read in walk.scoping.name_reads:
                if read.node in covered or not self._decides(read.node, read.region):
                    continue
                for unit in self.units([read.variable]):
                    code, text = "TFM601", "a decision is made by the name of a variable"
                    if any(
                        isinstance(outer, (ast.Dict, ast.DictComp, ast.Tuple))
                        for outer in ancestors(read.region.module, read.node)
                    ):
                        code, text = "TFM602", "variables are put into a dictionary by their TF1 names"
                    self.clusters.refuse(code, read.node, read.region.module, text, unit)

    def _decides(self, node: ast.Attribute, region: Region) -> bool:
        if region.function in self._list_functions:
            return False
        scan = scan_code(region.function or region.module)
        for outer in scan.ancestors(node):
            if isinstance(outer, (ast.Compare, ast.Subscript, ast.Dict, ast.DictComp, ast.comprehension)):
                return True
            if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute):
                if outer.func.attr in ("startswith", "endswith", "split", "match", "search", "replace", "get", "sub"):
                    return True
            if isinstance(outer, (ast.If, ast.While, ast.IfExp)) and node in set(ast.walk(outer.test)):
                return True
            if isinstance(outer, ast.Call) and _SHOWS.search(ast.unparse(outer.func)):
                return False
            if isinstance(outer, (ast.Return, ast.Assign, ast.AugAssign, ast.Tuple, ast.List)):
                return True
        return False

    # -- who owns what -------------------------------------------------------------------------------------------

    def units(self, variables: Iterable[Variable]) -> set[Unit]:
        units = set()
        for variable in variables:
            region: Region | None = variable.region
            while region is not None:
                if region in self.owners.instance_of:
                    units.add(self.owners.instance_of[region].unit)
                    break
                region = region.parent
        return units

    def top(self, variable: Variable) -> Instance | None:
        """The outermost layer that makes a variable."""
        found: Instance | None = None
        region: Region | None = variable.region
        while region is not None:
            found = self.owners.instance_of.get(region, found)
            region = region.parent
        return found

    def chosen(self, query: Query, works: list[PlainWork]) -> list[Reached] | None:
        """The slots whose layers give a list."""
        return self._chosen(query.variables, query.node, query.region, works, True)

    def _all_units(self, region: Region) -> set[Unit]:
        inside = root_of(region).walk()
        return {self.owners.instance_of[e].unit for e in inside if e in self.owners.instance_of}

    def reached(self, region: Region, works: list[PlainWork], named: bool) -> Iterator[Reached]:
        """The slots that a plain region's code can name."""
        home = region.call
        for work in works:
            for slot in work.slots if _is_near(work, home.function) else ():
                if slot.inline:
                    continue  # nothing keeps it
                function = work.code_of(slot.site()).function
                same = function is home.function
                if not same and not self._is_sibling(function, home.function, slot, work, named):
                    continue
                variables = frozenset(self._variables(slot, home))
                if variables:
                    yield Reached(slot, work.holder_text(slot) if named else "", variables)

    @staticmethod
    def _is_sibling(one: Function | None, other: Function | None, slot: Slot, work: PlainWork, named: bool) -> bool:
        """Whether another method of the class holds the slot on the object, or may do so while nothing is named."""
        if one is None or other is None or one.cls is None or one.cls is not other.cls:
            return False
        return work.on_object(slot) or (not named and slot not in work.threads)

    @staticmethod
    def _uses(slot: Slot, home: Region) -> Iterator[Use]:
        """The uses of a slot in a run of the program, on the object that the code at home belongs to."""
        root = root_of(home)
        for use in slot.uses:
            one, other = use.region.frame.obj, home.frame.obj
            if root_of(use.region) is root and (None in (one, other) or one is other):
                yield use

    def _variables(self, slot: Slot, home: Region) -> Iterator[Variable]:
        for use in self._uses(slot, home):
            if use.child is not None:
                for region in (region for child in (use.child, *use.twins) for region in child.regions):
                    for creation in region.creations():
                        yield from creation.variables
            elif use.creation is not None:
                yield from use.creation.variables

    def _chosen(
        self, wanted: list[Variable], node: ast.AST, region: Region, works: list[PlainWork], named: bool = False
    ) -> list[Reached] | None:
        """The slots whose variables are exactly the wanted ones; None if there are none such."""
        target = set(wanted)
        chosen: list[Reached] = []
        covered: set[Variable] = set()
        trainable = all(v.trainable for v in wanted)
        for item in self.reached(region, works, named):
            own = {v for v in item.variables if v.trainable or not trainable}
            if own and own <= target and not own & covered:
                chosen.append(item)
                covered |= own
            elif own & target and not own & covered:
                inside = list(self._inside(item, region, own & target, trainable, works))
                chosen += inside
                covered |= {v for part in inside for v in part.order}
        if covered != target or not chosen:
            return None
        if any(item.order for item in chosen) and self.listed(chosen, region, works) != wanted:
            return None
        if not named:
            self.note_readers(chosen, node, region)
        return chosen

    def _inside(
        self, item: Reached, region: Region, wanted: set[Variable], trainable: bool, works: list[PlainWork]
    ) -> Iterator[Reached]:
        """The layers inside of one that hold these of its variables, if there are such."""
        children = {use.child for use in self._uses(item.slot, region.call)}
        child = children.pop() if len(children) == 1 and not item.slot.loops else None
        found = parts_of(child, wanted, trainable, works[0].plans) if child is not None else None
        for part in found or ():
            yield Reached(item.slot, part.text(item.text), frozenset(part.variables), part.variables)

    def listed(self, chosen: Iterable[Reached], region: Region, works: list[PlainWork]) -> list[Variable] | None:
        """The variables of these layers as Keras lists them; None if that is not known."""
        home, plans = region.call, works[0].plans
        known = [
            None if item.slot.first.twins else list(item.order) or order_in(item.slot, home, plans) for item in chosen
        ]
        return None if None in known else [v for variables in known for v in variables or ()]

    def note_readers(self, chosen: Iterable[Reached], node: ast.AST, region: Region) -> None:
        """What holds these must be in reach of the code that reads it."""
        home = region.call.function
        for item in chosen:
            item.slot.promoted = item.slot.promoted or item.slot.first.region.function is not home
            if all(reader.region is not region for reader in item.slot.readers):
                item.slot.readers.append(Use(item.slot.kind, node, (), region))

    # -- writing -------------------------------------------------------------------------------------------------

    def sites(self, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> None:
        """Write the lists and savers of plain functions."""
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if not isinstance(query, Query) or not self._matters(query) or query.node in self.rewritten:
                    continue
                if query.kind == LOSSES:
                    self.losses.write(query, works, migrated, sites)
                elif not self.filling.holds(query):
                    self._write_list(query, works, migrated, sites)
            for saving in walk.scoping.savings:
                self._write_saver(saving, works, migrated, sites)
        self.filling.sites(migrated, sites)
        self._drop_unused(sites)
        for node, function in dead_lists(
            self.program, self.classes.walks, {m.module for u in migrated for m in u.members}
        ):
            text = f"nothing was seen to call {function.name}, which selects variables by the names that they had"
            self.clusters.refuse("TFM605", node, function.module, text, None)

    def keeps_back(self, works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Refuse what a list asks for by names that change, where the list itself cannot change with them."""
        refused = False
        queries = [q for w in self.classes.walks for q in w.root.walk() if isinstance(q, Query) and q.kind != LOSSES]
        for query in filter(self._matters, queries):
            if self._is_writable(query, works, migrated):
                continue
            for unit in self.units(_asked(query)) & migrated:
                text = "this list asks by name for variables that migrate and for others that do not"
                self.clusters.refuse("TFM601", query.node, query.region.module, text, unit)
                refused = True
        return refused

    def _is_writable(self, query: Query, works: list[PlainWork], migrated: set[Unit]) -> bool:
        if query.node in self._staying or self._layer_around(query) is not None or self.filling.holds(query):
            return True
        if self._parts_around(query, works) is not None:
            return True
        if self._by_path(query, works) is not None:
            return self.units(query.source or ()) <= migrated
        known = self._chosen(query.variables, query.node, query.region, works) is not None
        return known and self.units(query.variables) <= migrated

    def _write_list(
        self, query: Query, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]
    ) -> None:
        if query.node in self._staying:
            return
        layer, parts = self._layer_around(query), self._parts_around(query, works)
        if layer is not None or parts is not None:
            if self.units(query.variables) <= migrated:
                owners = ["self"] if layer is not None else [part.text("self") for part in parts or ()]
                self._write_own_list(query, owners, sites.setdefault(query.region.module, Sites()))
            return
        by_path = self._by_path(query, works, named=True)
        if by_path is not None:
            if self.units(query.source or ()) <= migrated:
                self._write_by_path(query, by_path, sites.setdefault(query.region.module, Sites()))
            return
        chosen = self._chosen(query.variables, query.node, query.region, works, named=True)
        if chosen is None or not self.units(query.variables) <= migrated:
            return
        name = _target_name(query.node)
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        text = f"[{name}.value {clause(chosen, name, attribute)}]"
        self.rewritten.add(query.node)
        module = query.region.module
        sites.setdefault(module, Sites()).add("collections", span(module, query.node), Replace(text))

    def _write_own_list(self, query: Query, owners: list[str], sites: Sites) -> None:
        """A layer lists its own variables, or those of layers inside."""
        name = _target_name(query.node)
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        self.rewritten.add(query.node)
        text = f"[{name}.value {for_each(owners, name, attribute)}]"
        sites.add("collections", span(query.region.module, query.node), Replace(text))

    def _write_by_path(self, query: Query, chosen: list[Reached], sites: Sites) -> None:
        """The comprehension stays; it runs over the layers' variables and asks for their paths."""
        node, module = query.node, query.region.module
        assert isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp))
        generator = node.generators[0]
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        if any(item.slot.loops for item in chosen):
            text = f"[var {clause(chosen, 'var', attribute)}]"
        else:
            text = " + ".join(f"{item.text}.{attribute}" for item in chosen)
        sites.add("collections", span(module, generator.iter), Replace(text))
        target = generator.target
        assert isinstance(target, ast.Name)
        named = {id(inner) for outer in name_reads(node, target.id) for inner in ast.walk(outer)}
        for outer in name_reads(node, target.id):
            sites.add("collections", span(module, outer), Replace(f"{target.id}.path"))
        for inner in ast.walk(node):
            if (
                isinstance(inner, ast.Name)
                and inner.id == target.id
                and isinstance(inner.ctx, ast.Load)
                and id(inner) not in named
            ):
                sites.add("collections", span(module, inner), Replace(f"{target.id}.value"))
        self.rewritten.add(node)

    def _write_saver(
        self, saving: Saving, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]
    ) -> None:
        if saving.node in self.rewritten:
            return
        wanted = self._saved(saving, works, True)
        everything = set(self._made(saving.region)) if saving.variables is None else set(wanted)
        if not self._moves(everything, works, migrated):
            return
        chosen = self._chosen(wanted, saving.node, saving.region, works, named=True) if wanted else None
        module = saving.region.module
        renamed = any(v.keras_name is not None for v in wanted)
        if chosen is None or not saving.plain or renamed or (saving.variables is None and everything - set(wanted)):
            text = "this Saver writes the new variable names; checkpoints of the old program do not load as they are"
            self.clusters.refuse("TFM604", saving.node, module, text, None)
            return
        attribute = "trainable_variables" if saving.kind == "trainable" else "variables"
        mapping = f"{{var.path: var.value {clause(chosen, 'var', attribute)}}}"
        arguments = [Argument(text=mapping)]
        arguments += [Argument(i) for i in range(1, len(saving.node.args))]
        arguments += [Argument(k.arg, keyword=k.arg) for k in saving.node.keywords if k.arg not in (None, "var_list")]
        self.rewritten.add(saving.node)
        callee = ast.unparse(saving.node.func)
        sites.setdefault(module, Sites()).add("saver", span(module, saving.node), Invoke(callee, tuple(arguments)))

    def _moves(self, variables: set[Variable], works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Whether layers hold some of the variables from now on."""
        creations = (u.creation for work in works for slot in work.slots if slot.unit is None for u in slot.uses)
        held = {v for creation in creations if creation is not None for v in creation.variables}
        return bool(self.units(variables) & migrated) or not held.isdisjoint(variables)

    def _saved(self, saving: Saving, works: list[PlainWork], named: bool) -> list[Variable]:
        if saving.variables is not None:
            return saving.variables
        return [v for r in self.reached(saving.region, works, named) for v in r.variables]

    @staticmethod
    def _made(region: Region) -> Iterator[Variable]:
        for creation in root_of(region).creations():
            yield from creation.variables

    def _drop_unused(self, sites: dict[Module, Sites]) -> None:
        """What only served the old lists goes: `t_vars = tf.trainable_variables()`, a function that returned a list."""
        inside = {inner for node in self.rewritten for inner in ast.walk(node) if inner is not node}
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if isinstance(query, Query) and query.everything:
                    self._drop_assignment(query, inside, sites)
        for function in self._list_functions:
            self._drop_function(function, sites)

    def _drop_assignment(self, query: Query, inside: set[ast.AST], sites: dict[Module, Sites]) -> None:
        home = query.region.call
        scan = scan_code(home.function or home.module)
        if query.node not in scan.parents or query.node in self.rewritten:
            return
        statement = scan.statement(query.node)
        if (
            not isinstance(statement, ast.Assign)
            or statement.value is not query.node
            or not isinstance(statement.targets[0], ast.Name)
        ):
            return
        name = statement.targets[0].id
        loads = scan.loads(name)
        if (
            home.function is not None
            and loads
            and all(load in inside for load in loads)
            and len(scan.bindings[name]) == 1
        ):
            self.rewritten.add(query.node)
            sites.setdefault(home.module, Sites()).add("collections", span(home.module, statement), Remove())

    def _drop_function(self, function: Function, sites: dict[Module, Sites]) -> None:
        calls = [region.node for region in self.classes.calls[function]]
        if not calls or not all(call in self.rewritten for call in calls):
            return
        mentions = 0
        for module in self.program.modules.values():
            for node in module.nodes:
                named = isinstance(node, ast.Name) and node.id == function.name
                imported = isinstance(node, ast.alias) and node.name == function.name
                attribute = isinstance(node, ast.Attribute) and node.attr == function.name
                mentions += named or imported or attribute
        if mentions == len(set(calls)) and function.cls is None:
            sites.setdefault(function.module, Sites()).add("collections", span(function.module, function.node), Moved())


def _asked(query: Query) -> Iterable[Variable]:
    """The variables whose names decide over a list: those in it, and where names are ruled out, all."""
    excludes = any(isinstance(n, (ast.NotIn, ast.Not)) for n in ast.walk(query.node))
    return query.source if excludes and query.source is not None else query.variables


def _target_name(node: ast.expr) -> str:
    if isinstance(node, ast.ListComp) and isinstance(node.generators[0].target, ast.Name):
        return node.generators[0].target.id
    return "var"


def _is_near(work: PlainWork, function: Function | None) -> bool:
    """Whether some of the code is a function's own, or of its class."""
    if function in work.codes:
        return True
    cls = function.cls if function is not None else None
    return cls is not None and any(other is not None and other.cls is cls for other in work.codes)


def name_reads(node: ast.AST, target: str) -> list[ast.Attribute]:
    """The expressions `v.name` and `v.op.name` in a comprehension over `v`, the outermost of each."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "name":
            text = ast.unparse(inner)
            if text in (f"{target}.name", f"{target}.op.name"):
                found.append(inner)
    return found


def reads_names(node: ast.expr) -> bool:
    """Whether a comprehension asks for the names of variables."""
    target = _target_name(node)
    return bool(name_reads(node, target))


def names_become_paths(node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> bool:
    """Whether every question about `v.name` has the same answer for `v.path`, which has no ":0" behind it."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        return False
    parents = {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}
    reads = name_reads(node, node.generators[0].target.id)
    return bool(reads) and all(_same_for_path(read, parents) for read in reads)


def _tells_apart(node: ast.ListComp | ast.GeneratorExp | ast.SetComp, variable: Variable) -> bool:
    """Whether a question about the name of a variable has another answer for the name that Keras gives it."""
    assert (
        variable.path is not None
        and variable.keras_name is not None
        and isinstance(node.generators[0].target, ast.Name)
    )
    before, after = str(variable.path[-1]), variable.keras_name
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if all(isinstance(segment, Const) for segment in variable.path):
        above = f"{show_path(variable.path[:-1])}/"
        before, after = above + before, above + after
        return any((text in before) != (text in after) for text in texts)
    return any("/" in text or (text in before) != (text in after) for text in texts)


def _same_for_path(read: ast.Attribute, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[read]
    if isinstance(parent, ast.Compare) and len(parent.ops) == 1 and parent.comparators[0] is read:
        wanted = parent.left
        return isinstance(parent.ops[0], (ast.In, ast.NotIn)) and _is_plain_text(wanted)
    if isinstance(parent, ast.Attribute) and parent.attr == "startswith":
        call = parents[parent]
        return isinstance(call, ast.Call) and len(call.args) == 1 and _is_plain_text(call.args[0])
    return False


def _is_plain_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" not in node.value
