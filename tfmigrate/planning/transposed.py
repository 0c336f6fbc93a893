"""Plans what becomes of a shape that is asked of a transposed convolution.

TensorFlow 1 takes the whole static shape from `output_shape`, TensorFlow 2 the batch from the input, which may be of
any size. So `tf.reshape(x, deconv.get_shape())` asks for the shape that there is when it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Function, Module
from tfmigrate.sites import Replace, Sites
from tfmigrate.spans import span


def plan_transposed(sites: dict[Module, Sites]) -> None:
    """Every such shape in the files that change."""
    if not any(items.items and "conv2d_transpose" in module.text for module, items in sites.items()):
        return
    for module, items in sites.items():
        if items.items and "get_shape" in module.text:
            for function in module.functions.values():
                for asked, name in _asked(function):
                    items.add("symbols", span(module, asked), Replace(f"{v1_name(module)}.shape({name})"))


def _asked(function: Function) -> Iterator[tuple[ast.Call, str]]:
    """The calls `name.get_shape()` that say to what `tf.reshape` brings something, of what a convolution gave."""
    made = (n for n in function.nodes if isinstance(n, ast.Assign) and _is_convolution(n.value, function))
    given = {node.targets[0].id for node in made if isinstance(node.targets[0], ast.Name)}
    for node in function.nodes if given else ():
        if isinstance(node, ast.Call) and library_name(function.module, node.func) == "tf.reshape":
            for asked in (*node.args[1:2], *(k.value for k in node.keywords if k.arg == "shape")):
                if isinstance(asked, ast.Call) and isinstance(asked.func, ast.Attribute):
                    owner = asked.func.value
                    if asked.func.attr == "get_shape" and isinstance(owner, ast.Name) and owner.id in given:
                        yield asked, owner.id


def _is_convolution(value: ast.expr, function: Function) -> bool:
    return isinstance(value, ast.Call) and library_name(function.module, value.func).startswith("tf.nn.conv2d")
