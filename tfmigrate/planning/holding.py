"""Plans the code that stays: which plain functions hold which instances, and what of them changes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.lifting import Thread
from tfmigrate.planning.object_calls import ObjectCalls
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.plain import PlainWork, SlotRefusal
from tfmigrate.planning.plain_code import Code, make_code
from tfmigrate.planning.plain_scopes import write_plain_scopes
from tfmigrate.planning.requests import import_line, naming_in
from tfmigrate.planning.shared_layers import SharedLayers, is_unnamed
from tfmigrate.planning.slots import Disagreement, Made, Slot, slots_of_plain
from tfmigrate.planning.units import Holder, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.sites import Remove, Sites, Unwrap
from tfmigrate.spans import span
from tfmigrate.walk.regions import Creation, Region, around

_SHARED = "these calls share variables in one place of the program and not in another"


@dataclass
class _Inside:
    """What a scope block holds. layers: the library layers of plain code. bare: whether that makes variables itself."""

    units: set[Unit] = field(default_factory=set)
    layers: set[ast.AST] = field(default_factory=set)
    bare: bool = False


class Holding:
    """All plain code of one planning."""

    def __init__(
        self,
        classes: Classification,
        owners: Ownership,
        clusters: Clusters,
        plans: dict[object, LayerPlan],
        opaque: frozenset[ast.AST],
        orphans: set[Function],
        threads: list[Thread],
        fixed: Callable[[str], bool],
        each_round: Container[ast.AST],
    ) -> None:
        self.fixed = fixed
        self.each_round = each_round
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.plans = plans
        self.opaque = opaque
        self.orphans = orphans
        self.threads = threads
        # functions whose lists of variables no list of layers gives
        self.left: set[Function | None] = set()
        # files whose own bodies stay as they are
        self.doubted: set[Module] = set()
        self.migrated: set[Unit] = set()
        self.works = self._works()
        # what follows from the units that migrate and the slots that are left, until these change
        self._staying: dict[ast.With, bool] = {}
        self._moving: set[ast.AST] | None = None
        self._of_objects: list[Code] | None = None
        self._inside: dict[ast.With, _Inside] = {}
        self._run_by: dict[Function | None, tuple[set[Unit], bool]] = {}
        self.shared = SharedLayers(classes, clusters)
        self.objects = ObjectCalls(classes, owners, opaque, self._works_around)

    # -- who holds what ------------------------------------------------------------------------------------------

    def _works(self) -> list[PlainWork]:
        groups: dict[object, dict[Holder, list[Region]]] = {}
        for holder in self.owners.holders.values():
            region = holder.region
            cls = region.frame.obj.cls if region.frame.obj is not None else None
            owner: object = cls if cls is not None else (region.function or region.module)
            groups.setdefault(owner, {})[holder] = self._regions_of(holder)
        works = [self._work([(h, g) for h, g in holders.items() if g]) for holders in groups.values()]
        return [work for work in works if work is not None]

    def _regions_of(self, holder: Holder) -> list[Region]:
        """All plain regions whose code may use what the holder holds."""
        regions = [self.classes.home(region) for child in holder.children for region in child.regions]
        return list(dict.fromkeys([*holder.homes, *regions]))

    def _work(self, holders: list[tuple[Holder, list[Region]]]) -> PlainWork | None:
        if not holders:
            return None
        groups = [regions for _, regions in holders]
        try:
            slots = slots_of_plain(holders, self.classes, self.owners, self.each_round)
        except Disagreement as disagreement:
            for unit in self._units_in(groups):
                module = disagreement.module or groups[0][0].module
                self.clusters.refuse("TFM305", disagreement.node, module, _SHARED, unit, derived=True)
            return None
        codes: dict[Function | None, Code] = {}
        threads = [t for t in self.threads if t.instance.owner in dict(holders)]
        edges = [region for t in threads for region in t.edges.values()]
        takers = [next(iter(regions)) for t in threads for regions in t.takers.values()]  # all run one function
        runs = [region for holder, _ in holders for region in holder.runs]
        for group in [*groups, edges, takers, [holder.region for holder, _ in holders], runs]:
            for region in group:
                if region.function not in codes:
                    codes[region.function] = make_code(region.function, region.module, self.opaque)
        slots = [slot for slot in slots if slot.kind is not Made.WEIGHT]
        by_slot = {slot: t for slot in slots for t in threads if slot.first.child is t.instance}
        home = holders[0][0].region
        naming = naming_in(groups[0][0].module)
        work = PlainWork(slots, codes, self.plans, by_slot, home.function, naming, self.classes, self.fixed)
        work.slots = [slot for slot in slots if not self._is_elsewhere(slot, work)]
        return work

    def _is_elsewhere(self, slot: Slot, work: PlainWork) -> bool:
        """Whether what was refused is asked for by a lambda that other code wrote."""
        refused = slot.unit is not None and self.clusters.is_refused(slot.unit)
        return refused and not all(work.has_code(site) for site in slot.sites)

    def _units_in(self, groups: list[list[Region]]) -> set[Unit]:
        instances = self.owners.instance_of
        return {
            instances[e].unit for g in groups for r in g for e in r.walk() if isinstance(e, Region) and e in instances
        }

    # -- what can migrate ----------------------------------------------------------------------------------------

    def settle(self, complete: set[Unit]) -> set[Unit]:
        """Refuse what cannot be written down, until all that is left can; returns the units that migrate."""
        while True:
            self.migrated = {u for u in complete if not self.clusters.is_refused(u)}
            self._forget()
            if all(self._try(work) for work in self.works) and self._try_objects():
                return self.migrated

    def _try(self, work: PlainWork) -> bool:
        if not work.slots:
            return True  # nothing of it will be written; scopes around objects are those of `_try_objects`
        known = len(work.slots)
        work.slots = [
            slot
            for slot in work.slots
            if self._may(slot.unit, work, slot.site())
            and not self._is_out_of_sight(slot)
            and self._is_run_here(slot)
            and not self._is_shared_apart(slot)
        ]
        if len(work.slots) < known:
            self._forget()
            return False
        work.name_slots()
        trial = Sites()
        try:
            work.sites(dict.fromkeys((code.module for code in work.codes.values()), trial))
            for code in work.codes.values():
                self._scopes(code, work.slots, trial)
        except SlotRefusal as refusal:
            cause = refusal.refusal
            self.clusters.refuse(cause.code, cause.node, cause.module, str(cause), refusal.slot.unit)
            work.slots.remove(refusal.slot)
            self._forget()
            return False
        except Refusal as refusal:
            self.clusters.refuse(refusal.code, refusal.node, refusal.module, str(refusal), None)
            for slot in work.slots:
                if slot.unit is not None:
                    self.clusters.refuse(refusal.code, refusal.node, refusal.module, str(refusal), slot.unit)
            work.slots = []
            self._forget()
            return False
        return True

    def _try_objects(self) -> bool:
        """Whether all scopes around calls of objects can be rewritten with the objects' class."""
        for block in self.objects.blocks(self.migrated):
            code = self.objects.code_of(block)
            refusal = Refusal(
                "TFM403", block, code.module, "the scope is opened for other code too, which stays as it is"
            )
            try:
                if self._stays(block):
                    raise refusal
                self._scopes(code, [], Sites())
            except Refusal as cause:
                for unit in self.objects.around[block] & self.migrated:
                    self.clusters.refuse(cause.code, cause.node, cause.module, str(cause), unit)
                return False
        for block in self._layer_blocks():
            code = self.objects.code_of(block)
            try:
                if not self._stays(block):
                    self._scopes(code, [], Sites())
            except Refusal as cause:
                self.clusters.refuse(cause.code, cause.node, cause.module, str(cause), None)
                self.objects.fixed.add(block)
                self._forget()
                return False
        return True

    def _may(self, unit: Unit | None, work: PlainWork, site: ast.AST) -> bool:
        if unit is not None:
            return unit in self.migrated
        if is_unnamed(site) and self._leaves_units(work.code_of(site)):
            return False  # TF1 numbers the unnamed, so taking one away would rename the others
        return self._may_change(work.code_of(site)) and not self._in_left_block(site, work)

    def _is_out_of_sight(self, slot: Slot) -> bool:
        """Whether a layer is made under a scope that some code opens which is not rewritten."""
        regions = [
            r for use in slot.uses if use.creation is not None for r in use.creation.runs or [use.creation.region]
        ]
        if slot.first.child is not None:
            regions = [region.parent for region in slot.first.child.regions if region.parent is not None]
        for outer in (outer for region in regions for outer in around(region)):
            instance = self.owners.instance_of.get(outer)
            if instance is not None and instance.unit in self.migrated:
                break
            block = outer.node if isinstance(outer.node, ast.With) and outer.path else None
            if outer.template is not None or (block and (not self._is_written(block) or self._stays(block))):
                text = "the layer is made under a scope that other code opens, and that code stays as it is"
                self.clusters.refuse("TFM403", slot.site(), slot.first.region.module, text, slot.unit)
                return True
        return False

    def _is_run_here(self, slot: Slot) -> bool:
        """Whether plain code runs what plain code makes; of all but RNN cells that is no question."""
        runs = [region for use in slot.uses if use.creation is not None for region in use.creation.runs]
        return all(self.clusters.unit_around(region) is None for region in runs)

    def _is_shared_apart(self, slot: Slot) -> bool:
        """Whether somebody asks for the variables of a library layer who will not find this one."""
        fault = self.shared.fault(slot, self.migrated, self._sites())
        if fault is not None:
            code, text = fault
            self.clusters.refuse(code, slot.site(), slot.first.region.module, text, None)
        return fault is not None

    def _is_written(self, block: ast.With) -> bool:
        if any(work.slots for work in self._works_around.get(block, ())):
            return True
        return any(code.scan.holds(block) for code in self._codes_of_objects())

    @cached_property
    def _works_around(self) -> dict[ast.AST, list[PlainWork]]:
        """The works in whose code a scope block stands; of objects alone there is nothing to hold."""
        found: dict[ast.AST, list[PlainWork]] = {}
        for work in (work for work in self.works if work.slots):
            nodes = (n for code in work.codes.values() for n in (*code.scan.parents, *code.scan.body))
            for block in dict.fromkeys(n for n in nodes if isinstance(n, ast.With)):
                found.setdefault(block, []).append(work)
        return found

    def _is_blamed(self, function: Function | None, module: Module) -> bool:
        """Whether the plain code of a function makes something that stays TF1."""
        return (function, module) in self._blamed

    @cached_property
    def _blamed(self) -> set[tuple[Function | None, Module]]:
        found: set[tuple[Function | None, Module]] = set()
        for walk in self.classes.walks:
            for finding, region in walk.scoping.blamed.items():
                if region is not None and not finding.code.startswith("TFM60"):
                    found.add((region.call.function, region.module))
        return found

    def _in_left_block(self, site: ast.AST, work: PlainWork) -> bool:
        code = work.code_of(site)
        return any(isinstance(a, ast.With) and self._stays(a) for a in code.scan.ancestors(site))

    def _stays(self, block: ast.With) -> bool:
        """Whether a scope block holds something that does not migrate."""
        if block not in self._staying:
            inside = self._inside_of(block)
            self._staying[block] = inside.bare or not (inside.units <= self.migrated and inside.layers <= self._sites())
        return self._staying[block]

    def _inside_of(self, block: ast.With) -> _Inside:
        if block not in self._inside:
            found = self._inside[block] = _Inside()
            for region in self.classes.blocks.get(block, []):
                for event in region.walk():
                    if isinstance(event, Region) and event in self.owners.instance_of:
                        found.units.add(self.owners.instance_of[event].unit)
                    if isinstance(event, Creation) and self.clusters.unit_around(event.region) is None:
                        found.bare = found.bare or event.row is None
                        if event.row is not None and event.row.keras:
                            found.layers.add(event.node)
        return self._inside[block]

    def _sites(self) -> set[ast.AST]:
        """The sites of all slots that are left."""
        if self._moving is None:
            self._moving = {site for work in self.works for slot in work.slots for site in slot.sites}
        return self._moving

    def _forget(self) -> None:
        """The units that migrate, or the slots that are left, are others from now on."""
        self._staying.clear()
        self._moving = None
        self._of_objects = None

    # -- writing -------------------------------------------------------------------------------------------------

    def sites(self, sites: dict[Module, Sites]) -> None:
        """Write down all plain code."""
        written: set[tuple[Function | None, Module]] = set()
        for work in self.works:
            if not work.slots:
                continue
            work.sites({code.module: sites.setdefault(code.module, Sites()) for code in work.codes.values()})
            for code in work.codes.values():
                if (code.function, code.module) not in written:
                    self._scopes(code, work.slots, sites[code.module])
                    written.add((code.function, code.module))
        for code in self._codes_of_objects():
            if (code.function, code.module) not in written:
                self._scopes(code, [], sites.setdefault(code.module, Sites()))

    def _scopes(self, code: Code, slots: list[Slot], sites: Sites) -> None:
        blocks = []
        left = False
        for block, regions in self._blocks_by_function.get(code.function, ()):
            if not code.scan.holds(block):
                continue
            stays = self._stays(block)
            left = left or stays
            if not stays and any(region in self.classes.makers for region in regions):
                blocks.extend(regions)
        left = left or self._leaves_something(code)
        if slots or self._calls_objects(code):
            unwrapped: set[ast.Call] = set()
            for arg_scope, users in self.classes.arg_scopes.items():
                if code.scan.holds(arg_scope) and users and all(map(self._migrates, users)):
                    sites.add("scopes", span(code.module, arg_scope), Unwrap())
                    unwrapped.update(i.context_expr for i in arg_scope.items if isinstance(i.context_expr, ast.Call))
            sources = self.classes.arg_scope_sources
            for source in dict.fromkeys(sources[call] for call in sources if call in unwrapped):
                if all(call in unwrapped for call, other in sources.items() if other is source):
                    sites.add("scopes", span(code.module, source), Remove())
            write_plain_scopes(code, blocks, self.classes.makers, sites, keep_reuse=left)

    def _calls_objects(self, code: Code) -> bool:
        """Whether a function opens scopes for objects that become layers."""
        codes = self._codes_of_objects()
        return any(other.function is code.function and other.module is code.module for other in codes)

    def _codes_of_objects(self) -> list[Code]:
        """The code with scopes around calls of objects that migrate."""
        if self._of_objects is None:
            blocks = [*self.objects.blocks(self.migrated), *self._layer_blocks()]
            self._of_objects = list(dict.fromkeys(map(self.objects.code_of, blocks)))
        return self._of_objects

    def _layer_blocks(self) -> list[ast.With]:
        """The blocks around library layers of other code that may change."""
        blocks = self.objects.layer_blocks(self._sites())
        return [block for block in blocks if self._may_change(self.objects.code_of(block))]

    def _may_change(self, code: Code) -> bool:
        """Whether nothing keeps the code of a function, or of a file, as it is."""
        function, module = code.function, code.module
        if function in self.left or function in self.orphans or (function is None and module in self.doubted):
            return False
        return not self._is_blamed(function, module)

    def _migrates(self, creation: Creation) -> bool:
        """Whether a call of a layer function is one no longer."""
        unit = self.clusters.unit_around(creation.region)
        if unit is not None:
            return unit in self.migrated
        return creation.is_operation or creation.node in self._sites()

    def _leaves_something(self, code: Code) -> bool:
        """Whether a function still makes TF1 variables, for which reuse must be switched as before."""
        return self._run_in(code)[1] or self._leaves_units(code)

    def _leaves_units(self, code: Code) -> bool:
        """Whether something that a function runs keeps its scopes, and what TF1 numbers in them."""
        return not self._run_in(code)[0] <= self.migrated

    def _run_in(self, code: Code) -> tuple[set[Unit], bool]:
        if code.function not in self._run_by:
            self._run_by[code.function] = self._runs(code.function)
        return self._run_by[code.function]

    def _runs(self, function: Function | None) -> tuple[set[Unit], bool]:
        """The units that a function runs, and whether it makes bare variables itself; of no function: all units."""
        if function is None:
            return self._units_in([[w.root] for w in self.classes.walks]), False
        regions = self.classes.calls.get(function, [])
        creations = (c for r in regions for c in r.creations())
        return self._units_in([regions]), any(
            c.row is None and self.clusters.unit_around(c.region) is None for c in creations
        )

    @cached_property
    def _blocks_by_function(self) -> dict[Function | None, list[tuple[ast.With, list[Region]]]]:
        """The scope blocks that are no units, by the function that they stand in."""
        found: dict[Function | None, list[tuple[ast.With, list[Region]]]] = {}
        for block, regions in self.classes.blocks.items():
            if block not in self.classes.units:
                found.setdefault(regions[0].function, []).append((block, regions))
        return found

    def imports(self) -> Mapping[Module, list[str]]:
        """Import lines for classes that stand in another file than the code that makes them."""
        found: dict[Module, list[str]] = {}
        for work in self.works:
            for module, lines in work.imports.items():
                known = found.setdefault(module, [])
                known.extend(dict.fromkeys(line for line in lines if line not in known))
            for slot in work.slots:
                module = work.code_of(slot.site()).module
                line = import_line(self.plans[slot.unit], module) if slot.unit is not None else None
                if line is not None and line not in found.setdefault(module, []):
                    found[module].append(line)
        return found
