"""What was given another name was a function and is a class: the mentions of it, and what is given ahead of calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from tfmigrate.planning.aliases import Aliases
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import Body, LayerPlan, Refusal
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.references import Mention
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.sites import Argument, Invoke, Replace, Sites
from tfmigrate.spans import span


class Renaming:
    """The mentions of functions that are followed under their other names."""

    def __init__(
        self,
        aliases: Aliases,
        classes: Classification,
        owners: Ownership,
        plans: Mapping[object, LayerPlan],
        class_name: Callable[[Unit], str],
    ) -> None:
        self.aliases = aliases
        self.classes = classes
        self.owners = owners
        self.plans = plans
        self.class_name = class_name

    def classes_in(self, body: Body) -> Iterator[tuple[str, str]]:
        """The functions to which a body gives other names, and their classes. Raises Refusal."""
        for mention in self.aliases.mentions.values():
            if isinstance(mention.node, ast.Name) and mention.node in body.scan.parents:
                unit = self._unit(mention)
                call = self.aliases.partials.get(id(mention.node))
                if call is not None and unit in self.plans:
                    kept = [argument.keyword for argument in self._ahead(call, unit)]
                    if kept != [keyword.arg for keyword in call.keywords]:
                        text = f"the layer of {mention.function.name} takes other arguments than those given ahead"
                        raise Refusal("TFM302", call, mention.module, text)
                yield mention.node.id, _spelled(mention, self.class_name(unit))

    def sites(self, migrated: set[Unit], sites: dict[Module, Sites]) -> None:
        """Write down the classes, in the code that stays where it is."""
        bodies = [body for unit in migrated for body in self.plans[unit].bodies.values()]
        for mention in self.aliases.mentions.values():
            unit = self._unit(mention)
            gone = any(mention.node in body.scan.parents and body.is_gone(mention.node) for body in bodies)
            if unit in migrated and not gone:
                text = _spelled(mention, self.plans[unit].class_name)
                here = sites.setdefault(mention.module, Sites())
                call = self.aliases.partials.get(id(mention.node))
                ahead = self._ahead(call, unit) if call is not None else ()
                if call is not None and ahead:
                    made = Invoke(ast.unparse(call.func), (Argument(text=text), *ahead))
                    here.add("calls", span(mention.module, call), made)
                else:
                    here.add("functions", span(mention.module, call or mention.node), Replace(text))

    def _unit(self, mention: Mention) -> Unit:
        return self.owners.unit(self.classes.units[mention.function])

    def _ahead(self, call: ast.Call, unit: Unit) -> tuple[Argument, ...]:
        """What a `functools.partial` still gives to the class of a function."""
        plan = self.plans[unit]
        wanted = {item.name for item in plan.ctor()} | {plan.name_input}
        renamed = {plan.name_input: "name"}
        return tuple(Argument(k.arg, keyword=renamed.get(k.arg, k.arg)) for k in call.keywords if k.arg in wanted)


def _spelled(mention: Mention, class_name: str) -> str:
    """The class as the name of its function was spelled."""
    node = mention.node
    if isinstance(node, ast.Attribute):
        return f"{source(mention.module, node.value)}.{class_name}"
    own = isinstance(node, ast.Name) and node.id == mention.function.name
    return class_name if own else ast.unparse(node)
