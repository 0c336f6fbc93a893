"""Writes a first version of a probe: a `build()` that calls the model as the program does, for `tfmigrate check`."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tfmigrate.probing.starts import Start, Starts, acts
from tfmigrate.program.link import Program
from tfmigrate.walk.roots import walk_program

_HEAD = '''\
"""Calls the model as the program does, for `tfmigrate check`. A first version, written by `tfmigrate probe`.

It belongs beside the program and is migrated with it, so one file serves both sides.{fill_in}
"""
'''
_FILL_IN = "\nLines with `fill in` need a person: what stands there could not be known."
_KEPT = '''\
def kept_by(thing):
    """The tensors and training ops that an object keeps as attributes."""
    kept = {}
    for name, value in vars(thing).items():
        if isinstance(value, tf.Tensor):
            kept[name] = value
        elif isinstance(value, tf.Operation) and not value.name.split("/")[-1].startswith("init"):
            kept[name] = value
    return kept
'''


@dataclass(frozen=True)
class Probe:
    """text: empty where there is nothing to call. scripts: files that can only be started, not imported."""

    text: str
    scripts: tuple[str, ...] = ()


def probe(program: Program) -> Probe:
    """Calls what nothing else calls; of functions that train too, takes the statements that build."""
    walks, _ = walk_program(program)
    scripts = tuple(str(m.path) for m in program.modules.values() if acts(m, walks))
    starts = [start for walk in walks for start in Starts(walk, scripts).found()]
    # what can be called as it is comes before what was pieced together
    starts.sort(key=lambda start: start.guesses)
    covered: set[ast.AST] = set()
    groups: list[list[Start]] = []
    for start in starts:
        if start.creations <= covered:
            continue
        covered |= start.creations
        free = (group for group in groups if not any(start.paths & other.paths for other in group))
        group = next(free, None)
        if group is None:
            groups.append(group := [])
        group.append(start)
    return Probe(_text(groups) if groups else "", scripts)


def _text(groups: Sequence[Sequence[Start]]) -> str:
    starts = [start for group in groups for start in group]
    functions = [_function(group, number) for number, group in enumerate(groups)]
    if any("kept_by(" in start.result for start in starts):
        functions.insert(0, _KEPT)
    body = "\n\n".join(functions)
    imports = {line for start in starts for line in start.imports}
    if "tf." in body and not any(line.endswith(" as tf") for line in imports):
        imports.add(_TENSORFLOW)
    head = _HEAD.format(fill_in=_FILL_IN if "# fill in" in body else "")
    if len(groups) > 1:
        others = ", ".join(f"--entry probe:{_name(number)}" for number in range(1, len(groups)))
        head = head.replace('\n"""\n', f"\nWhat would meet in one graph is apart: check it with {others}.\n" + '"""\n')
    plain = sorted(line for line in imports if line.startswith("import "))
    named = sorted(line for line in imports if not line.startswith("import "))
    return head + "\n" + "\n".join([*plain, *named]) + "\n\n\n" + body


_TENSORFLOW = "import tensorflow.compat.v1 as tf"


def _name(number: int) -> str:
    return "build" if number == 0 else f"build_{number + 1}"


def _function(group: Sequence[Start], number: int) -> str:
    if len(group) == 1:
        return _def(_name(number), group[0])
    names: dict[Start, str] = {}
    for start in group:
        name = start.name
        while f"_{name}" in names.values():
            name += "_"
        names[start] = f"_{name}"
    parts = [_def(name, start) for start, name in names.items()]
    results = ", ".join(f'"{name[1:]}": {name}()' for name in names.values())
    return "\n\n".join([*parts, f"def {_name(number)}():\n    return {{{results}}}\n"])


def _def(name: str, start: Start) -> str:
    return f"def {name}():\n" + textwrap.indent("\n".join([*start.lines, f"return {start.result}"]), "    ") + "\n"
