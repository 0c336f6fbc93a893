"""What Keras 3 keeps for layers and weights, on symbolic values.

The rules are those of keras/src/layers/layer.py and keras/src/backend/common/name_scope.py of Keras 3.15.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tfmigrate.program.link import Function
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.containers import flat
from tfmigrate.walk.regions import Path, Variable, rounds, show_path
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    ClassValue,
    Const,
    DictValue,
    Dim,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    ObjectValue,
    Opaque,
    Shape,
    Symbol,
    Tensor,
    Text,
    TupleValue,
    Value,
    is_python,
)

# tf.layers has Keras' own names for variables and arguments, so its rows come last
_ROWS = {row.keras: row for row in reversed(LAYERS.values()) if row.keras and not row.keras_variables}
_STATELESS = re.compile(
    r"(Layer|Model|Flatten|Activation|Softmax|ELU|(Leaky)?ReLU|\w*Dropout(\dD)?|\w*Pooling\dD|Reshape|Permute|RepeatVector|"
    r"Concatenate|Add|Subtract|Multiply|Average|Maximum|Minimum|Dot|ZeroPadding\dD|Cropping\dD|UpSampling\dD|Identity)$"
)
_VARIABLE_LISTS = {
    "variables": (True, False), "weights": (True, False),
    "trainable_variables": (True,), "trainable_weights": (True,),
    "non_trainable_variables": (False,), "non_trainable_weights": (False,),
}  # fmt: skip
_NO_TENSOR = (Text, LoopIndex, Dim, ObjectValue, FunctionValue, LambdaValue, ClassValue, Library)


@dataclass(eq=False)
class Weight(Opaque):
    """A variable of a layer. reads: the frames that use it, or the calls of the built-in layer that does.

    attribute: where a built-in layer holds it; None for one that the program adds.
    """

    path: Path
    shape: tuple[str, ...] | None = None
    dtype: str = "float32"
    trainable: bool = True
    attribute: str | None = None
    reads: set[object] = field(default_factory=set)
    is_tensor = True


@dataclass(eq=False)
class Layer:
    """The state of a layer. base, arguments: the library class at work inside, and what it was made with.

    parent: the path of the scopes that were open when it was first called. locked: built, and hence complete.
    """

    name: Path
    base: str
    arguments: Arguments
    dtype: str = "float32"
    frozen: bool = False
    parent: Path | None = None
    built: bool = False
    locked: bool = False
    weights: list[Weight] = field(default_factory=list)

    def base_weights(self, node: ast.AST) -> Iterator[tuple[str, Path, bool]]:
        """What the library's own `build` adds: attribute, name, trainable. What we do not know equals nothing."""
        row = _ROWS.get(self.base)
        for name, flag, trainable in row.variables if row is not None else ():
            given = self._argument(row, flag) if row is not None and flag is not None else None
            if given is None or operate.truth(given) is not False:
                yield name, (Const(name),), trainable
        if row is None and not _STATELESS.match(self.base):
            yield "?", unknown_name(self.base, node, len(self.weights)), True

    def _argument(self, row: LayerRow, name: str) -> Value | None:
        given = row.params[1 : 1 + row.positional]
        return self.arguments.get(given.index(name) if name in given else -1, name)


@dataclass(eq=False)
class BuiltIn(Opaque):
    """An instance of a layer class of Keras itself."""

    layer: Layer


@dataclass(eq=False)
class NameScope(Opaque):
    """`keras.name_scope(...)`, before it is entered."""

    name: Path


def layer_of(value: Value) -> Layer | None:
    """The state of a value, if it is a layer."""
    if isinstance(value, BuiltIn):
        return value.layer
    return value.library if isinstance(value, ObjectValue) and isinstance(value.library, Layer) else None


def variables_of(owner: Value) -> list[Weight]:
    """The variables of a layer and of the layers that its attributes hold, in Keras' order."""
    result: dict[Weight, None] = {}
    seen: set[Layer] = set()

    def visit(value: Value) -> None:
        layer = layer_of(value)
        if layer is None or layer in seen:
            return
        seen.add(layer)
        result.update(dict.fromkeys(sorted(layer.weights, key=lambda weight: not weight.trainable)))
        for held in value.attrs.values() if isinstance(value, ObjectValue) else ():
            for item in flat(held):
                visit(item)

    visit(owner)
    return list(result)


def layer_attribute(owner: Value, layer: Layer, name: str) -> Value | None:
    """An attribute that Keras gives every layer; None for others."""
    if name == "name":
        return layer.name[0]
    if name in _VARIABLE_LISTS:
        weights = [weight for weight in variables_of(owner) if weight.trainable in _VARIABLE_LISTS[name]]
        return ListValue(list(weights), not any(rounds(weight.path) for weight in weights))
    if name == "losses":
        return ListValue([TENSOR], complete=False)
    # `build` does more than the method that the class defines
    return Method(owner, name) if name == "build" or isinstance(owner, BuiltIn) else None


def weight_attribute(owner: Weight, name: str) -> Value:
    """An attribute of a variable; its `value` is as good as itself."""
    if name == "value":
        return owner
    if name in ("path", "name"):
        path = owner.path if name == "path" else owner.path[-1:]
        return PYTHON if any(isinstance(segment, Text) for segment in path) else Const(show_path(path))
    return Shape(show_path(owner.path)) if name == "shape" else Method(owner, name)


def auto_name(kind: str) -> str:
    """The name that Keras gives an unnamed object of a class, before it is numbered."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unknown_name(text: str, node: ast.AST, number: int) -> Path:
    """A name that cannot be known, and hence equals no other."""
    return (Text((Symbol(text, f"{id(node)}.{number}"),)),)


def build_arguments(call: Function, build: Function, args: Arguments, node: ast.Call) -> tuple[Arguments, list[str]]:
    """The shapes that `build` gets for a call of the layer, and which of its parameters get none.

    A `build` of one parameter gets the first shape there is, whatever the name.
    """
    shapes = {}
    for name, value in _bound(call, args).items():
        if name != "mask" and not is_python(value):
            shapes[f"{name}_shape"] = _shape_of(value, name.strip("_"))
    wanted = build.params
    if len(wanted) == 1:
        shapes = {wanted[0]: next(iter(shapes.values()), NONE)}
    missing = [name for name in wanted if name not in shapes and name not in _optional(build)]
    return Arguments(keywords={name: (shapes[name], node) for name in wanted if name in shapes}), missing


def _bound(function: Function, args: Arguments) -> dict[str, Value]:
    """The arguments of a call by parameter; symbols for those that must be given and are not."""
    given = dict(zip(function.params, (value for value, _ in args.positional), strict=False))
    given.update((name, value) for name, (value, _) in args.keywords.items())
    optional = _optional(function)
    return {
        name: given[name] if name in given else Symbol(name, f"{id(function)}.{name}")
        for name in function.params
        if name in given or name not in optional
    }


def _optional(function: Function) -> set[str]:
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    optional = {arg.arg for arg in positional[len(positional) - len(spec.defaults) :]}
    return optional | {arg.arg for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default}


def _shape_of(value: Value, label: str) -> Value:
    if isinstance(value, Tensor):
        return Shape(label)
    if isinstance(value, (Weight, Variable)):
        return Shape(show_path(value.path or ()))
    if isinstance(value, Symbol):
        return Symbol(f"{value.text}.shape", f"{value.key}.shape")
    if isinstance(value, (ListValue, TupleValue)):
        return TupleValue(tuple(_shape_of(i, i.label if isinstance(i, Tensor) else "") for i in value.items))
    if isinstance(value, DictValue):
        items = {k: _shape_of(v, v.label if isinstance(v, Tensor) else "") for k, v in value.items.items()}
        return DictValue(items, value.complete)
    return UNKNOWN


def surely_no_tensor(value: Value) -> bool:
    """Whether Keras refuses the value as a positional argument of a layer's call."""
    return any(isinstance(v, _NO_TENSOR) or (isinstance(v, Const) and v != NONE) for v in flat(value))
