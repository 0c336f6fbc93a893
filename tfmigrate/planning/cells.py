"""RNN cells: how one is made, and what becomes of the calls that wrap and run it."""

from __future__ import annotations

from collections.abc import Mapping

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.making import Naming, Piece, Request
from tfmigrate.planning.slots import Slot
from tfmigrate.program.dialect import spelled
from tfmigrate.program.link import Module
from tfmigrate.program.scan import is_none
from tfmigrate.sites import Argument, Invoke, Sites
from tfmigrate.spans import span
from tfmigrate.tf1.cells import STARTED_BY, STATES, STEP, UNTOLD
from tfmigrate.walk.regions import Creation
from tfmigrate.walk.values import Const


def cell_request(slot: Slot, naming: Naming) -> Request:
    """The call that makes a cell, of the class that the file gets. Raises Refusal."""
    creation = slot.first.creation
    assert creation is not None and creation.row is not None
    row, node, given = creation.row, creation.node, creation.given
    pieces: list[Piece] = []
    positional = True
    for i, param in enumerate(dict.fromkeys([*row.params, STARTED_BY[row.keras]])):
        if param not in given or param in UNTOLD or is_none(given[param]):
            positional = False
            continue
        positional = positional and i < row.positional and i < len(node.args)
        pieces.append(Piece(None if positional else param, given[param]))
    last = slot.path[-1] if slot.path else Const(row.base_name)
    if isinstance(last, Const):
        if last.value != row.base_name:
            pieces.append(Piece("name", text=naming.literal(str(last.value))))
    elif "name" in given:
        pieces.append(Piece("name", given["name"]))
    else:
        raise Refusal("TFM201", node, slot.first.region.module, "the name of this cell cannot be written down")
    return Request(row.keras, pieces)


def run(creation: Creation, module: Module) -> Invoke:
    """The call of the function or class of the same name that the file gets, with the same arguments.

    Where the scope is open already, TensorFlow's own function does.
    """
    assert creation.row is not None
    node = creation.node
    kept = [param not in creation.row.only for param in creation.row.params]
    arguments = [Argument(i) for i in range(len(node.args)) if kept[i]]
    arguments += [
        Argument(keyword.arg, keyword=keyword.arg)
        for keyword in node.keywords
        if keyword.arg is not None and keyword.arg not in creation.row.only and keyword.value is not creation.within
    ]
    name = creation.row.operation
    return Invoke(name if creation.within is None else spelled(module, f"tf.nn.{name}"), tuple(arguments))


def is_step(creations: list[Creation]) -> bool:
    """Whether a call only calls a cell, and reads the same afterwards."""
    return all(creation.row is STEP for creation in creations)


def is_state(creations: list[Creation]) -> bool:
    """Whether a call only names what a cell keeps, which only the emitted cells need."""
    return all(creation.row in STATES.values() for creation in creations)


def are_made(creation: Creation, sites: Mapping[Module, Sites]) -> bool:
    """Whether the cells that a call wraps or runs are those of the emitted classes."""
    return all(
        any(span(cell.region.module, cell.node) == site.span for site in sites.get(cell.region.module, Sites()).items)
        for cell in creation.cells
    )
