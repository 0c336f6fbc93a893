"""Functions that are arguments: `train(generator)`, where `train` stays a function and only calls what it gets."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.references import Mention, References
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import FunctionValue

Parameter = tuple[Function, str]


class Passing:
    """Which parameters always get one and the same function, and the calls by the name of the parameter.

    runs: the functions that a call was seen to run, of those that make variables.
    """

    def __init__(
        self,
        program: Program,
        classes: Classification,
        references: References,
        runs: Mapping[ast.AST, Collection[Function]],
    ) -> None:
        self.program = program
        self.classes = classes
        self.references = references
        self.runs = runs
        self._regions: dict[ast.AST, list[Region]] = {}
        for regions in classes.calls.values():
            for region in regions:
                if region.node is not None:
                    self._regions.setdefault(region.node, []).append(region)

    def found(self, mentions: Iterable[Mention]) -> Iterator[tuple[Parameter, list[Mention], list[ast.Call]]]:
        """The parameters, with the mentions that they get and the calls by their names."""
        by_parameter: dict[Parameter, list[Mention]] = {}
        for mention in mentions:
            parameter = self._parameter(mention) if mention.call is None else None
            if parameter is not None:
                by_parameter.setdefault(parameter, []).append(mention)
        for (function, name), given in by_parameter.items():
            functions = {mention.function for mention in given}
            if len(functions) == 1 and self._gets_these(function, name, given) and self._is_known_all_over(function):
                calls = list(self._calls(function, name))
                if calls and all(call is not None and set(self.runs.get(call, ())) == functions for call in calls):
                    yield (function, name), given, [call for call in calls if call is not None]

    def _parameter(self, mention: Mention) -> Parameter | None:
        """What a function is given to, as an argument or as a default."""
        outer = list(ancestors(mention.module, mention.node))[:2]
        if isinstance(outer[0], ast.arguments) and isinstance(outer[1], ast.FunctionDef):
            function = mention.module.functions[outer[1]]
            return next(((function, name) for name in function.params if function.default(name) is mention.node), None)
        call = outer[1] if isinstance(outer[0], ast.keyword) else outer[0]
        found = {
            (region.function, name)
            for region in self._regions.get(call, ())
            for name, expression in region.frame.given.items()
            if expression is mention.node and region.function is not None
        }
        return found.pop() if len(found) == 1 else None

    def _gets_these(self, function: Function, name: str, given: list[Mention]) -> bool:
        """Whether every call of a plain function gives it what the mentions name."""
        nodes = {id(mention.node) for mention in given}
        regions = self.classes.calls.get(function, [])
        if function in self.classes.units or function.is_generator or not regions:
            return False
        for region in regions:
            value = region.frame.args.get(name)
            expression = region.frame.given.get(name) or function.default(name)
            if region.by_library or region.frame.star or name in region.frame.ahead or id(expression) not in nodes:
                return False
            if not isinstance(value, FunctionValue) or value.function is not given[0].function:
                return False
        return True

    def _is_known_all_over(self, function: Function) -> bool:
        """Whether every place that names a function is a call that was seen."""
        if function.parent is not None or function.node.decorator_list or function.name in self.classes.unresolved:
            return False
        return all(self._is_seen(module, node, function) for module, node in self._places(function))

    def _places(self, function: Function) -> Iterator[tuple[Module, ast.expr]]:
        for module in self.program.modules.values():
            for node in module.of_kind(ast.Attribute):
                if node.attr == function.name and (function.cls is not None or self._means(module, node, function)):
                    yield module, node
            for name in module.of_kind(ast.Name) if function.cls is None else ():
                if name.id == function.name and self._means(module, name, function):
                    yield module, name

    def _means(self, module: Module, node: ast.expr, function: Function) -> bool:
        value = self.references.resolve(module, node)
        return isinstance(value, FunctionValue) and value.function is function

    def _is_seen(self, module: Module, node: ast.expr, function: Function) -> bool:
        call = next(ancestors(module, node), None)
        if not isinstance(call, ast.Call) or call.func is not node:
            return False
        return any(region.function is function for region in self._regions.get(call, ()))

    def _calls(self, function: Function, name: str) -> Iterator[ast.Call | None]:
        """The calls by the name of a parameter; None for whatever else is done with it."""
        spec = function.node.args
        outside = {id(node) for default in (*spec.defaults, *spec.kw_defaults) if default for node in ast.walk(default)}
        if sum(isinstance(node, ast.arg) and node.arg == name for node in function.nodes) > 1:
            yield None
        if name in function.globals or any(isinstance(n, ast.Nonlocal) and name in n.names for n in function.nodes):
            yield None
        for node in function.nodes:
            if isinstance(node, ast.Name) and node.id == name and id(node) not in outside:
                call = next(ancestors(function.module, node), None)
                yield call if isinstance(call, ast.Call) and call.func is node else None
