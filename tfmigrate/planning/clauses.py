"""How a comprehension goes through the variables of layers."""

from __future__ import annotations

from tfmigrate.planning.reaching import Reached


def clause(chosen: list[Reached], name: str, attribute: str) -> str:
    """`for var in a.variables + b.variables`; a list of layers, or a long one, is walked by a second `for`."""
    if any(item.loops for item in chosen):
        layers = " + ".join(f"{item.text}" if item.loops else f"[{item.text}]" for item in chosen)
        return f"for layer in {layers} for {name} in layer.{attribute}"
    return for_each([item.text for item in chosen], name, attribute)


def for_each(layers: list[str], name: str, attribute: str) -> str:
    """`for layer in (a, b, c) for var in layer.variables`."""
    if len(layers) > 2:
        return f"for layer in ({', '.join(layers)}) for {name} in layer.{attribute}"
    return f"for {name} in {' + '.join(f'{layer}.{attribute}' for layer in layers)}"
