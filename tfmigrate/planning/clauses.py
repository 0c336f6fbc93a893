"""How a comprehension goes through the variables of layers."""

from __future__ import annotations

import ast
import re

from tfmigrate.planning.looping import dict_key
from tfmigrate.planning.reaching import Reached
from tfmigrate.program.link import Module
from tfmigrate.program.render import line_length
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.standing import ancestors


def clause(chosen: list[Reached], name: str, attribute: str) -> str:
    """`for var in a.variables + b.variables`; a list of layers, or a long one, is walked by a second `for`."""
    if any(item.loops for item in chosen):
        layers = " + ".join(_layers(item, len(chosen) == 1) if item.loops else f"[{item.text}]" for item in chosen)
        return f"for layer in {layers} for {name} in layer.{attribute}"
    return for_each([item.text for item in chosen], name, attribute)


def for_each(layers: list[str], name: str, attribute: str) -> str:
    """`for layer in (a, b, c) for var in layer.variables`."""
    if len(layers) > 2:
        return f"for layer in ({', '.join(layers)}) for {name} in layer.{attribute}"
    return f"for {name} in {' + '.join(f'{layer}.{attribute}' for layer in layers)}"


def folded(text: str, node: ast.expr, module: Module, column: int | None = None) -> str:
    """A comprehension in the place of `node`, with a line for each `for` if it is too long for one.

    column: where it will begin behind the indentation of its statement, if not where the node does.
    """
    statement = next(a for a in ancestors(module, node) if isinstance(a, ast.stmt))
    begin = node.col_offset - statement.col_offset if column is None else column
    room = line_length(module) - statement.col_offset - begin
    alone = column is not None or (isinstance(statement, ast.Assign) and statement.value is node)
    if len(text) <= room or not alone or "'" in text or '"' in text:  # a text is not broken
        return text
    lines = [line for part in _parts(text) for line in _filled(part, room - 1)]
    return f"\n{' ' * (begin + 1)}".join(lines)


def _parts(text: str) -> list[str]:
    """A comprehension, parted before each `for` of its own."""
    found = [m.start() for m in re.finditer(" for ", text) if _depth(text[: m.start()]) == 1]
    return [text[i:j].strip() for i, j in zip([0, *found], [*found, len(text)])]


def _depth(text: str) -> int:
    return sum(char in "([{" for char in text) - sum(char in ")]}" for char in text)


def _filled(part: str, room: int) -> list[str]:
    """`for layer in (a, b, c)`, with the layers below each other where they do not fit."""
    opening = part.find("(") + 1
    if len(part) <= room or not opening:
        return [part]
    lines = [part[:opening]]
    for item in re.split(r"(?<=,) ", part[opening:]):
        if lines[-1].strip() and len(lines[-1]) + len(item) + 1 > room:
            lines.append(" " * opening)
        lines[-1] += item if lines[-1][-1] in "( " else f" {item}"
    return lines


def _layers(item: Reached, alone: bool) -> str:
    """The layers that the rounds of loops have made, as a list, or as what can be gone through."""
    assert item.slot is not None
    names = [item.text, *("row" if i == 0 else f"row{i + 1}" for i in range(len(item.loops) - 1))]
    keyed = [isinstance(loop, LOOPS) and dict_key(item.slot, loop) is not None for loop in item.loops]
    texts = [f"{name}.values()" if by_key else name for name, by_key in zip(names, keyed)]
    if len(texts) == 1:
        return f"list({texts[0]})" if keyed[0] and not alone else texts[0]
    clauses = " ".join(f"for {name} in {text}" for name, text in zip([*names[1:], "layer"], texts))
    return f"[layer {clauses}]"
