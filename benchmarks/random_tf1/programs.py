"""A whole program: files of helpers and networks, and a `build()` that uses them, shares them and trains them."""

from __future__ import annotations

from dataclasses import replace

from random_tf1.bodies import Shape
from random_tf1.choices import Choices
from random_tf1.helpers import Helper
from random_tf1.networks import Network
from random_tf1.roots import Root
from random_tf1.text import File, Lines

NAMES = ("encoder", "decoder", "generator", "discriminator", "critic", "policy", "tower", "embed", "mixer", "trunk")
MAIN = "before"


def write_program(choices: Choices) -> dict[str, str]:
    """The files of one program by name; `before.py` has its `build()`."""
    return Program(choices).write()


class Program:
    """What is known while a program is written."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.main = File(MAIN)
        self.files = [self.main]
        for name in ("ops", "nets")[: choices.weighted([(6, 0), (2, 1), (2, 2)])]:
            self.files.append(File(name))
        self.helpers: list[Helper] = []
        self.networks: list[Network] = []
        self.methods: list[Network] = []
        self.normalised = False
        self.shares_norm = False
        self.regularised = False
        self.counted = False
        self.in_class = choices.chance(25)
        self._names = list(NAMES)

    def write(self) -> dict[str, str]:
        Root(self).write()
        if self.methods and not self.in_class:
            self.write_model(Lines())
        return {f"{file.name}.py": file.render() for file in self.files if file is self.main or file.definitions}

    def write_model(self, root: Lines) -> None:
        """The class of all methods; the root is one of them where it is not a function."""
        lines = Lines()
        attributes = [attribute for network in self.methods for attribute in network.attributes]
        with lines.block("class Model(object):"):
            with lines.block(
                f"def __init__({', '.join(['self', *(f'{name}={value}' for name, value in attributes)])}):"
            ):
                for name, _ in attributes:
                    lines.add(f"self.{name} = {name}")
                for name, value in [state for network in self.methods for state in network.states]:
                    lines.add(f"self.{name} = {value}")
                lines.add("self.built = False")
            for written in [*(network.lines for network in self.methods), *([root.lines] if root.lines else [])]:
                lines.add()
                lines.extend(written)
        at = len(self.main.definitions) - (0 if self.in_class else 1)
        self.main.definitions.insert(at, lines.lines)

    # -- parts

    def new_name(self) -> str:
        return self._names.pop(self.choices.below(len(self._names))) if self._names else f"net{len(self.networks)}"

    def file_for(self, wanted: str) -> File:
        """A file for a definition: the main one, or one made for such things."""
        others = [file for file in self.files if file.name == wanted]
        return others[0] if others and self.choices.chance(80) else self.main

    def imported(self, name: str, file: File, user: File) -> str:
        """How `user` calls what stands in a file."""
        if file is user:
            return name
        if f"import {file.name}" in user.imports or (
            f"from {file.name} import {name}" not in user.imports and self.choices.chance(40)
        ):
            user.need(f"import {file.name}")
            return f"{file.name}.{name}"
        user.need(f"from {file.name} import {name}")
        return name

    def helper(self, kind: str, user: File, named: bool = False) -> Helper:
        """A helper that a module can call: one that there is, or a new one. named: one that takes its scope's name."""
        fit = [h for h in self.helpers if h.kind == kind and (not named or h.naming in ("parameter", "default"))]
        fit = [h for h in fit if h.file is user or h.file.name == "ops"]
        if fit and self.choices.chance(70):
            found = self.choices.pick(fit)
        else:
            stems = ("linear", "fully", "project") if kind == "vector" else ("conv", "convolve", "filters")
            name = next(s for s in [*stems, *(f"{stems[0]}{n}" for n in range(2, 99))] if s not in self._helper_names())
            file = user
            if user.name != "ops" and len(self.files) > 1:
                file = self.file_for("ops")
                file = user if file is self.main else file
            found = Helper.written(name, kind, file, named, self.choices)
            self.helpers.append(found)
        shown = self.imported(found.name, found.file, user)
        return replace(found, name=shown) if shown != found.name else found

    def _helper_names(self) -> set[str]:
        return {helper.name for helper in self.helpers}

    def inner_network(self, source: Shape, outer: Network) -> Network | None:
        """A network for use within another one; its definition stands before that one's."""
        if len(self.networks) > 4 or outer.kind == "nested":
            return None
        kind = "method" if outer.kind == "method" else "function"
        # its file must not need the file of the outer one
        file = outer.file
        return self.network(
            source, kind, file, ("literal", "parameter", "default", "or", "default_name"), low=1, high=2
        )

    def network(
        self,
        source: Shape,
        kind: str,
        file: File,
        namings: tuple[str, ...],
        low: int = 1,
        high: int = 4,
        outer: bool = False,
    ) -> Network:
        choices = self.choices
        name = self.new_name()
        network = Network(name, choices.pick((name, name[:3], name + "_net")), kind, file, source)
        self.networks.append(network)
        network.naming = choices.pick(namings)
        if network.naming != "none":
            network.control = choices.weighted([(5, "parameter"), (3, "caller"), (2, "auto")])
            if outer and kind in ("method", "callable") and network.naming in ("literal", "self"):
                network.control = "state" if choices.chance(20) else network.control
            network.switch = choices.weighted([(7, "argument"), (3, "method")])
            network.reuse_default = choices.pick(("False", "None", "False", "tf.AUTO_REUSE"))
            if network.switch == "method":
                network.reuse_default = "False"
        network.base = kind == "callable" and choices.chance(15)
        network.returns = choices.weighted([(8, "value"), (2, "pair")])
        network.write(self, choices, low, high)
        if kind == "method":
            self.methods.append(network)
        elif kind != "nested":
            file.definitions.append(network.lines)
        return network
