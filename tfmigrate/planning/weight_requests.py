"""The text of the call that makes a weight."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.making import Naming, Piece, Request
from tfmigrate.planning.slots import Slot
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.program.scan import arguments_of, is_none
from tfmigrate.tf1.layers import GET_VARIABLE, VARIABLE
from tfmigrate.walk.naming import may_be_float
from tfmigrate.walk.regions import PLAIN, Creation, InitialValue, show_path
from tfmigrate.walk.regularizing import wants_tensor
from tfmigrate.walk.values import Const, Dim, ListValue, Shape, TupleValue, Value

UNLIKE = "what this variable starts from has another type, or is another kind of value, in some of the calls"


def weight_request(slot: Slot, module: Module, owner: str, naming: Naming) -> Request:
    """The call that adds a weight to the layer of that name. Raises Refusal."""
    node = slot.site()
    assert isinstance(node, ast.Call)
    defaults = _of_scope(slot)
    if defaults and slot.first.helper is not None:
        text = f"a helper makes this variable, and the scope around gives it its {' and '.join(defaults)}"
        raise Refusal("TFM203", node, module, text)
    split = slot.first.split
    if split is not None and split.is_helper_call:
        pieces = [Piece(None, text=owner)]
        pieces += [Piece(None, split.inlined(argument, node)) for argument in split.making.args]
        pieces += [Piece(k.arg, split.inlined(k.value, node)) for k in split.making.keywords]
        return Request(source(split.function.module, split.making.func), pieces)
    if slot.first.helper is not None and split is None:
        pieces = [Piece(None, text=owner)]
        pieces += [Piece(None, argument) for argument in node.args]
        pieces += [Piece(keyword.arg, keyword.value) for keyword in node.keywords]
        return Request(source(module, node.func), pieces)
    given = arguments_of(node if split is None else split.making, GET_VARIABLE)
    initial = slot.first.creation.initial if slot.first.creation is not None else None
    if slot.first.creation is not None and slot.first.creation.symbol == PLAIN:
        given = arguments_of(node, VARIABLE)
    elif "name" not in given:
        raise Refusal("TFM503", node, module, "get_variable without a name")
    if not alike([use.creation for use in slot.uses if use.creation is not None]):
        raise Refusal("TFM503", node, module, UNLIKE)
    if initial is not None and split is None:
        return Request(f"{owner}.add_weight", _of_value(slot, initial, given | defaults, module, naming))
    if "shape" not in given:
        raise Refusal(
            "TFM503", node, module, "get_variable without a shape: its initializer is a value, or it fetches from afar"
        )
    shape = given["shape"] if split is None else split.origin(given["shape"], node)
    pieces = [
        Piece("name", given["name"]),
        Piece("shape", given["shape"], around=_around_shape(slot, shape, module), floats=_floats(slot, shape)),
    ]
    for key in ("dtype", "initializer", "regularizer", "trainable"):
        if key in defaults:
            pieces.append(Piece(key, defaults[key]))
        elif key in given and not is_none(given[key]):
            pieces.append(Piece(key, given[key], around=_around(slot.first.creation, key, given[key])))
    for piece in pieces if split is not None else []:
        assert split is not None and isinstance(piece.expression, ast.expr)
        piece.expression = split.inlined(piece.expression, node)
    return Request(f"{owner}.add_weight", pieces)


def alike(creations: Sequence[Creation]) -> bool:
    """Whether all requests that one call makes can be written in one way."""
    return len({creation.initial for creation in creations if creation.row is None}) < 2


def _of_value(
    slot: Slot, initial: InitialValue, given: dict[str, ast.expr], module: Module, naming: Naming
) -> list[Piece]:
    """The arguments of a weight that starts from a value: an initializer that gives the same, and its shape."""
    shape = Piece("shape", text="()")
    if initial.shape is not None:
        around, floats = _around_shape(slot, initial.shape, module), _floats(slot, initial.shape)
        shape = Piece("shape", initial.shape, around=around, floats=floats)
    pieces = [_name(slot, given, module, naming), shape]
    typed = given["dtype"] if "dtype" in given and not is_none(given["dtype"]) else initial.typed
    if typed is not None and (typed is not initial.typed or initial.dtype != "float32"):
        pieces.append(Piece("dtype", typed))
    elif initial.dtype != "float32":
        pieces.append(Piece("dtype", text=naming.literal(initial.dtype)))
    pieces.append(initializer_piece(initial, naming.quote))
    rest = (key for key in ("regularizer", "trainable") if key in given and not is_none(given[key]))
    return pieces + [Piece(key, given[key], around=_around(slot.first.creation, key, given[key])) for key in rest]


def _around(creation: Creation | None, key: str, expression: ast.expr) -> tuple[str, str]:
    if creation is None or key != "regularizer":
        return "", ""
    return of_the_value(creation.args.get(GET_VARIABLE.index(key), key), expression)


def of_the_value(value: Value | None, expression: ast.expr) -> tuple[str, str]:
    """What a regularizer is put into that wants a tensor: Keras gives it the variable."""
    if not wants_tensor(value):
        return "", ""
    name = "weight" if isinstance(expression, ast.Name) and expression.id == "w" else "w"
    return f"lambda {name}: ", f"({name}.value)"


def _name(slot: Slot, given: dict[str, ast.expr], module: Module, naming: Naming) -> Piece:
    """The name of a weight; TF1 gives a `tf.Variable` one, or numbers it."""
    names = {show_path(use.creation.path[-1:]) for use in slot.uses if use.creation is not None}
    node = given.get("name")
    if slot.first.creation is None or slot.first.creation.symbol != PLAIN:
        return Piece("name", given["name"])
    if node is not None and not is_none(node) and not (isinstance(node, ast.Constant) and names != {node.value}):
        return Piece("name", node)
    if len(names) > 1:
        raise Refusal("TFM504", slot.site(), module, "TF1 numbers this tf.Variable otherwise in other calls")
    return Piece("name", text=naming.literal(names.pop()))


def initializer_piece(initial: InitialValue, quote: str) -> Piece:
    """The initializer that gives the value."""
    if initial.initializer[0].islower():
        return Piece("initializer", text=f"{quote}{initial.initializer}{quote}")
    given = (
        Piece(key or None, text=part) if isinstance(part, str) else Piece(key or None, part)
        for key, part in initial.arguments
    )
    return Piece("initializer", request=Request(f"keras.initializers.{initial.initializer}", list(given)))


def _of_scope(slot: Slot) -> dict[str, ast.expr]:
    """The initializer and the regularizer that a weight gets from the scope around it."""
    creation = slot.first.creation
    if creation is None:
        return {}
    written = {id(part) for part in [*(k.value for k in creation.node.keywords), *creation.node.args]}
    keywords = creation.args.keywords
    given = {key: keywords[key][1] for key in ("initializer", "regularizer") if key in keywords}
    return {key: expression for key, expression in given.items() if id(expression) not in written}


def _around_shape(slot: Slot, shape: ast.expr, module: Module) -> tuple[str, str]:
    """TF1 takes a number for a shape of one dimension, Keras wants a sequence."""
    creations = [use.creation for use in slot.uses if use.creation is not None]
    values = [creation.args.get(1, "shape") for creation in creations]
    if values and all(_is_number(value) for value in values):
        return ("[int(", ")]") if any(map(may_be_float, values)) else ("[", "]")
    if isinstance(shape, (ast.BinOp, ast.Subscript)) and not any(_is_sequence(value) for value in values):
        return f"{tensorflow_alias(module)}.TensorShape(", ")"
    return "", ""


def _floats(slot: Slot, shape: ast.expr) -> frozenset[ast.expr]:
    """The sizes in a shape that may be floats, which TF1 takes for whole numbers."""
    if not isinstance(shape, (ast.List, ast.Tuple)) or any(isinstance(size, ast.Starred) for size in shape.elts):
        return frozenset()
    values = [use.creation.args.get(1, "shape") for use in slot.uses if use.creation is not None]
    known = [v.items for v in values if isinstance(v, (ListValue, TupleValue)) and len(v.items) == len(shape.elts)]
    return frozenset(size for i, size in enumerate(shape.elts) if any(may_be_float(items[i]) for items in known))


def _is_number(value: Value | None) -> bool:
    return isinstance(value, Dim) or (isinstance(value, Const) and isinstance(value.value, (int, float)))


def _is_sequence(value: Value | None) -> bool:
    return isinstance(value, (ListValue, TupleValue, Shape))
