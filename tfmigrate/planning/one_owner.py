"""Every variable has one owner: one instance that all code that reaches it goes through."""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.keras_paths import keras_path, path_of_layer
from tfmigrate.planning.ownership import Ownership
from tfmigrate.program.link import Module
from tfmigrate.walk.regions import Creation, Path, Region, Variable, rounds, show_path


class OneOwner:
    """Checks that every variable belongs to one instance."""

    def __init__(self, classes: Classification, owners: Ownership, clusters: Clusters) -> None:
        self.classes = classes
        self.owners = owners
        self.clusters = clusters

    def check(self) -> None:
        """A variable that two instances reach has no single owner; nor may two bodies meet in an automatic number."""
        for walk in self.classes.walks:
            reached: dict[object, tuple[Region | None, Creation]] = {}
            names: dict[Variable, Path] = {}
            for creation in walk.root.creations():
                second = self._instance_region(creation.region)
                for variable in creation.variables:
                    # a variable that is named after the round of a loop is another one in the next round
                    key = variable, rounds(creation.path or creation.region.path)
                    first, made = reached.setdefault(key, (second, creation))
                    if second is not None and not self._is_named_alike(variable, second, names):
                        self._refuse_rounds(second)
                    if (first and self.owners.instance_of[first]) is not (second and self.owners.instance_of[second]):
                        self._refuse_owners(first, second, creation)
                    elif (
                        creation.automatic
                        and creation.node is not made.node
                        and first is not None
                        and second is not None
                    ):
                        self._check_number(first, second)

    def _is_named_alike(self, variable: Variable, region: Region, names: dict[Variable, Path]) -> bool:
        """Whether what stands for one variable in each round of a loop has one name, whichever layer makes it."""
        instance = self.owners.instance_of[region]
        if not rounds(variable.path or ()):
            return True
        name = (*path_of_layer(instance), *keras_path(variable)[len(instance.base) :])
        return show_path(names.setdefault(variable, name)) == show_path(name)

    def _refuse_rounds(self, region: Region) -> None:
        node, module = self._entrance(region)
        text = "another function makes these variables in the first round of the loop, and layers would name them apart"
        self.clusters.refuse("TFM306", node, module, text, self.owners.instance_of[region].unit)

    def _refuse_owners(self, first: Region | None, second: Region | None, creation: Creation) -> None:
        pair = [self.owners.instance_of[region] for region in (first, second) if region is not None]
        derived = any(instance.unit in self.clusters.causes for instance in pair)
        node: ast.AST = creation.node
        module = creation.region.module
        if len(pair) == 2 and pair[0].owner is pair[1].owner and second is not None:
            code, message = "TFM306", "two functions share variables here and cannot become one layer"
            node, module = self._entrance(second)
        else:
            code = "TFM303"
            message = (
                "these variables are shared with code that no layer or object of the program holds together with this"
            )
            if second is not None and second.node is not None and second.parent is not None:
                node, module = second.node, second.parent.module
        for instance in pair:
            self.clusters.refuse(code, node, module, message, instance.unit, shown=not derived)

    def _check_number(self, first: Region, second: Region) -> None:
        if self.classes.member_of(first) is self.classes.member_of(second):
            return
        node, module = self._entrance(second)
        unit = self.owners.instance_of[second].unit
        text = "two functions share unnamed layers here, by their numbers; whether that is meant cannot be known"
        self.clusters.refuse("TFM306", node, module, text, unit)

    def _entrance(self, region: Region) -> tuple[ast.AST, Module]:
        """Where a body opens its scope, or is called if it opens none."""
        member = self.classes.member_of(region)
        if member is not None and member.scope is not None:
            return member.scope, member.module
        assert region.node is not None
        assert region.parent is not None
        return region.node, region.parent.module

    def _instance_region(self, region: Region | None) -> Region | None:
        while region is not None and region not in self.owners.instance_of:
            region = region.parent
        return region
