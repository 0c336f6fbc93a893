"""How wide the outputs of RNN cells are, which the cells say that the body makes."""

from __future__ import annotations

import ast
from typing import Protocol

from tfmigrate.program.last_values import unpacked
from tfmigrate.program.scan import Scan, arguments_of
from tfmigrate.walk.values import Library, Value

__all__ = ["output_of", "part_of", "unpacked"]

_MODULES = ("tf.nn.rnn_cell.", "tf.contrib.rnn.")
_CELLS = {"BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell"}
_AROUND = {"DropoutWrapper", "ResidualWrapper"}
_RUNS = {
    "tf.nn.dynamic_rnn": 3, "tf.nn.static_rnn": 2, "tf.contrib.rnn.static_rnn": 2,
}  # fmt: skip


class _Body(Protocol):
    scan: Scan

    def resolve(self, node: ast.expr) -> Value | None: ...


def output_of(node: ast.Subscript, body: _Body) -> tuple[ast.expr, int] | None:
    """The last dimension of `cell(x, state)[0]` or `dynamic_rnn(cell, x)[0]`, and how many dimensions there are."""
    place = _number(node.slice)
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
    return _number(node.slice) == 0 and isinstance(value, Library) and value.name.endswith(f".{name}")


def _result(node: ast.Subscript, body: _Body, rank: int) -> tuple[ast.expr, int] | None:
    assert isinstance(node.value, ast.Call)
    cell = arguments_of(node.value, ("cell",)).get("cell")
    units = _units(cell, body) if cell is not None else None
    return (units, rank) if units is not None else None


def _units(node: ast.expr, body: _Body) -> ast.expr | None:
    """How wide the outputs of a cell are."""
    if isinstance(node, ast.Name):
        value = _value(node, body)
        return _units(value, body) if value is not None and not isinstance(value, ast.Name) else None
    if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    found = body.resolve(node.func)
    module, _, name = found.name.rpartition(".") if isinstance(found, Library) else ("", "", "")
    if f"{module}." not in _MODULES or any(k.arg in (None, "num_proj") for k in node.keywords):
        return None
    if name in _CELLS:
        too_many = name == "LSTMCell" and len(node.args) > 4
        return None if too_many else arguments_of(node, ("num_units",)).get("num_units")
    if name in _AROUND:
        cell = arguments_of(node, ("cell",)).get("cell")
        return _units(cell, body) if cell is not None else None
    cells = arguments_of(node, ("cells",)).get("cells") if name == "MultiRNNCell" else None
    if isinstance(cells, (ast.List, ast.Tuple)) and cells.elts and not isinstance(cells.elts[-1], ast.Starred):
        return _units(cells.elts[-1], body)
    return None


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


def _number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, SyntaxError):
        return None
    return value if type(value) is int else None
