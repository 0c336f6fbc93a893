"""How wide the outputs of RNN cells are, which the cells say that the body makes."""

from __future__ import annotations

import ast
from typing import Protocol

from tfmigrate.program.last_values import unpacked
from tfmigrate.program.scan import Scan, arguments_of, integer
from tfmigrate.tf1.cells import CELLS, WRAPPERS
from tfmigrate.walk.values import Library, Value


class _Body(Protocol):
    scan: Scan

    def resolve(self, node: ast.expr) -> Value | None: ...


def output_of(node: ast.Subscript, body: _Body) -> tuple[ast.expr, int] | None:
    """The last dimension of `cell(x, state)[0]` or `dynamic_rnn(cell, x)[0]`, and how many dimensions there are."""
    place = integer(node.slice)
    run = node.value
    if isinstance(run, (ast.Name, ast.Subscript)) and place is not None:  # one of the steps of `static_rnn`
        steps = _value(run, body) if isinstance(run, ast.Name) else run
        if not isinstance(steps, ast.Subscript) or not _is_run(steps, body, "static_rnn"):
            return None
        return _result(steps, body, 2)
    if not isinstance(run, ast.Call) or place != 0:
        return None
    value = body.resolve(run.func)
    name = value.name if isinstance(value, Library) else ""
    if name == "tf.nn.dynamic_rnn":
        return None if any(k.arg == "time_major" for k in run.keywords) else _result(node, body, 3)
    if isinstance(run.func, ast.Name) and value is None and run.args:
        units = _units(run.func, body)
        return (units, 2) if units is not None else None
    return None


def _is_run(node: ast.Subscript, body: _Body, name: str) -> bool:
    value = body.resolve(node.value.func) if isinstance(node.value, ast.Call) else None
    return integer(node.slice) == 0 and isinstance(value, Library) and value.name.endswith(f".{name}")


def _result(node: ast.Subscript, body: _Body, rank: int) -> tuple[ast.expr, int] | None:
    assert isinstance(node.value, ast.Call)
    cell = arguments_of(node.value, ("cell",)).get("cell")
    units = _units(cell, body) if cell is not None else None
    return (units, rank) if units is not None else None


def _units(node: ast.expr, body: _Body) -> ast.expr | None:
    """How wide the outputs of a cell are."""
    if isinstance(node, ast.Name):
        made = _value(node, body)
        return _units(made, body) if made is not None and not isinstance(made, ast.Name) else None
    if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    value = body.resolve(node.func)
    name = value.name if isinstance(value, Library) else ""
    row = CELLS.get(name) or WRAPPERS.get(name)
    given = arguments_of(node, row.params) if row is not None else {}
    if "num_proj" in given or any(k.arg is None for k in node.keywords):
        return None
    if name in CELLS:
        return given.get("num_units")
    cells = given.get("cells")
    if isinstance(cells, (ast.List, ast.Tuple)) and cells.elts and not isinstance(cells.elts[-1], ast.Starred):
        return _units(cells.elts[-1], body)
    return _units(given["cell"], body) if "cell" in given else None


def _value(node: ast.Name, body: _Body) -> ast.expr | None:
    """What a local surely is."""
    if node not in body.scan.parents:
        return None
    certain, binding = body.scan.reaching(node.id, node)
    if not certain or binding is None:
        return None
    return binding.value or unpacked(binding.statement, node.id)


def part_of(value: ast.expr | None, place: int) -> ast.expr | None:
    """One of several results that a `return` hands back."""
    if not isinstance(value, ast.Tuple) or any(isinstance(e, ast.Starred) for e in value.elts):
        return None
    return value.elts[place] if -len(value.elts) <= place < len(value.elts) else None
