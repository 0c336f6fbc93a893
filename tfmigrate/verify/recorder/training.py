"""What trains and saves: optimizers, update ops, regularisation, savers."""

from __future__ import annotations

import importlib
from typing import Any, Dict, List, Sequence, Tuple

from .graph import is_operation, step_ancestors, writes, written_variable
from .loaded import tf
from .variables import Variable
from .watch import WATCH, as_tensor, inner_variable


def applied_by_key(by_op: Dict[str, Variable], graph: Any) -> List[Tuple[Dict[str, Any], Any]]:
    """Of each optimizer the gradients that it applies, by variable, and its update; ordered by their variables, not
    by creation."""
    found = []
    for pairs, update in zip(WATCH.applied, WATCH.updates):
        gradients = {}
        for gradient, variable in pairs:
            variable = inner_variable(variable)
            name = getattr(getattr(variable, "op", None), "name", "")
            if name in by_op:
                gradients[by_op[name].key] = gradient
        found.append((gradients, update if getattr(update, "graph", None) is graph else None))
    return sorted(found, key=lambda item: sorted(item[0]))


def saver_keys(saver: Any, by_op: Dict[str, Variable]) -> Dict[str, str]:
    """Name in the checkpoint to the variable that a saver of the program keeps under it."""
    listed = getattr(saver, "_var_list", None)
    if isinstance(listed, dict):
        pairs = list(listed.items())
    else:
        pairs = [(v.op.name, v) for v in listed or () if hasattr(v, "op")]
    found = {}
    for key, variable in pairs:
        variable = inner_variable(variable)
        op = getattr(variable, "op", None)
        if op is not None and op.name in by_op:
            found[str(key)] = by_op[op.name].key
    return found


def checkpoint_keys(checkpoint: Any, by_op: Dict[str, Variable]) -> List[str]:
    """The variables that a tf.train.Checkpoint of the program reaches through its objects."""
    try:
        views = importlib.import_module("tensorflow.python.checkpoint.graph_view")
    except ImportError:
        views = importlib.import_module("tensorflow.python.training.tracking.graph_view")
    view = views.ObjectGraphView(checkpoint)
    walk = getattr(view, "breadth_first_traversal", None) or view._breadth_first_traversal
    reached, _ = walk()
    names = [getattr(getattr(inner_variable(item), "op", None), "name", "") for item in reached]
    return sorted({by_op[name].key for name in names if name in by_op})


def update_counts(graph: Any, variables: Sequence[Variable]) -> Dict[str, int]:
    """How often the ops in UPDATE_OPS write each variable."""
    ops = {getattr(item, "op", item) for item in graph.get_collection(tf.GraphKeys.UPDATE_OPS)}
    needed = step_ancestors([op for op in ops if is_operation(op) and op.graph is graph])
    by_op = {v.op.name: v.key for v in variables}
    counts: Dict[str, int] = {}
    for op in needed:
        target = written_variable(op) if writes(op) else None
        if target is not None and target.name in by_op:
            counts[by_op[target.name]] = counts.get(by_op[target.name], 0) + 1
    return counts


def regularisation_tensors(graph: Any, variables: Sequence[Variable]) -> Dict[str, Any]:
    """The sum of the collection, and what the Keras variables of this graph would add through `layer.losses`."""
    sums = {}
    collected = [as_tensor(t) for t in graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]
    collected = [tf.cast(tf.reduce_sum(t), tf.float32) for t in collected if t is not None]
    if collected:
        sums["collection"] = tf.add_n(collected)
    own = [v.regularizer() for v in variables if v.regularizer is not None]
    if own:
        sums["layers"] = tf.add_n([tf.cast(t, tf.float32) for t in own])
    return sums
