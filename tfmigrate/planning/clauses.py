"""How a comprehension goes through the variables of layers."""

from __future__ import annotations

from tfmigrate.planning.looping import dict_key
from tfmigrate.planning.reaching import Reached
from tfmigrate.program.rounds import LOOPS


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
