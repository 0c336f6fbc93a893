"""Cells of `tf.nn.rnn_cell`: an object that makes its variables when it is first run, under the scope that runs it.

The rules are those of tensorflow/python/ops/rnn_cell_impl.py and rnn.py of 1.15.5. A cell that is run again uses what
it made, whatever scope is open then; a new cell under the scope of an old one asks for the same names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfmigrate.tf1.cells import ACTIVATIONS, CELLS, DRIVEN, DRIVERS, STARTED_BY, STATES, STEP, WRAPPERS
from tfmigrate.tf1.emitted_cells import EMITTED_CELLS
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.tf1.symbols import HALF_OR_DOUBLE
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.journal import depth_of
from tfmigrate.walk.objects import Gone, OpenScope
from tfmigrate.walk.regions import Creation, Path, Scope, Variable, given_to, path_of, show_path
from tfmigrate.walk.repeats import Repeats
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    DictValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    Opaque,
    Text,
    TupleValue,
    Value,
)

_KNOWN_ATTRIBUTES = {"state_size": PYTHON, "output_size": PYTHON}


@dataclass(eq=False)
class Cell(Opaque):
    """A cell. creation: where it was made. base: the scope that it opens; none around a single cell. parts: the cells
    inside. variables: what it made when it was first run, None before."""

    creation: Creation
    frame: Frame
    base: str = ""
    parts: list[Cell] = field(default_factory=list)
    variables: list[Variable] | None = None
    run: bool = False
    # the loops around the place where it was made
    loops: int = 0
    # whether the parts are those of the first and of a later round of a loop
    numbered: bool = False
    # what another branch made of the same cell
    others: list[Cell] = field(default_factory=list)

    def core(self) -> Cell:
        """The cell without what is wrapped around it and opens no scope."""
        return self.parts[0].core() if self.creation.is_operation and not self.base else self

    def leaves(self) -> Iterator[Cell]:
        """The cells that have variables of their own."""
        if not self.creation.is_operation:
            yield self
        for part in self.parts:
            yield from part.leaves()


class Cells(Repeats):
    """RNN cells and the functions that run them."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[Cell] = []

    def _rnn(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        if symbol in DRIVERS:
            return self._drive(ev, symbol, args, node)
        self._blame_star(ev, args, node, symbol)
        if symbol in STATES:
            self._note(ev, STATES[symbol], args, (), [], node, symbol)
            return TENSOR
        row = CELLS.get(symbol) or WRAPPERS[symbol]
        given = given_to(row, args)
        self._check_cell(ev, symbol, row, given, node)
        parts = [] if row.cell else _parts(row, given)
        if parts is None:
            return self._foreign(ev, symbol, args, node)
        path = (*self.scope.path, Const(row.base_name)) if row.cell else ()
        creation = self._note(ev, row, args, path, [], node, symbol)
        cell = Cell(creation, ev.frame, row.base_name, parts, loops=depth_of(ev.frame, "loops"))
        cells = given[row.params[0]][0] if row.params[0] in given else NONE
        cell.numbered = isinstance(cells, ListValue) and not cells.complete
        creation.cells = tuple(leaf.creation for leaf in cell.leaves())
        self._cells.append(cell)
        return cell

    def _check_cell(
        self, ev: Evaluator, symbol: str, row: LayerRow, given: dict[str, tuple[Value, ast.expr]], node: ast.Call
    ) -> None:
        for key, (value, expression) in given.items():
            other = key in row.only and not any(value == Const(known) for known in row.only[key])
            refused = key in row.refused or (key == "dtype" and not ast.unparse(expression).endswith("float32"))
            if key not in row.params or other or (refused and value != NONE):
                self.blame("TFM502", node, ev, f"{symbol}({key}=...) is not covered")
            elif key == "activation" and isinstance(value, Const) and value.value not in {None, *ACTIVATIONS}:
                self.blame("TFM502", node, ev, f"Keras computes the activation {value.value!r} in another way")
            elif isinstance(value, Gone):
                self.blame("TFM502", node, ev, f"{ast.unparse(expression)} has no counterpart in TensorFlow 2")
        name = row.keras or row.operation
        if _is_taken(ev, name):
            self.blame("TFM501", node, ev, f"the file has something else under the name {name}")

    # -- running -------------------------------------------------------------------------------------------------

    def _drive(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        row = DRIVERS[symbol]
        given = given_to(row, args)
        names = [param for param in row.params if param in DRIVEN]
        cells = [given[name][0] for name in names if name in given]
        if len(cells) < len(names) or not all(isinstance(cell, Cell) for cell in cells):
            return self._foreign(ev, symbol, args, node)
        blamed = len(self.blames)
        self._blame_star(ev, args, node, symbol)
        for key in sorted(given.keys() - set(row.params)):
            self.blame("TFM502", node, ev, f"{symbol}({key}=...) is not covered")
        if "dtype" in given and HALF_OR_DOUBLE.search(ast.unparse(given["dtype"][1])):
            self.blame("TFM506", node, ev, "this cell computes in another precision; a Keras layer computes in float32")
        if _is_taken(ev, row.operation):
            self.blame("TFM501", node, ev, f"the file has something else under the name {row.operation}")
        opened = self._scope_of(ev, symbol, row, given, node)
        creation = self._note(ev, row, args, (), [], node, symbol)
        if opened.reentered is not None:
            creation.within = given["scope"][1]
        self._open(ev, opened)
        for name, cell in zip(names, cells, strict=True):
            assert isinstance(cell, Cell)
            if name == "cell":
                creation.variables += self._run_cell(ev, cell, node)
                continue
            self._open(ev, _opening((Const(name.removeprefix("cell_")),), node, ev))
            creation.variables += self._run_cell(ev, cell, node)
            self._close()
        self._close()
        for cell in cells_in(cells):
            creation.cells += tuple(leaf.creation for leaf in cell.leaves())
            if len(self.blames) > blamed:
                self._spoil(cell, "what runs this cell stays as it is")
        return results(symbol)

    def _scope_of(
        self, ev: Evaluator, symbol: str, row: LayerRow, given: dict[str, tuple[Value, ast.expr]], node: ast.Call
    ) -> OpenScope:
        """The scope that a function opens around its cells."""
        if "scope" not in given or given["scope"][0] == NONE:
            return _opening((Const(row.base_name),), node, ev)
        value, expression = given["scope"]
        if not any(keyword.value is expression for keyword in node.keywords):
            self.blame("TFM502", node, ev, f"{symbol} gets its scope by position")
        if isinstance(value, Scope):
            if value.path != self.scope.path or "bidirectional" in symbol:
                self.blame("TFM205", node, ev, f"{symbol} gets a scope object")
            opened = _opening((), node, ev)
            opened.reentered = value
            return opened
        path = path_of(value)
        if not path:
            finding = self.blame("TFM201", node, ev, "the name of this scope cannot be known from the program")
            path = self._unknown_name("?", node, finding)
        elif len(path) > 1:
            self.blame("TFM202", node, ev, f"the scope name {show_path(path)} has a slash")
        return _opening(path, node, ev)

    def _run_cell(self, ev: Evaluator, cell: Cell, node: ast.Call) -> list[Variable]:
        """The variables that a cell uses, made if it runs for the first time."""
        cell.run = True
        for other in cell.others:
            other.run = True
        if cell.creation.is_operation:
            return self._run_wrapper(ev, cell, node)
        assert self.region is not None
        if cell not in self._cells:
            self.blame("TFM501", node, ev, "this cell is made when a file is imported, before the program starts")
        cell.creation.runs.append(self.region)
        if cell.variables is None:
            cell.variables = self._build_cell(ev, cell, node)
        return cell.variables

    def _run_wrapper(self, ev: Evaluator, cell: Cell, node: ast.Call) -> list[Variable]:
        found: list[Variable] = []
        if cell.base:
            self._open(ev, _opening(self._cell_name(ev, cell, cell.base, node), node, ev))
        for i, part in enumerate(cell.parts):
            if cell.base:
                index = LoopIndex("i", f"{id(cell.creation.node)}.i", True, 0, i == 0)
                name = Text(("cell_", index)) if cell.numbered else Const(f"cell_{i}")
                self._open(ev, _opening((name,), node, ev))
            found += self._run_cell(ev, part, node)
            if cell.base:
                self._close()
        if cell.base:
            self._close()
        return found

    def _cell_name(self, ev: Evaluator, cell: Cell, base: str, node: ast.Call) -> Path:
        """The name under which a cell is first run; of one made before a loop that is its first round."""
        return self._unique(ev, Const(base), node, loops=min(cell.loops, depth_of(ev.frame, "loops")))

    def _build_cell(self, ev: Evaluator, cell: Cell, node: ast.Call) -> list[Variable]:
        creation = cell.creation
        row, given = creation.row, given_to(creation.row, creation.args) if creation.row is not None else {}
        assert row is not None and self.region is not None
        self._start_as_scope_says(ev, cell, node)
        asked = self._asked(ev, given, creation.node)
        name = given.get("name", (NONE,))[0]
        base = path_of(name) if name != NONE else (Const(row.base_name),)
        if not base or len(base) > 1:
            finding = self.blame("TFM201", creation.node, ev, "the name of this cell cannot be known from the program")
            base = self._unknown_name("?", node, finding)
        if asked is False and isinstance(base[0], Const):
            base = self._cell_name(ev, cell, str(base[0]), node)
        path = (*self.scope.path, *base)
        self.graph.counts[show_path(path)] += 1
        creation.path, creation.automatic = path, name == NONE
        for suffix, flag, trainable in row.variables:
            if flag is None or _is_given(flag, given):
                full = (*path, *(Const(part) for part in suffix.split("/")))
                creation.variables.append(self._layer_variable(ev, row, full, trainable, given, node, asked))
        return creation.variables

    def _start_as_scope_says(self, ev: Evaluator, cell: Cell, node: ast.Call) -> None:
        """The kernels of a cell that is told no initializer get that of the scope which runs it first."""
        creation = cell.creation
        assert creation.row is not None
        param = STARTED_BY[creation.row.keras]
        for key in self.scope.defaults:
            if key != "initializer":
                self._refuse_cell(ev, cell, node, f"a cell under a scope with its own {key} is not covered")
        if given_to(creation.row, creation.args).get(param, (NONE,))[0] != NONE:
            return
        blamed = len(self.blames)
        default = self._of_scope(ev, creation.node, "initializer", cell.frame)
        if default is not None:
            creation.args = creation.args.including(param, default)
        if len(self.blames) > blamed:
            self._refuse_cell(ev, cell, node, "the initializer of the scope cannot be named where the cell is made")

    def _refuse_cell(self, ev: Evaluator, cell: Cell, node: ast.AST, message: str) -> None:
        """Neither what runs the cell migrates nor what made it."""
        self.blame("TFM501", node, ev, message)
        self._spoil(cell, message)

    def _spoil(self, cell: Cell, message: str) -> None:
        creation = cell.creation
        self._blame_at("TFM501", creation.node, creation.region.module, message, creation.region)
        for part in cell.parts:
            self._spoil(part, message)

    def either(self, one: Value, other: Value) -> Value | None:
        """A cell, or the same one with something around it: whichever it is, the same variables are used."""
        if not isinstance(one, Cell) or not isinstance(other, Cell) or one.core() is not other.core():
            return None
        outer, inner = (one, other) if one is not one.core() else (other, one)
        if inner is not inner.core():
            outer.others += [inner, *inner.others]
        return outer

    # -- other uses ----------------------------------------------------------------------------------------------

    def _call_cell(self, ev: Evaluator, cell: Cell, args: Arguments, node: ast.Call) -> Value:
        if len(node.args) + len(node.keywords) != 2 or args.star or "scope" in args.keywords:
            self._refuse_cell(ev, cell, node, "a call of a cell with a scope is not covered")
        creation = self._note(ev, STEP, args, (), [], node, "step")
        creation.variables += self._run_cell(ev, cell, node)
        creation.cells = tuple(leaf.creation for leaf in cell.leaves())
        return TupleValue((TENSOR, TENSOR))

    def _cell_method(self, ev: Evaluator, cell: Cell, name: str, node: ast.Call) -> Value:
        if name != "zero_state":
            self._refuse_cell(ev, cell, node, f"{name} of a cell is not covered")
        return TENSOR

    @staticmethod
    def _cell_attribute(cell: Cell, name: str) -> Value:
        return _KNOWN_ATTRIBUTES.get(name, Method(cell, name))

    def _hand_out_cells(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> None:
        """A library that is given a cell may run it."""
        for cell in cells_in(args.values()):
            self._refuse_cell(ev, cell, node, f"{name} is given a cell, and is not covered")

    def finish(self) -> None:
        """The program is over: a cell that nothing was seen to run may be run by what was not seen."""
        for cell in self._cells:
            if not all(leaf.run for leaf in cell.leaves()):
                self._spoil(cell, "what runs this cell cannot be seen")
        self._check_numbers()
        super().finish()


def results(symbol: str) -> Value:
    """What a function that runs cells gives back."""
    if symbol == "tf.nn.static_bidirectional_rnn":
        return TupleValue((TENSOR, TENSOR, TENSOR))
    outputs = TupleValue((TENSOR, TENSOR)) if symbol == "tf.nn.bidirectional_dynamic_rnn" else TENSOR
    return TupleValue((outputs, TENSOR))


def cells_in(values: Iterable[Value]) -> Iterator[Cell]:
    """The cells among values, those in lists too."""
    for value in values:
        if isinstance(value, Cell):
            yield value
        elif isinstance(value, (ListValue, TupleValue)):
            yield from cells_in(value.items)
        elif isinstance(value, DictValue):
            yield from cells_in(value.items.values())


def _parts(row: LayerRow, given: dict[str, tuple[Value, ast.expr]]) -> list[Cell] | None:
    """The cells inside; None where they are not known."""
    value = given.get(row.params[0], (UNKNOWN,))[0]
    if isinstance(value, Cell) and row.params[0] == "cell":
        return [value]
    if not isinstance(value, (ListValue, TupleValue)) or row.params[0] != "cells":
        return None
    known = isinstance(value, TupleValue) or value.complete or (value.index is not None and len(value.items) == 2)
    cells = [item for item in value.items if isinstance(item, Cell)]
    return cells if known and cells and len(cells) == len(value.items) else None


def _opening(name: Path, node: ast.Call, ev: Evaluator) -> OpenScope:
    return OpenScope(name, False, node, ev.frame.module, [])


def _is_given(flag: str, given: dict[str, tuple[Value, ast.expr]]) -> bool:
    """Whether a cell has the variable that an argument switches."""
    return flag in given and given[flag][0] != NONE and operate.truth(given[flag][0]) is not False


def _is_taken(ev: Evaluator, name: str) -> bool:
    """Whether something else than a direct import from TensorFlow goes by the name of what would be emitted."""
    if name not in EMITTED_CELLS:
        return False
    module = ev.frame.module
    local, known = ev.frame.env.lookup(name), ev.module_env(module).names.get(name)
    if local is None and known is None:
        return False
    imports = [statement for statement in module.tree.body if isinstance(statement, ast.ImportFrom)]
    imported = any((alias.asname or alias.name) == name for statement in imports for alias in statement.names)
    same = isinstance(known, Library) and known.name.rsplit(".", 1)[-1] == name
    return not imported or not same or (local is not None and local is not known)
