"""Small functions that make the variables of one layer, as every TF1 program has its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from random_tf1.choices import Choices
from random_tf1.text import File, Lines

NAMINGS = ("parameter", "default", "library", "or", "default_name", "variables", "none")


@dataclass
class Helper:
    """kind: of what it takes, `vector` or `image`. activation: if it takes one.

    naming: how its scope gets its name; `library`: it has none, and calls a layer of the library by that name.
    """

    name: str
    kind: str
    naming: str
    activation: bool
    file: File
    used: str = "the module that calls it"

    @classmethod
    def written(cls, name: str, kind: str, file: File, named: bool, choices: Choices) -> Helper:
        naming = choices.pick(NAMINGS[:3] if named else NAMINGS)
        if kind == "image":
            naming = choices.pick(NAMINGS[:4])
        helper = cls(name, kind, naming, choices.chance(40) and kind == "vector", file)
        file.definitions.append(helper._lines(choices))
        file.names.add(name)
        return helper

    def _lines(self, choices: Choices) -> list[str]:
        default = {
            "parameter": "name",
            "default": f'name="{self.name}"',
            "or": "scope=None",
            "default_name": "scope=None",
        }
        naming = default.get(self.naming, "name" if self.naming in ("variables", "library") else "")
        parameters = ["x", "n_out", naming, "activation=None" if self.activation else ""]
        if self.activation and naming and "=" not in naming:
            parameters = ["x", "n_out", naming, "activation=None"]
        lines = Lines()
        with lines.block(f"def {self.name}({', '.join(filter(None, parameters))}):"):
            if choices.chance(30):
                lines.add('"""One layer."""')
            heads = {
                "parameter": "with tf.variable_scope(name):",
                "default": "with tf.variable_scope(name):",
                "or": f'with tf.variable_scope(scope or "{self.name}"):',
                "default_name": f'with tf.variable_scope(scope, default_name="{self.name}"):',
            }
            if self.naming == "library":
                self._call_the_library(lines, choices)
            elif self.naming in heads:
                with lines.block(heads[self.naming]):
                    self._make(lines, choices)
            else:
                self._make(lines, choices)
        return lines.lines

    def _call_the_library(self, lines: Lines, choices: Choices) -> None:
        """One named layer of a library, and often something before or behind it."""
        taken = choices.pick(["x", "x", "tf.nn.relu(x)", "tf.concat([x, -x], -1)", "x * 0.5", "tf.maximum(x, 0.2 * x)"])
        if choices.chance(30):
            lines.add(f"x = {choices.pick(['tf.nn.relu(x)', 'tf.concat([x, x], -1)', 'tf.tanh(x)', 'x + 1.0'])}")
        if self.kind == "image":
            call = f'tf.layers.conv2d({taken}, n_out, 3, padding="same", name=name)'
        else:
            contrib = f"tf.contrib.layers.fully_connected({taken}, n_out, activation_fn=None, scope=name)"
            call = choices.pick([f"tf.layers.dense({taken}, n_out, name=name)", contrib])
        if self.activation:
            lines.add(f"y = {call}")
            with lines.block("if activation is not None:"):
                lines.add("y = activation(y)")
            lines.add("return y")
        else:
            lines.add(f"return {choices.pick([call, call, f'tf.nn.elu({call})'])}")

    def _make(self, lines: Lines, choices: Choices) -> None:
        def named(name: str) -> str:
            if self.naming == "variables":
                return choices.pick([f'name + "_{name}"', f'"%s_{name}" % name', f'"{{}}_{name}".format(name)'])
            return f'"{name}"'

        last = choices.pick(["x.get_shape()[-1]", "x.shape[-1].value", "x.get_shape().as_list()[-1]", "x.shape[-1]"])
        shape = f"[{last}, n_out]" if self.kind == "vector" else f"[3, 3, {last}, n_out]"
        initializer = choices.pick(["", ", initializer=tf.random_normal_initializer(stddev=0.1)"])
        lines.add(f"w = tf.get_variable({named('w')}, {shape}{initializer})")
        product = "tf.matmul(x, w)" if self.kind == "vector" else 'tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")'
        if choices.chance(60):
            lines.add(f"b = tf.get_variable({named('b')}, [n_out], initializer=tf.zeros_initializer())")
            product = f"tf.nn.bias_add({product}, b)"
        if self.activation:
            lines.add(f"y = {product}")
            with lines.block("if activation is not None:"):
                lines.add("y = activation(y)")
            lines.add("return y")
        else:
            lines.add(f"return {product}")

    def call(
        self, x: str, n_out: str, options: str, fresh: Callable[[str], str] | None, choices: Choices, name: str = ""
    ) -> str:
        """Its call. fresh: gives a name that is free; without it `name` is the text of one."""
        if not name and fresh is not None:
            # what has a name by default may take it once in a scope
            if self.naming == "none" or (self.naming == "default_name" and choices.chance(60)):
                name = ""
            else:
                wanted = fresh(self.name)
                defaulted = self.naming in ("default", "or") and wanted == self.name
                name = "" if defaulted and choices.chance(50) else f'"{wanted}"'
        keyword = "scope" if self.naming in ("or", "default_name") else "name"
        given = "" if not name else f", {name}" if choices.chance(40) else f", {keyword}={name}"
        return f"{self.name}({x}, {n_out}{given}{options})"
