"""Which functions, methods and blocks become layer classes, and which stay as they are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from tfmigrate.planning.inference import Inference
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.prefixes import prefix_of, segment_of
from tfmigrate.planning.splitting import Split, split_of
from tfmigrate.planning.units import Member, Shape
from tfmigrate.program.effects import has_effects
from tfmigrate.program.inner import can_stand_alone
from tfmigrate.program.link import Function
from tfmigrate.program.scan import scan_code
from tfmigrate.walk.regions import READS_COLLECTION, Creation, Path, Region, around, root_of, show_path
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.values import is_tensor

_NAMED = (ast.Name, ast.Constant, ast.BoolOp)


class Classification:
    """Looks at all walks and decides for every function and block what it is."""

    def __init__(self, walks: list[Walk], resolve: Resolve) -> None:
        self.walks = walks
        self.resolve = resolve
        # the names of the calls that could not be followed
        self.unresolved = {name for walk in walks for name in walk.scoping.unresolved_calls}
        self.calls: dict[Function, list[Region]] = {}
        self.blocks: dict[ast.With, list[Region]] = {}
        self.makers: set[Region] = set()
        self.entries = {walk.entry.target for walk in walks}
        self.entered: Counter[tuple[int, str]] = Counter()
        self.arg_scopes: dict[ast.With, list[Creation]] = {}
        self.arg_scope_sources: dict[ast.Call, ast.Assign] = {}
        for walk in walks:
            self._sort(walk.root)
            self.arg_scopes.update({block: [] for block in walk.scoping.arg_scope_blocks})
            self.arg_scope_sources |= walk.scoping.arg_scope_sources
        for creation in (c for walk in walks for c in walk.root.creations()):
            for block in creation.arg_scopes:
                self.arg_scopes[block].append(creation)
        # functions that read what networks leave in the graph
        self.readers = {f for f, regions in self.calls.items() if any(_reads_collections(r) for r in regions)}
        # functions that do what programs only do, not networks, themselves or in what they call
        self.evident: set[Function] = set()
        for walk in walks:
            self._find_evidence(walk.root)
        self.own_scope: dict[Function, ast.With] = {}
        self.helpers: set[Function] = set()
        # of these, those that do more at each call, in their parts
        self.splits: dict[Function, Split] = {}
        self.units: dict[Function | ast.With, Member] = {}
        self._find_helpers()
        self._find_units()
        if self._take_along():
            self.own_scope.clear()
            self.helpers.clear()
            self.splits.clear()
            self.units.clear()
            self._find_helpers()
            self._find_units()

    def _take_along(self) -> bool:
        """Calls in branches that no run takes are as good as others where the code around becomes a layer."""
        found = [event for region in self.regions() for event in region.untaken if isinstance(event, Region)]
        found = [event for event in found if self.member_of(self.home(event)) is not None and self._is_called(event)]
        for event in found:
            self._sort(event)
        return bool(found)

    def _is_called(self, region: Region) -> bool:
        """Whether calls that a run of the program comes to make variables by the same functions."""
        inside = [region, *(event for event in region.walk() if isinstance(event, Region))]
        return all(
            each.function in self.calls and each.function not in self.entries
            for each in inside
            if each.makes_variables()
        )

    def _sort(self, region: Region) -> bool:
        makes = False
        if region.is_block:
            assert isinstance(region.node, ast.With)
            self.blocks.setdefault(region.node, []).append(region)
            self.entered[id(root_of(region)), show_path(region.path)] += 1
        elif region.function is not None:
            self.calls.setdefault(region.function, []).append(region)
        for event in region.events:
            if isinstance(event, Region):
                makes = self._sort(event) or makes
            elif isinstance(event, Creation):
                makes = makes or not event.is_operation or bool(event.variables)
        if makes:
            self.makers.add(region)
        return makes

    def _find_evidence(self, region: Region) -> bool:
        """Whether something in here is done by programs only, not by networks."""
        found = bool(region.evidence - {"tf.Variable", READS_COLLECTION})
        for event in region.events:
            if isinstance(event, Region):
                found = self._find_evidence(event) or found
        if found and not region.is_block and region.function is not None:
            self.evident.add(region.function)
        return found

    # -- helpers -------------------------------------------------------------------------------------------------

    def _find_helpers(self) -> None:
        """A helper may call another one, which the walk comes by later."""
        known = -1
        while known < len(self.helpers):
            known = len(self.helpers)
            for function, regions in self.calls.items():
                active = [r for r in regions if r in self.makers]
                if active and function.cls is None and all(self._is_helper_call(r) for r in active):
                    self.helpers.add(function)
        busy = {function for function in self.helpers if has_effects(function)}
        for function in busy:
            split = split_of(function, self.calls[function], self.helpers - busy)
            if split is not None:
                self.splits[function] = split

    def _is_helper_call(self, region: Region) -> bool:
        """Whether the call only makes variables: no scope of its own, no layers, no tensors in."""
        for event in region.events:
            if isinstance(event, Region) and event in self.makers and event.function not in self.helpers:
                return False
            if isinstance(event, Region) and event.is_block:
                return False
            if isinstance(event, Creation) and event.row is not None:
                return False
        return not any(is_tensor(value) for value in region.frame.args.values())

    # -- units ---------------------------------------------------------------------------------------------------

    def _find_units(self) -> None:
        making = list(self._making_functions())
        for function, active in making:
            block = self._own_block(active) if not _in_template(active) else None
            if block is not None:
                self.own_scope[function] = block
        for function, active in making:
            if self.becomes_layer(function, active):
                self.units[function] = self._member(function, active)
        for block, regions in self.blocks.items():
            active = [r for r in regions if r in self.makers]
            if active and self._is_block_unit(block, active):
                region = active[0]
                member = Member(Shape.BLOCK, region.function, region.module, block, block, active)
                self.units[block] = member

    def _making_functions(self) -> Iterator[tuple[Function, list[Region]]]:
        """The functions that make variables and are no helpers, with the calls in which they do."""
        for function, regions in self.calls.items():
            active = [region for region in regions if region in self.makers]
            if active and function not in self.helpers:
                yield function, active

    def _member(self, function: Function, active: list[Region]) -> Member:
        scope, shape = self.own_scope.get(function), _shape_of(function)
        member = Member(shape, function, function.module, function.node, scope, active)
        member.templated = _in_template(active)
        if not member.templated:
            wraps = shape in (Shape.FUNCTION, Shape.METHOD, Shape.CALLABLE) and scope is None
            member.wrapped = self._wrapped(function, active) if wraps else None
            if shape is not Shape.CALLABLE and member.adds_segment:
                member.prefix = prefix_of(function, active)
        return member

    def _wrapped(self, function: Function, active: list[Region]) -> ast.Call | None:
        """The library layer from which a class can derive; Keras builds it for what the call is given first."""
        call = wrapped_layer(active)
        if call is None:
            return None
        inputs = wrapped_creation(active[0]).given.get("inputs")
        inference = Inference(scan_code(function), function.module, function.params, self.resolve, function.params)
        source = inference.source(inputs) if inputs is not None else None
        if source is None:
            return None
        earlier = function.params[: function.params.index(source)]
        tensors = (name for name in earlier if any(is_tensor(region.frame.args.get(name)) for region in active))
        return call if not any(tensors) else None

    @staticmethod
    def _own_block(regions: list[Region]) -> ast.With | None:
        """The one block of a function that makes all its variables, if there is one."""
        found: set[ast.With] = set()
        for region in regions:
            for event in region.events:
                if isinstance(event, Creation):
                    # a cell belongs where it is run
                    if event.is_cell or (event.is_operation and not event.variables):
                        continue
                    return None
                if not isinstance(event, Region) or not event.makes_variables():
                    continue
                simple = event.is_block and not event.loops and not event.conditions
                if not simple or not event.name or len(event.name) != 1:
                    return None
                assert isinstance(event.node, ast.With)
                found.add(event.node)
        return found.pop() if len(found) == 1 else None

    def becomes_layer(self, function: Function, active: list[Region]) -> bool:
        """Whether a function that makes variables becomes a class; otherwise it stays and holds instances."""
        if self._stays(function):
            return False
        if _in_template(active):
            return _may_be_templated(function)
        if function.cls in self.entries and not any(region.node is not None for region in active):
            return False
        if function.parent is not None and function not in self.own_scope and not can_stand_alone(function):
            return False
        if function in self.own_scope and not self._inline_method(function, active):
            return True
        if not _is_object_call(active[0]) and all(self._only_calls_objects(region) for region in active):
            return False
        if function in self.readers and function not in self.own_scope and function.cls is None:
            return False
        if function not in self.own_scope and self._only_passes_on(active):
            return False
        roots = Counter(id(root_of(region)) for region in active)
        once = max(roots.values()) == 1 and not any(region.loops for region in active)
        return not (once and all(self._plain_around(region) for region in active))

    def _only_calls_objects(self, region: Region) -> bool:
        """Whether all variables in here are those of objects that are called, which have their layers with them."""
        makers = [event for event in region.events if isinstance(event, Region) and event in self.makers]
        if any(isinstance(event, Creation) and not event.is_operation for event in region.events):
            return False
        return all(
            not event.is_block
            and (_is_object_call(event) or event.template is not None or self._only_calls_objects(event))
            for event in makers
        )

    def _only_passes_on(self, active: list[Region]) -> bool:
        """Whether all variables in here are those of layers that other code calls as well.

        A layer around would name them apart; the function stays, and uses the layers.
        """
        if not all(self._plain_around(region) for region in active):
            return False
        for region in active:
            for event in region.events:
                if isinstance(event, Creation) and not event.is_operation:
                    return False
                if isinstance(event, Region) and event in self.makers and event.is_block:
                    return False
        own = {variable for region in active for creation in region.creations() for variable in creation.variables}
        return any(
            variable in own and not any(outer in active for outer in around(creation.region))
            for root in {root_of(region): None for region in active}
            for creation in root.creations()
            for variable in creation.variables
        )

    def _inline_method(self, function: Function, active: list[Region]) -> bool:
        """Whether a method's own scope is entered once only, so that it can stay and its blocks migrate in place."""
        if function.cls is None or "__call__" in function.cls.methods:
            return False
        return not any(r.loops or self.entered[id(root_of(r)), show_path(self._inside(r))] > 1 for r in active)

    def _inside(self, region: Region) -> Path:
        return next(
            (e.path for e in region.events if isinstance(e, Region) and e.is_block and e in self.makers), region.path
        )

    def _plain_around(self, region: Region) -> bool:
        """Whether everything that encloses a call stays a plain function."""
        outer = region.parent
        while outer is not None:
            if outer.is_block:
                if outer.name is not None and self._is_block_unit_node(outer):
                    return False
            elif outer.function is not None and self._is_layer_around(outer, outer.function):
                return False
            outer = outer.parent
        return True

    def _is_layer_around(self, region: Region, function: Function) -> bool:
        """Whether what encloses a call is a function that becomes a layer by its scope, or by a template's."""
        if region.template is not None and _may_be_templated(function):
            return True
        return function in self.own_scope and not self._stays(function)

    def _stays(self, function: Function) -> bool:
        if function in self.evident or function in self.entries or function.name in ("__init__", "__new__"):
            return True
        regions = [region for region in self.calls[function] if region in self.makers]
        return all(_lends_cells(region) for region in regions)

    def _is_block_unit_node(self, region: Region) -> bool:
        return any(self.is_direct(event) for event in region.events)

    def _is_block_unit(self, block: ast.With, regions: list[Region]) -> bool:
        if any(block is scope and function in self.units for function, scope in self.own_scope.items()):
            return False
        if all(region.stays_in_its_scope for region in regions):
            return False  # the layer around makes what is made here
        return any(self._is_block_unit_node(region) for region in regions)

    def is_harmless(self, function: Function) -> bool:
        """Whether the program was seen to call a function, and never to make variables by it."""
        regions = self.calls.get(function)
        if regions is None:  # what concerns no variable is not kept
            return any(function in walk.functions() for walk in self.walks)
        return self.makers.isdisjoint(regions)

    def is_direct(self, event: object) -> bool:
        """Whether an event makes a bare variable right there, itself or through a helper."""
        if isinstance(event, Creation):
            return event.row is None
        return (
            isinstance(event, Region) and event.function in self.helpers and not event.is_block and event in self.makers
        )

    def regions(self) -> Iterator[Region]:
        """All that the walks came by."""
        return (region for walk in self.walks for region in walk.regions())

    def member_of(self, region: Region) -> Member | None:
        """The unit that this region runs, if it is one."""
        key: Function | ast.With | None = region.function
        if region.is_block:
            assert isinstance(region.node, ast.With)
            key = region.node
        member = self.units.get(key) if key is not None else None
        return member if member is not None and region in self.makers else None

    def base(self, region: Region, member: Member) -> Path:
        """The scope path that a unit's region stands for: inside its own scope, or where it was called."""
        if member.wrapped is not None:
            return wrapped_creation(region).path
        if member.prefix is not None:
            return (*region.path, *segment_of(member.prefix, region))
        if member.shape is Shape.BLOCK or member.scope is None:
            return region.path
        for event in region.events:
            if isinstance(event, Region) and event.node is member.scope:
                return event.path
        return region.path

    def home(self, region: Region) -> Region:
        """The nearest enclosing region that is a unit or a plain call (or root)."""
        assert region.parent is not None
        return self.code_around(region.parent)

    def code_around(self, region: Region) -> Region:
        """The unit, plain call or root whose code a region is."""
        while region.is_block and self.member_of(region) is None and region.parent is not None:
            region = region.parent
        return region


def _shape_of(function: Function) -> Shape:
    if function.cls is not None and "__call__" in function.cls.methods:
        return Shape.CALLABLE
    if can_stand_alone(function):
        return Shape.INNER
    return Shape.FUNCTION if function.cls is None else Shape.METHOD


def _may_be_templated(function: Function) -> bool:
    """Whether a function that a template runs can become the layer that the template is."""
    return function.cls is None and function.parent is None


def _in_template(regions: list[Region]) -> bool:
    """Whether templates alone call a function."""
    return all(region.template is not None for region in regions)


def _is_object_call(region: Region) -> bool:
    function = region.function
    return function is not None and function.cls is not None and function.name == "__call__"


def _reads_collections(region: Region) -> bool:
    """Whether something in here adds up what its networks put into collections."""
    if READS_COLLECTION in region.evidence:
        return True
    return any(_reads_collections(event) for event in region.events if isinstance(event, Region))


def wrapped_layer(regions: list[Region]) -> ast.Call | None:
    """The one named library layer that a function calls, where that is all it makes."""
    found: set[ast.Call] = set()
    for region in regions:
        makers = [
            e
            for e in region.events
            if (isinstance(e, Creation) and not e.is_operation) or (isinstance(e, Region) and e.makes_variables())
        ]
        only = makers[0] if len(makers) == 1 else None
        if not isinstance(only, Creation) or only.row is None or not only.row.variables or only.loops or only.is_cell:
            return None
        if only.repeated:
            return None  # it makes several
        name = next((k.value for k in only.node.keywords if k.arg == only.row.name_param), None)
        if not isinstance(name, (*_NAMED, ast.Attribute) if _is_object_call(region) else _NAMED):
            return None
        found.add(only.node)
    return found.pop() if len(found) == 1 else None


def wrapped_creation(region: Region) -> Creation:
    """The call of the library layer in a function that wraps one, in a branch that no run takes too."""
    return next(event for event in region.events if isinstance(event, Creation) and event.makes_layer)


def _lends_cells(region: Region) -> bool:
    """Whether a call only makes RNN cells that others run, or runs those that others made."""

    def is_here(other: Region) -> bool:
        return region in around(other)

    return all(
        not any(map(is_here, creation.runs))
        if creation.is_cell
        else creation.is_operation and not (creation.variables and any(is_here(c.region) for c in creation.cells))
        for creation in region.creations()
    )
