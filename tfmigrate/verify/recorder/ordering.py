"""What a graph leaves open: updates of one variable by several calls, none of which waits for the other.

TensorFlow 1 runs them in any order, and with reference variables even one within the other: two calls of a network that
trains leave its moving averages at one of several values. Here they run in the order in which the program makes them.
"""

from __future__ import annotations

import itertools
from typing import Any, Dict, Iterable, List, Optional, Set

from .graph import TRANSPARENT, read_inputs, step_ancestors, writes, written_variable


def run_in_order(graph: Any, steps: Iterable[Any]) -> Set[str]:
    """Has the updates of each variable wait for those made before, within each of the steps; the names of the variables
    whose updates did not."""
    place = {op: number for number, op in enumerate(graph.get_operations())}
    opened: Set[str] = set()
    for step in steps:
        needed = step_ancestors([step])
        by_variable: Dict[Any, List[Any]] = {}
        for op in sorted((op for op in needed if writes(op)), key=place.__getitem__):
            variable = written_variable(op)
            if variable is not None and not _in_loop(op):
                by_variable.setdefault(variable, []).append(op)
        for variable, writers in by_variable.items():
            for first, second in itertools.combinations(writers, 2):
                if _wait(first, second, variable):
                    opened.add(variable.name)
    return opened


def _wait(first: Any, second: Any, variable: Any) -> bool:
    """Has the second update begin behind the first; False if one waits for the other already."""
    before, behind = step_ancestors([first]), step_ancestors([second])
    end = _end(first)
    if first in behind or second in before or end is None or second in step_ancestors([end]):
        return False
    waiting, aliases = {second}, [variable]
    while aliases:
        tensors = aliases.pop().outputs
        readers = {op for tensor in tensors for op in tensor.consumers() if op in behind and _reads(op, tensor)}
        waiting |= readers - before
        # one that both read through gives a reference to the variable, or what it was before either of them
        aliases += [reader for reader in readers & before if reader.type in TRANSPARENT]
    for op in waiting - step_ancestors([end]):
        if not _in_loop(op):
            op._add_control_input(end)
    return True


def _reads(op: Any, tensor: Any) -> bool:
    return any(read is tensor for read in read_inputs(op))


def _end(op: Any) -> Optional[Any]:
    """What is done when an op is, or when its branch is not taken: the merge behind the conditions around it."""
    seen, waiting = {op}, [op]
    while waiting:
        op = waiting.pop(0)
        if op._get_control_flow_context() is None:
            return op
        followers = [reader for tensor in op.outputs for reader in tensor.consumers()] + list(op._control_outputs)
        waiting += [follower for follower in followers if follower not in seen]
        seen.update(followers)
    return None


def _in_loop(op: Any) -> bool:
    context = op._get_control_flow_context()
    while context is not None:
        if hasattr(context, "parallel_iterations"):
            return True
        context = context.outer_context
    return False
