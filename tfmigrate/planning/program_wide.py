"""What a program does somewhere that reaches into all of its layers."""

from __future__ import annotations

from tfmigrate.finding import Finding
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.eagerness import eager_switch
from tfmigrate.planning.leftovers import library_values
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.precision import Precisions
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.spelled import tensor_names


class ProgramWide:
    """Refuses layers for what the program does elsewhere. left: code whose own layers stay as they are."""

    def __init__(
        self, classes: Classification, owners: Ownership, clusters: Clusters, program: Program, resolve: Resolve
    ) -> None:
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.program = program
        self.resolve = resolve
        self.left: set[tuple[Function | None, Module]] = set()

    def check(self) -> None:
        """Refuse the layers that such code gets to."""
        self._check_precision()
        self._check_eager()
        self._check_spelled()
        self._check_library_values()

    def _check_precision(self) -> None:
        """Values of another precision, where they may get into a layer."""
        precisions = Precisions(self.resolve)
        for walk in self.classes.walks:
            units = {u for u in self.clusters.units_below(walk.root) if "TFM506" not in self.clusters.causes.get(u, ())}
            code = self.clusters.plain_layers_below([walk.root])
            spread = precisions.spread(walk.functions(), walk.modules()) if units or code else None
            if spread is None or not spread.marks:
                continue
            node, module = spread.first()
            units = {u for u in units if any(spread.reaches(m.node, m.module) for m in u.members)}
            code = {(f, home) for f, home in code if spread.reaches(f.node if f is not None else home.tree, home)}
            text = "what is computed here in another precision than float32 may get into layers"
            finding = Finding(str(module.path), node.lineno, node.col_offset, "TFM506", text)
            self.clusters.blame(finding, units, shown=bool(units or code))
            self.left |= code

    def _check_eager(self) -> None:
        """TF1 executed eagerly shares nothing by name."""
        for walk in self.classes.walks:
            switch = eager_switch({region.module for region in walk.regions()})
            units = self.clusters.units_below(walk.root)
            if switch is not None and units:
                text = "this program executes eagerly, where TF1 makes another variable at every call"
                self.clusters.refuse_all("TFM208", *switch, text, units)

    def _check_spelled(self) -> None:
        """Names of tensors in the program's text that mean something inside a unit."""
        told = {(f.path, f.line) for f in self.clusters.findings if f.code == "TFM602"}
        scopes: dict[str, set[Unit]] = {}
        for region, instance in self.owners.instance_of.items():
            for creation in region.creations():
                for variable in creation.variables:
                    if variable.path:
                        scopes.setdefault(str(variable.path[0]), set()).add(instance.unit)
        for module in self.program.modules.values() if scopes else ():
            for node, name in tensor_names(module):
                units = scopes.get(name.split("/")[0], set())
                if units and (str(module.path), node.lineno) not in told:
                    self.clusters.refuse_all(
                        "TFM602", node, module, f"{node.value!r} finds a tensor by its TF1 name", units
                    )

    def _check_library_values(self) -> None:
        """What would call a layer function under another name, in the files near the one that names it."""
        program = self.program
        values = [(module, *value) for module in program.modules.values() for value in library_values(module)]
        roots = (walk.root for walk in self.classes.walks)
        plain = self.clusters.plain_layers_below(roots) if values else set()
        for module, node, name in values:
            near = {other for other in program.modules.values() if other is module or module in program.imports(other)}
            units = {unit for member, unit in self.owners.units.items() if member.module in near}
            code = {each for each in plain if each[1] in near}
            self.clusters.refuse_all("TFM302", node, module, f"{name} is used as a value here", units)
            self.left |= code
