"""What the graph says: what is a tensor, what depends on what, what writes a variable."""

from __future__ import annotations

import contextlib
import os
from typing import Any, List, Optional, Sequence, Set

from .basics import Json, words
from .loaded import tf


def is_real(value: Any) -> bool:
    return is_tensor(value) and bool(value.dtype.is_floating)


def is_tensor(value: Any) -> bool:
    return hasattr(value, "op") and hasattr(value, "graph") and hasattr(value, "dtype") and hasattr(value, "consumers")


def is_operation(value: Any) -> bool:
    return isinstance(value, tf.Operation)


TRANSPARENT = words(
    "Identity ReadVariableOp Cast Enter RefEnter Switch RefSwitch Reshape Transpose ExpandDims Squeeze StopGradient "
    "Snapshot CheckNumerics RefIdentity Slice StridedSlice ReverseV2 Split SplitV Unpack Neg"
)
FUNCTIONAL = words("If StatelessIf While StatelessWhile Case StatelessCase PartitionedCall StatefulPartitionedCall")
VARIABLES = words("Variable VariableV2 VarHandleOp")
SHAPE_ONLY = words("Shape ShapeN Size Rank VariableShape IsVariableInitialized VarIsInitializedOp")
GROUPS = {
    "matmul": words("MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum SparseTensorDenseMatMul"),
    "conv": words(
        "Conv Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput Conv2DBackpropInputV2 Conv3DBackpropInput "
        "Conv3DBackpropInputV2"
    ),
    "gather": words("Gather GatherV2 GatherNd ResourceGather ResourceGatherNd"),
}


def group_of(op_type: str) -> str:
    """`matmul`, `conv`, `gather` for ops that every implementation of a layer needs; the type itself for the rest."""
    for group, types in GROUPS.items():
        if op_type in types:
            return group
    return op_type


def read_inputs(op: Any) -> List[Any]:
    """The inputs whose values an op reads: in training, fused batch normalisation ignores the moving averages."""
    inputs = list(op.inputs)
    if op.type.startswith("FusedBatchNorm") and "Grad" not in op.type and op.get_attr("is_training"):
        with contextlib.suppress(ValueError):
            if op.get_attr("exponential_avg_factor") != 1.0:
                return inputs
        return inputs[:3]
    return inputs


def ancestors(roots: Sequence[Any]) -> Set[Any]:
    """The ops that the roots (ops) need for their values."""
    seen, stack = set(roots), list(roots)
    while stack:
        for tensor in read_inputs(stack.pop()):
            if tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    return seen


WRITERS = ("Assign", "ResourceApply", "Apply", "ResourceScatter", "Scatter", "ResourceSparseApply", "SparseApply")


def writes(op: Any) -> bool:
    return str(op.type).startswith(WRITERS)


def call_site(op: Any, root: str) -> List[str]:
    """Where the program made an op: `file:line` of its own frames, outermost first."""
    sites = []
    for frame in op.traceback or ():
        filename, line = (frame[0], frame[1]) if isinstance(frame, tuple) else (frame.filename, frame.lineno)
        path = os.path.realpath(filename)
        if path.startswith(root + os.sep):
            sites.append("%s:%d" % (os.path.relpath(path, root), line))
    return sites


def data_ancestors(root: Any) -> Set[Any]:
    """Like `ancestors`, without the way through the shape of a tensor."""
    seen, stack = {root}, [root]
    while stack:
        op = stack.pop()
        if op.type in SHAPE_ONLY:
            continue
        for tensor in read_inputs(op):
            if tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    return seen


SOURCES = words(
    "Placeholder PlaceholderV2 IteratorGetNext QueueDequeue QueueDequeueV2 QueueDequeueMany "
    "QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 ReaderRead ReaderReadV2"
)


def static_shape(tensor: Any) -> Optional[List[Optional[int]]]:
    shape = tensor.shape
    return None if shape.ndims is None else [None if d is None else int(d) for d in shape.as_list()]


def describe(tensor: Any) -> Json:
    return {"name": tensor.name, "dtype": tensor.dtype.base_dtype.name, "shape": static_shape(tensor)}


def step_ancestors(ops: Any) -> Set[Any]:
    """What training ops need, control dependencies included."""
    seen, stack = set(ops), list(ops)
    while stack:
        op = stack.pop()
        for other in [t.op for t in op.inputs] + list(op.control_inputs):
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


def has_effects(tensor: Any) -> bool:
    """Whether fetching it changes a variable: the loss that a training op of slim returns does."""
    return any(writes(op) for op in step_ancestors([tensor.op]))


def functions_of(node: Any) -> List[str]:
    """The functions that a node calls."""
    values = [value for _, value in sorted(node.attr.items())]
    return [f.name for value in values for f in [value.func, *value.list.func] if f.name]


def written_variable(op: Any) -> Optional[Any]:
    """The op of the variable that an op writes."""
    if not op.inputs:
        return None
    target = op.inputs[0].op
    while target.type in TRANSPARENT and target.inputs:
        target = target.inputs[0].op
    return target
