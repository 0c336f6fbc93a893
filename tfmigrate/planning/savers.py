"""What a `Saver` is given: variables by the names that they had, from the layers that hold them now."""

from __future__ import annotations

import ast

from tfmigrate.planning.clauses import clause, folded
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.keras_paths import keras_paths
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reaching
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module
from tfmigrate.program.render import indent_of
from tfmigrate.sites import Argument, Invoke, Sites
from tfmigrate.spans import span
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.records import Saving
from tfmigrate.walk.regions import Region, Variable, root_of


class Savers:
    """Plans the savers of a program."""

    def __init__(self, clusters: Clusters, owners: Ownership, reaching: Reaching) -> None:
        self.clusters = clusters
        self.owners = owners
        self.reaching = reaching

    def check(self, saving: Saving, works: list[PlainWork]) -> None:
        """Note what has to be in reach of a saver."""
        self.reaching.chosen(self._saved(saving, works, False), saving, works)

    def write(self, saving: Saving, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> bool:
        """Write one; whether it has changed."""
        wanted = self._saved(saving, works, True)
        everything = self._made(saving.region) if saving.variables is None else set(wanted)
        if not self._moves(everything, works, migrated):
            return False
        chosen = self.reaching.chosen(wanted, saving, works, named=True) if wanted else None
        module = saving.region.module
        renamed = any(v.keras_name is not None for v in wanted)
        stays = not self.reaching.units(wanted) <= migrated
        rest = saving.variables is None and everything - set(wanted)
        if chosen is None or not saving.plain or renamed or stays or rest:
            self._tell(saving)
            return False
        if not set(wanted).isdisjoint(keras_paths(migrated, self.owners)):
            self._tell(saving)
        attribute = "trainable_variables" if saving.kind == "trainable" else "variables"
        mapping = f"{{var.path: var.value {clause(chosen, 'var', attribute)}}}"
        column = len(indent_of(module).expandtabs(8))
        arguments = [Argument(text=folded(mapping, saving.node, module, column))]
        arguments += [Argument(i) for i in range(1, len(saving.node.args))]
        arguments += [Argument(k.arg, keyword=k.arg) for k in saving.node.keywords if k.arg not in (None, "var_list")]
        callee = ast.unparse(saving.node.func)
        sites.setdefault(module, Sites()).add("saver", span(module, saving.node), Invoke(callee, tuple(arguments)))
        return True

    def _tell(self, saving: Saving) -> None:
        text = "this Saver writes the new variable names; checkpoints of the old program do not load as they are"
        self.clusters.refuse("TFM604", saving.node, saving.region.module, text, None)

    def _moves(self, variables: set[Variable], works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Whether layers hold some of the variables from now on."""
        creations = (u.creation for work in works for slot in work.slots if slot.unit is None for u in slot.uses)
        held = {v for creation in creations if creation is not None for v in creation.variables}
        return bool(self.reaching.units(variables) & migrated) or not held.isdisjoint(variables)

    def _saved(self, saving: Saving, works: list[PlainWork], named: bool) -> list[Variable]:
        if saving.variables is not None:
            return saving.variables
        return [v for r in self.reaching.reached(saving, works, named) for v in r.variables]

    @staticmethod
    def _made(region: Region) -> set[Variable]:
        made: set[Variable] = set()
        for creation in root_of(region).creations():
            if not made.issuperset(creation.variables) and not exclusive(creation, region):
                made.update(creation.variables)
        return made
