"""Walks a Keras program: its layers, what they are called, their weights and what reads these.

Knows Keras and nothing of any migration. What a program still does in TF1's way is walked in TF1's way.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tfmigrate.proving.keras3 import (
    BuiltIn,
    Layer,
    NameScope,
    Weight,
    auto_name,
    build_arguments,
    layer_attribute,
    layer_of,
    surely_no_tensor,
    unknown_name,
    weight_attribute,
)
from tfmigrate.tf1.cells import DRIVEN, DRIVERS
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.attributes import SuperValue
from tfmigrate.walk.cells import results
from tfmigrate.walk.containers import flat
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.naming import dimensions, dtype_of
from tfmigrate.walk.regions import Path, Region, path_of, show_path
from tfmigrate.walk.remembering import Past, Remembered
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    Env,
    FunctionValue,
    Library,
    ListValue,
    Method,
    ObjectValue,
    Value,
    is_tensor,
)


class Counting:
    """The semantics of Keras 3 for one walk. problems: what Keras would not accept, as `file:line: sentence`."""

    exact = True

    def __init__(self) -> None:
        self.tf1 = Scoping()
        self.tf1.operations.known = False  # layers give names as well
        self.roots: list[Region] = []
        self.weights: list[Weight] = []
        self.objects: list[ObjectValue] = []
        # what layers list of their variables, which uses none of them
        self.lists: set[Value] = set()
        self.problems: list[str] = []
        self._open: list[Path] = []
        self._names: Counter[str] = Counter()
        self._unnumbered: set[str] = set()
        self._building = 0

    @property
    def activity(self) -> int:
        return self.tf1.activity

    def problem(self, ev: Evaluator, node: ast.AST, message: str) -> None:
        self.tf1.consulted += 1
        self.problems.append(f"{ev.frame.module.path}:{getattr(node, 'lineno', 1)}: {message}")

    def makes_variables(self) -> bool:
        return self.tf1.makes_variables()

    def either(self, one: Value, other: Value) -> Value | None:
        """An object, or another one around it: whichever it is, it runs the same layers."""
        if _holds(one, other):
            return one
        return other if _holds(other, one) or _wrap_alike(one, other) else None

    # -- where TF1's rules hold as well --------------------------------------------------------------------------

    def enter_frame(self, ev: Evaluator, frame: Frame) -> None:
        outermost = self.tf1.region is None
        self.tf1.enter_frame(ev, frame)
        if outermost and self.tf1.region is not None:
            self.roots.append(self.tf1.region)

    def leave_frame(self, ev: Evaluator, frame: Frame, result: Value) -> None:
        self.tf1.leave_frame(ev, frame, result)

    def escaped(self, ev: Evaluator, value: Value, node: ast.Call) -> None:
        self.tf1.escaped(ev, value, node)

    def begin_branches(self, ev: Evaluator) -> object:
        return self.tf1.begin_branches(ev)

    def next_branch(self, sides: object, flow: str) -> None:
        self.tf1.next_branch(sides, flow)

    def end_branches(self, sides: object, flow: str) -> None:
        self.tf1.end_branches(sides, flow)

    def standing(self) -> object:
        return self.tf1.standing()

    def events_so_far(self) -> int:
        return self.tf1.events_so_far()

    def folded(self, before: int, is_asked_for: Callable[[Frame], bool]) -> list[Past]:
        return self.tf1.folded(before, is_asked_for)

    def again(self, ev: Evaluator, known: Remembered, frame: Frame | None) -> None:
        self.tf1.again(ev, known, frame)

    def unresolved(self, ev: Evaluator, name: str, node: ast.Call, args: Arguments | None = None) -> Value:
        return self.tf1.unresolved(ev, name, node, args)

    def handed_over(self, ev: Evaluator, value: Value | None, node: ast.expr) -> None:
        self.tf1.handed_over(ev, value, node)

    def is_outside(self, value: Value) -> bool:
        return self.tf1.is_outside(value)

    def unseen(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> None:
        self.tf1.unseen(ev, callee, args, node)

    def gone_through(self, ev: Evaluator, node: ast.For, source: Value, env: Env) -> None:
        pass

    def comprehended(self, ev: Evaluator, node: ast.expr, source: Value, result: ListValue) -> None:
        if source in self.lists and all(isinstance(item, Weight) for item in result.items):
            self.lists.add(result)
        self.tf1.comprehended(ev, node, source, result)

    def one_of(self, items: list[Value]) -> Value | None:
        return None

    def lined_up(self, ev: Evaluator, node: ast.AST, values: list[Value], in_row: bool = False) -> None:
        self.tf1.lined_up(ev, node, values, in_row)

    def canonical(self, name: str) -> Library:
        """`tf.keras` is `keras`."""
        known = re.sub(r"^tf\.keras\b", "keras", self.tf1.canonical(name).name)
        return Library("keras.name_scope" if known == "keras.backend.name_scope" else known)

    # -- scopes and names ----------------------------------------------------------------------------------------

    def _current(self) -> Path:
        return self._open[-1] if self._open else ()

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With, expression: ast.expr) -> Value:
        if not isinstance(context, NameScope):
            return self.tf1.enter_block(ev, context, node, expression)
        self.tf1.consulted += 1
        self._open.append(self._current() + context.name)
        return context

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None:
        if isinstance(context, NameScope):
            self._open.pop()
        else:
            self.tf1.leave_block(ev, context, node)

    @contextmanager
    def _inside(self, layer: Layer) -> Iterator[None]:
        """The scope of a layer. Where it is first opened is where it stays, whoever calls it later."""
        if layer.parent is None:
            layer.parent = self._current()
        self._open.append(layer.parent + layer.name)
        try:
            yield
        finally:
            self._open.pop()

    def _name(self, ev: Evaluator, given: Value | None, args: Arguments, kind: str, node: ast.AST) -> Path:
        """The one segment that names a layer, a weight or a scope."""
        self.tf1.activity += 1
        if given is None and args.star and not args.keywords:
            given = UNKNOWN
        if given is None or given == NONE:
            return self._numbered(ev, auto_name(kind), node)
        path = path_of(given)
        if path is not None and len(path) == 1:
            return path
        if path:
            self.problem(ev, node, f"Keras allows no '/' in a name: {show_path(path)}")
        return unknown_name("?", node, len(self.weights))

    def _numbered(self, ev: Evaluator, name: str, node: ast.AST) -> Path:
        """Keras numbers the unnamed per class over the whole program, in the order of their making."""
        number = self._names[name]
        self._names[name] += 1
        if any(ev.frame.around()):
            self._unnumbered.add(name)
        if name in self._unnumbered:
            return unknown_name(f"{name}?", node, number)
        return (Const(f"{name}_{number}" if number else name),)

    # -- making layers -------------------------------------------------------------------------------------------

    def _make(self, ev: Evaluator, kind: str, base: str, args: Arguments, node: ast.Call) -> Layer:
        dtype, trainable = args.get(-1, "dtype"), args.get(-1, "trainable")
        layer = Layer(self._name(ev, args.get(-1, "name"), args, kind, node), base.rsplit(".", 1)[-1], args)
        layer.dtype = "float32" if dtype is None or dtype == NONE else dtype_of(dtype)
        layer.frozen = trainable is not None and operate.truth(trainable) is False
        return layer

    def _start(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Value | None:
        """`super().__init__(...)` of a layer."""
        for cls in ev.classes.mro(obj.cls):
            for base in ev.classes.bases.get(cls, []):
                if isinstance(base, Library) and base.name.startswith("keras."):
                    obj.library = self._make(ev, obj.cls.name, base.name, args, node)
                    self.objects.append(obj)
                    return NONE
        return None

    # -- calling layers ------------------------------------------------------------------------------------------

    def call_object(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Value | None:
        layer = layer_of(obj)
        if layer is None:
            return None
        self.tf1.consulted += 1
        self._check_positional(ev, args, node)
        with self._inside(layer):
            if not layer.built:
                self._build(ev, obj, layer, self._shapes(ev, obj, args, node), node)
            return self._run_call(ev, obj, layer, args, node)

    def _run_call(self, ev: Evaluator, obj: ObjectValue, layer: Layer, args: Arguments, node: ast.Call) -> Value:
        method = ev.class_attribute(obj.cls, "call")
        holds = any(layer_of(item) is not None for held in obj.attrs.values() for item in flat(held))
        if not holds and any(weight.attribute is not None for weight in layer.weights):
            # a subclass of a built-in layer uses what that layer keeps, however it computes
            return self._call_base(layer)
        if isinstance(method, FunctionValue):
            return ev.call_function(FunctionValue(method.function, method.env, obj), args, node)
        return self._call_base(layer)

    def _check_positional(self, ev: Evaluator, args: Arguments, node: ast.Call) -> None:
        for value, expression in args.positional:
            if surely_no_tensor(value):
                what = ast.unparse(expression)
                self.problem(ev, node, f"Keras takes only tensors as positional arguments of a layer's call: {what}")

    def _shapes(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Arguments:
        call, build = ev.class_attribute(obj.cls, "call"), ev.class_attribute(obj.cls, "build")
        if not isinstance(call, FunctionValue) or not isinstance(build, FunctionValue):
            return Arguments()
        shapes, missing = build_arguments(call.function, build.function, args, node)
        for name in missing:
            self.problem(ev, node, f"`build` wants {name}, and no tensor argument of the call gives it")
        return shapes

    def _build(self, ev: Evaluator, owner: Value, layer: Layer, shapes: Arguments, node: ast.Call) -> None:
        method = ev.class_attribute(owner.cls, "build") if isinstance(owner, ObjectValue) else None
        layer.built = True
        self._building += 1
        with self._inside(layer):
            if isinstance(owner, ObjectValue) and isinstance(method, FunctionValue):
                ev.call_function(FunctionValue(method.function, method.env, owner), shapes, node)
            else:
                self._build_base(layer, node)
        self._building -= 1
        layer.locked = True

    def _build_base(self, layer: Layer, node: ast.AST) -> None:
        for attribute, name, trainable in layer.base_weights(node):
            self._add(layer, name, None, layer.dtype, trainable).attribute = attribute

    def _call_base(self, layer: Layer) -> Value:
        self.tf1.activity += 1
        call = object()
        for weight in layer.weights:
            if weight.attribute is not None and not self._building:
                weight.reads.add(call)
        return TENSOR

    # -- weights -------------------------------------------------------------------------------------------------

    def _add_weight(self, ev: Evaluator, layer: Layer, args: Arguments, node: ast.Call) -> Weight:
        if layer.locked:
            self.problem(ev, node, "Keras takes no new weight in a layer that is built")
        name = self._name(ev, args.get(-1, "name"), args, "variable", node)
        shape, dtype, trainable = args.get(0, "shape"), args.get(2, "dtype"), args.get(-1, "trainable")
        return self._add(
            layer,
            name,
            () if shape is None or shape == NONE else dimensions(shape),
            layer.dtype if dtype is None or dtype == NONE else dtype_of(dtype),
            trainable is None or operate.truth(trainable) is not False,
        )

    def _add(self, layer: Layer, name: Path, shape: tuple[str, ...] | None, dtype: str, trainable: bool) -> Weight:
        # a name scope that is open inside `build` is not in the path: the layer's own scope is opened again
        parent = layer.parent if layer.parent is not None else self._current()
        weight = Weight(parent + layer.name + name, shape, dtype, trainable and not layer.frozen)
        layer.weights.append(weight)
        self.weights.append(weight)
        return weight

    def _read(self, ev: Evaluator, owner: Value, value: Value) -> None:
        """A frame uses what an attribute of a layer holds; what it does to build the layer is no use, nor is a list."""
        self.tf1.activity += 1
        weights = [item for item in flat(value) if isinstance(item, Weight)]
        if not weights or self._building or value in self.lists:
            return
        # a function inside a method works for the method
        frame: Frame | None = ev.frame
        while frame is not None and frame.obj is not owner:
            frame = frame.parent
        for weight in weights:
            weight.reads.add(frame or ev.frame)

    # -- attributes and calls of the library ---------------------------------------------------------------------

    def attribute(self, ev: Evaluator, owner: Value, name: str, node: ast.Attribute) -> Value | None:
        if isinstance(owner, Weight):
            self.tf1.consulted += 1
            return weight_attribute(owner, name)
        layer = layer_of(owner)
        if layer is None:
            return self.tf1.attribute(ev, owner, name, node)
        self.tf1.consulted += 1
        if name == "__call__" and isinstance(owner, ObjectValue) and ev.class_attribute(owner.cls, name) is None:
            return owner  # that of Keras
        held = owner.attrs.get(name) if isinstance(owner, ObjectValue) else None
        if held is None:
            held = next((weight for weight in layer.weights if weight.attribute == name), None)
        if held is None:
            known = layer_attribute(owner, layer, name)
            if isinstance(known, ListValue):
                self.lists.add(known)
            return known
        self._read(ev, owner, held)
        return held

    def call(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> Value:
        known: Value | None = None
        if isinstance(callee, BuiltIn):
            self.tf1.consulted += 1
            self._check_positional(ev, args, node)
            if not callee.layer.built:
                self._build(ev, callee, callee.layer, Arguments(), node)
            known = self._call_base(callee.layer)
        elif isinstance(callee, Library) and callee.name.startswith("keras."):
            known = self._keras(ev, callee.name, args, node)
        elif isinstance(callee, Library) and callee.name in DRIVERS:
            known = self._drive(ev, callee.name, args, node)
        elif isinstance(callee, Method):
            known = self._method(ev, callee, args, node)
        return self._tf1_call(ev, callee, args, node) if known is None else known

    def _tf1_call(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> Value:
        if self.tf1.region is not None:
            return self.tf1.call(ev, callee, args, node)
        # the default of a parameter, worked out before its function is entered
        self.tf1.region = Region(ev.frame, None, None, ())
        try:
            return self.tf1.call(ev, callee, args, node)
        finally:
            self.tf1.region = None

    def _keras(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        self.tf1.consulted += name.startswith(("keras.name_scope", "keras.layers."))
        if name == "keras.name_scope":
            return NameScope(self._name(ev, args.get(0, "name") or UNKNOWN, args, "", node))
        if name.startswith("keras.layers."):
            return BuiltIn(self._make(ev, name.rsplit(".", 1)[-1], name, args, node))
        if name == "keras.activations.get":
            return Library("keras.activations.linear")
        tensor = name == "keras.KerasTensor" or any(is_tensor(value) for value in args.values())
        return TENSOR if tensor else PYTHON

    def _drive(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value | None:
        """A function of TensorFlow runs cells: one step stands for all."""
        row = DRIVERS[name]
        cells = [args.get(i, param) for i, param in enumerate(row.params) if param in DRIVEN]
        if not all(isinstance(cell, ObjectValue) for cell in cells):
            return None
        for cell in cells:
            assert cell is not None
            ev.call(cell, Arguments([(TENSOR, node), (TENSOR, node)]), node, ev.frame.env)
        return results(name)

    def _method(self, ev: Evaluator, callee: Method, args: Arguments, node: ast.Call) -> Value | None:
        owner, name = callee.owner, callee.name
        if isinstance(owner, SuperValue) and name == "__init__":
            return self._start(ev, owner.obj, args, node)
        layer = layer_of(owner.obj if isinstance(owner, SuperValue) else owner)
        if layer is None:
            return None
        self.tf1.consulted += 1
        if name == "add_weight":
            return self._add_weight(ev, layer, args, node)
        if name == "build":
            if isinstance(owner, SuperValue):
                self._build_base(layer, node)
            else:
                self._build(ev, owner, layer, args, node)
        elif name == "call" and isinstance(owner, SuperValue):
            return self._call_base(layer)
        elif name == "compute_output_spec" and isinstance(owner, ObjectValue):
            return self._run_call(ev, owner, layer, args, node)
        return NONE if name in ("build", "add_loss") else UNKNOWN


def _holds(outer: Value, inner: Value) -> bool:
    if not isinstance(outer, ObjectValue) or not isinstance(inner, ObjectValue) or layer_of(outer) is not None:
        return False
    return any(value is inner for value in outer.attrs.values())


def _wrap_alike(one: Value, other: Value) -> bool:
    if not isinstance(one, ObjectValue) or not isinstance(other, ObjectValue) or one.cls is not other.cls:
        return False
    return any(_holds(other, value) for value in one.attrs.values() if _holds(one, value))
