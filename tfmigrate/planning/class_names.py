"""The name of each layer class, one that its file does not use yet."""

from __future__ import annotations

import ast
import builtins

from tfmigrate.planning import names
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.units import Shape, Unit
from tfmigrate.program.link import Module
from tfmigrate.walk.execute import Executor


class ClassNames:
    """The names that the classes of one planning have."""

    def __init__(self, executor: Executor, plans: dict[object, LayerPlan]) -> None:
        self.executor = executor
        self.plans = plans
        self.taken: dict[Module, set[str]] = {}

    def name_of(self, unit: Unit) -> str:
        """The class that a unit becomes, chosen at the first question."""
        if unit in self.plans:
            return self.plans[unit].class_name
        module = unit.primary.module
        if module not in self.taken:
            env = self.executor.module_env(module)
            self.taken[module] = set(env.names) | set(dir(builtins)) | {n.id for n in module.of_kind(ast.Name)}
        primary = unit.primary
        base = primary.name
        if primary.shape is Shape.CALLABLE and primary.cls is not None:
            return primary.cls.name
        if primary.shape is Shape.BLOCK:
            path = unit.instances[0].path
            base = names.path_identifier(path[-1:], primary.name)[0] if path else primary.name
        name = names.class_name(base, self.taken[module])
        self.taken[module].add(name)
        return name
