"""Calls that the walk could not follow, or never saw: what they may share stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tfmigrate.finding import Finding
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.handing_out import handed_out
from tfmigrate.planning.overriding import called_by_bases
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.references import References
from tfmigrate.planning.units import Holder, Unit
from tfmigrate.program.link import Class, Function, Module, in_order
from tfmigrate.walk.regions import Region


class UnseenCalls:
    """Refuses what may be called by code that nobody saw calling it.

    orphans: functions that nothing in the program calls. left: code whose own layers stay as they are.
    """

    def __init__(
        self,
        classes: Classification,
        owners: Ownership,
        clusters: Clusters,
        references: References,
        mro: Callable[[Class], list[Class]],
        orphans: set[Function],
    ) -> None:
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.references = references
        self.mro = mro
        self.orphans = set(orphans)
        self.left: set[tuple[Function | None, Module]] = set()

    def check(self) -> None:
        """Refuse what is shared with such calls, or may be."""
        self._check_unresolved()
        self._check_overriding()
        self._check_handed_out()
        self._check_what_is_cut()
        self._check_orphans()

    def _check_unresolved(self) -> None:
        """Calls on objects that cannot be followed, of a name that some method here has."""
        calls = self._unresolved()
        roots = (walk.root for walk in self.classes.walks)
        plain = self.clusters.plain_layers_below(roots) if calls else set()
        for call, (module, functions) in calls.items():
            units = {unit for function in functions for unit in self.clusters.units_of(function)}
            mine = {code for code in plain if code[0] in functions}
            if units or mine:
                names = " or ".join(function.qualname for function in functions)
                text = f"this may call {names}, on an object that cannot be followed"
                self.clusters.refuse_all("TFM307", call, module, text, units)
            if units:
                self.orphans -= set(functions)
            self.left |= mine

    def _unresolved(self) -> dict[ast.Call, tuple[Module, list[Function]]]:
        """Those calls, each with its file and the methods that make variables and may be what it calls."""
        methods: dict[str, list[Function]] = {}
        for function, regions in self.classes.calls.items():
            # what makes placeholders or trains is entered once per graph, whoever calls it
            root = function in self.classes.evident
            if function.cls is not None and not root and any(region in self.classes.makers for region in regions):
                methods.setdefault(function.name, []).append(function)
        calls: dict[ast.Call, tuple[Module, list[Function]]] = {}
        for walk in self.classes.walks:
            for name, found in walk.scoping.unresolved_calls.items():
                for call, module in found.items():
                    taken = [function for function in methods.get(name, ()) if may_take(function, call)]
                    if taken:
                        known = calls.setdefault(call, (module, []))[1]
                        known += [function for function in taken if function not in known]
        return calls

    def _check_overriding(self) -> None:
        """Methods that nothing was seen to call but a base class's code, on an object of the base."""
        for walk in self.classes.walks:
            for region, call, module in called_by_bases(walk, self.mro, self.classes.evident):
                inside = {region, *(event for event in region.walk() if isinstance(event, Region))}
                function, plain = region.function, self.clusters.plain_layers_below([region])
                if function is None:
                    continue
                units = {unit for unit, holder in self._held() if holder.region in inside}
                units |= self.clusters.units_of(function)
                if units or plain:
                    text = f"this may call {function.qualname}, on an object that cannot be followed"
                    self.clusters.refuse_all("TFM307", call, module, text, units)
                self.left |= plain

    def _check_handed_out(self) -> None:
        for function, regions, node, module in handed_out(self.classes, self.mro):
            plain = self.clusters.plain_layers_below(regions)
            units = self.clusters.units_of(function)
            if units or plain:
                text = f"code outside of the program gets this, and may call {function.qualname}"
                self.clusters.refuse_all("TFM302", node, module, text, units)
            self.left |= plain

    def _check_what_is_cut(self) -> None:
        """What a program that could not be followed to its end calls once more may share the layers of plain code."""
        cut = next((walk.entry for walk in self.classes.walks if walk.cut), None)
        if cut is None:
            return
        plain = self.clusters.plain_layers_below(walk.root for walk in self.classes.walks)
        self.left |= {(function, module) for function, module in plain if function is not None}
        # told already, where the walk ends
        text = "the program calls too much from here to be followed"
        finding = Finding(str(cut.module.path), cut.line, 0, "TFM307", text)
        self.clusters.blame(finding, self._made_by_functions(), shown=False)

    def _made_by_functions(self) -> set[Unit]:
        """The units whose instances plain functions make, anew at each of their calls."""
        return {unit for unit, holder in self._held() if holder.region.function is not None}

    def _held(self) -> Iterator[tuple[Unit, Holder]]:
        """The units whose instances plain code holds."""
        for instance in self.owners.instance_of.values():
            if isinstance(instance.owner, Holder):
                yield instance.unit, instance.owner

    def _check_orphans(self) -> None:
        for function in in_order(self.orphans):
            self.left |= self.clusters.plain_layers_below(self.classes.calls[function])
            units = self.clusters.units_of(function)
            values = [m for m in self.references.mentions if m.function is function and m.call is None]
            for mention in values:
                self.clusters.refuse_all(
                    "TFM302", mention.node, mention.module, f"{function.name} is used as a value here", units
                )
            if values or self._is_decorated(function, units):
                continue
            text = f"nothing in the program calls {function.qualname}, so who shares its variables cannot be known"
            self.clusters.refuse_all("TFM301", function.node, function.module, text, units)

    def _is_decorated(self, function: Function, units: set[Unit]) -> bool:
        decorators = [d for d in function.node.decorator_list if ast.unparse(d) not in ("staticmethod", "classmethod")]
        if decorators:
            text = f"{function.name} is decorated with @{ast.unparse(decorators[0])}"
            self.clusters.refuse_all("TFM407", decorators[0], function.module, text, units)
        return bool(decorators)


def may_take(function: Function, call: ast.Call) -> bool:
    """Whether a call could be one of this method, by what it gives."""
    spec = function.node.args
    named = {k.arg for k in call.keywords}
    starred = None in named or any(isinstance(a, ast.Starred) for a in call.args)
    if starred or getattr(call.func, "id", "") == "getattr" or spec.vararg is not None or spec.kwarg is not None:
        return True
    given = len(call.args) + len(named)
    optional = len(spec.defaults) + sum(default is not None for default in spec.kw_defaults)
    return len(function.params) - optional <= given <= len(function.params) and named <= set(function.params)
