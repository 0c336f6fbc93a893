"""How a layer function of a library becomes a Keras layer: what its constructor is told, and what its call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.looping import number_piece
from tfmigrate.planning.making import Naming, Piece, Request
from tfmigrate.planning.slots import Slot, Use
from tfmigrate.planning.weight_requests import of_the_value
from tfmigrate.program.scan import is_none
from tfmigrate.sites import Argument, Invoke
from tfmigrate.tf1.layers import DROPPED, NONE_IS_DEFAULT
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.joining import same
from tfmigrate.walk.layer_calls import OTHERWISE, signature
from tfmigrate.walk.naming import may_be_float, may_be_numpys
from tfmigrate.walk.regions import Creation, Normalizer, given_to
from tfmigrate.walk.values import NONE, Const, Value

Given = dict[str, tuple[Value, ast.expr]]
_NORMALIZER = ("normalizer_fn", "normalizer_params")
# what a layer that normalizes has no use for
_NO_BIAS = ("biases_initializer",)
# how large a layer is, for which TF1 takes 4.0 as well
_SIZES = ("units", "filters")


def layer_request(slot: Slot, naming: Naming) -> Request:
    """The call that makes the layer."""
    creation = slot.first.creation
    assert creation is not None and creation.row is not None
    row, normalizer = creation.row, creation.normalizer
    _check_sites(slot, creation)
    if creation.repeated:
        return _repeated_request(creation, slot, naming)
    pieces = _own_pieces(row, creation.args, normalizer, naming)
    name = creation.given.get(row.name_param)
    if name is not None and not is_none(name):
        pieces.append(Piece("name", name))
    elif (numbered := number_piece(slot, naming)) is not None:
        pieces.append(numbered)
    elif slot.path:
        _check_numbering(slot, creation)
        pieces.append(Piece("name", text=naming.literal(str(slot.path[-1]))))
    return Request(_class_text(slot, creation, naming), pieces)


def _own_pieces(row: LayerRow, args: Arguments, normalizer: Normalizer | None, naming: Naming) -> list[Piece]:
    """What the constructor is told but the name."""
    values = given_to(row, args)
    left_out = (*_NORMALIZER, *_NO_BIAS) if normalizer is not None else _NORMALIZER
    given = {param: expression for param, (_, expression) in values.items() if param not in left_out}
    sizes = {p: pair for p, pair in values.items() if p in _SIZES}
    floats = {
        p for p, (value, text) in sizes.items() if may_be_float(value) or (may_be_numpys(value) and not _is_int(text))
    }
    regularizers = {p: value for p, (value, _) in values.items() if p.endswith("_regularizer")}
    pieces = _pieces(row, given, len(args.positional), naming, floats, regularizers)
    if normalizer is not None:
        pieces.append(Piece("normalizer", request=_normalizer_request(normalizer, naming)))
    return pieces


def _is_int(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "int"


def _class_text(slot: Slot, creation: Creation, naming: Naming) -> str:
    assert creation.row is not None
    row, normalizer = creation.row, creation.normalizer
    keras = row.keras if normalizer is None else f"Normalized{row.keras}"
    if any(_may_be_frozen(use.creation) for use in slot.uses):
        keras = f"Freezable{row.keras}"
    return naming.class_texts.get(keras, f"keras.layers.{keras}")


def _repeated_request(creation: Creation, slot: Slot, naming: Naming) -> Request:
    """One layer that holds the others."""
    assert creation.row is not None
    _check_numbering(slot, creation)
    text = _class_text(slot, creation, naming)
    own = [_own_pieces(creation.row, args, creation.normalizer, naming) for args in creation.each]
    named = [Piece("name", text=naming.literal(name)) for name in creation.repeated]
    inner = [Request(text, [*own[i % len(own)], name]) for i, name in enumerate(named)]
    layers = [Piece(None, request=request) for request in inner]
    outer = Piece("name", text=naming.literal(str(slot.path[-1])))
    return Request(naming.class_texts.get("Repeated", "Repeated"), [*layers, outer])


def _check_numbering(slot: Slot, creation: Creation) -> None:
    """Raises Refusal."""
    counted = [use for use in slot.uses if use.path and use.creation is not None and use.creation.variables]
    if len({str(use.path[-1]) for use in counted}) > 1:
        text = "TF1 numbers this unnamed layer otherwise for each of the objects, or calls, that make it"
        raise Refusal("TFM204", creation.node, creation.region.module, text)


def _may_be_frozen(creation: Creation | None) -> bool:
    if creation is None or creation.row is None:
        return False
    given = given_to(creation.row, creation.args).get("trainable")
    return given is not None and given[0] != Const(True)


def _check_sites(slot: Slot, first: Creation) -> None:
    """The calls of one layer from several places must want the same layer. Raises Refusal."""
    for use in slot.uses:
        if use.creation is None:
            continue
        if use.node is first.node:
            # where the program is entered at several places, each may open arg_scopes of its own
            check_alike(use.creation, first)
        elif not wants_the_same(use.creation, first):
            raise _disagreement(use, first)


def wants_the_same(creation: Creation, first: Creation) -> bool:
    """Whether a call of a layer function may be one of the layer that another call makes."""
    wanted, other = _wanted(first), _wanted(creation)
    if creation.symbol != first.symbol or creation.repeated != first.repeated or wanted.keys() != other.keys():
        return False
    for param, (value, expression) in wanted.items():
        given, text = other[param]
        alike = ast.unparse(text) == ast.unparse(expression) and not _reads_locals(text, creation)
        if not alike and not same(value, given):
            return False
    return True


def check_alike(creation: Creation, first: Creation) -> None:
    """The runs of one call must get the same from the code around it. Raises Refusal."""
    if signature(creation) != signature(first):
        raise Refusal("TFM502", creation.node, creation.region.module, OTHERWISE)


def _wanted(creation: Creation) -> Given:
    """What decides what a layer does, by parameter; how variables start, and what they cost, is for the first call."""
    assert creation.row is not None
    parts: Given = {}
    for i, args in enumerate(creation.each):
        parts |= {f"{p} {i}" if i else p: pair for p, pair in _wanted_of(creation.row, args).items()}
    if creation.normalizer is not None:
        inner = creation.normalizer
        parts |= {f"normalizer {p}": pair for p, pair in inner.given.items() if _is_told(inner.row, p)}
        parts[inner.symbol] = (Const(inner.symbol), ast.Constant(inner.symbol))
    return parts


def _wanted_of(row: LayerRow, args: Arguments) -> Given:
    given = given_to(row, args)
    parts = {p: pair for p, pair in given.items() if _is_told(row, p) and p not in _NORMALIZER}
    parts |= {p: given[p] for p in ("updates_collections", "fused") if p in given}
    parts = {p: pair for p, pair in parts.items() if not p.endswith("_regularizer")}
    return {p: pair for p, pair in parts.items() if not p.endswith("_initializer") or pair[0] == NONE}


def _reads_locals(expression: ast.expr, creation: Creation) -> bool:
    function = creation.region.function
    if function is None:
        return False
    stores = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)}
    return bool(names & (stores | set(function.params)))


def _disagreement(use: Use, first: Creation) -> Refusal:
    text = f"this call and the one in line {first.node.lineno} share a layer and want another one"
    return Refusal("TFM304", use.node, use.region.module, text)


def _normalizer_request(normalizer: Normalizer, naming: Naming) -> Request:
    given = {param: expression for param, (_, expression) in normalizer.given.items()}
    pieces = _pieces(normalizer.row, given, 0, naming)
    pieces.append(Piece("name", text=naming.literal(str(normalizer.path[-1]))))
    keras = normalizer.row.keras
    return Request(naming.class_texts.get(keras, f"keras.layers.{keras}"), pieces)


def _pieces(
    row: LayerRow,
    given: dict[str, ast.expr],
    positions: int,
    naming: Naming,
    floats: Container[str] = (),
    regularizers: Mapping[str, Value] = MappingProxyType({}),
) -> list[Piece]:
    """The constructor's arguments but the name. positions: how many arguments the program gave by position.

    floats: the arguments that Keras takes as whole numbers alone. regularizers: what those are that regularize.
    """
    pieces: list[Piece] = []
    positional = True
    told: set[str] = set()
    for i, param in enumerate(row.params[1:], start=1):
        positional = positional and i < positions and i <= row.positional
        keras = row.keras_name(param)
        if param not in given or keras in told or not _is_told(row, param):
            positional = False
            continue
        if is_none(given[param]) and (param in NONE_IS_DEFAULT or param in row.without):
            positional = False
            told.add(keras)
            pieces += [Piece(None, text=text) for text in [row.without.get(param)] if text]
            continue
        around = ("int(", ")") if param in floats else of_the_value(regularizers.get(param), given[param])
        pieces.append(Piece(None if positional else keras, given[param], around=around))
        told.add(keras)
    for param, keras in row.twice.items():
        if param in given and keras not in given and not is_none(given[param]):
            pieces.append(Piece(keras, given[param], around=of_the_value(regularizers.get(param), given[param])))
    for keras, text in row.defaults.items():
        if keras not in told and keras not in row.call_params:
            pieces.append(Piece(keras, text=naming.literal(text.strip('"')) if text.startswith('"') else text))
    pieces += _extra(row, given)
    return pieces


def _is_told(row: LayerRow, param: str) -> bool:
    """Whether an argument goes to the constructor."""
    after = row.activates_after and param == "activation_fn"
    return not (param in DROPPED or param in row.only or row.keras_name(param) in row.call_params or after)


def _extra(row: LayerRow, given: dict[str, ast.expr]) -> list[Piece]:
    unfused = isinstance(given.get("fused"), ast.Constant) and given["fused"].value is False  # type: ignore[attr-defined]
    if row.keras == "BatchNormalization" and unfused:
        pieces = [Piece("fused_ranks", text="()")]
    else:
        pieces = [Piece(None, text=text) for text in row.extra]
    if "updates_collections" in given and is_none(given["updates_collections"]):
        pieces.append(Piece("update_in_place", text="True"))
    return pieces


def at_call(creation: Creation) -> Iterator[tuple[str, ast.expr]]:
    """What the call takes beside its inputs, by Keras' name; an activation behind it is `activation_fn`."""
    assert creation.row is not None
    yield from _at_call(creation.row, creation.given)
    if creation.normalizer is not None:
        given = {param: expression for param, (_, expression) in creation.normalizer.given.items()}
        yield from _at_call(creation.normalizer.row, given)


def _at_call(row: LayerRow, given: dict[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    for param, expression in given.items():
        if row.keras_name(param) in row.call_params:
            yield row.keras_name(param), expression
        elif row.activates_after and param == "activation_fn" and not is_none(expression):
            yield param, expression


def asks_at_call(creation: Creation) -> bool:
    """Whether the call of the layer takes more than its inputs, or does more than call it."""
    assert creation.row is not None
    normalizer = creation.normalizer
    rows = [creation.row, *([normalizer.row] if normalizer is not None else [])]
    return any(row.call_params for row in rows) or any(True for _ in at_call(creation))


def layer_call(slot: Slot, site: ast.Call, text: Callable[[ast.expr], str]) -> tuple[Argument, ...]:
    """What a library layer is called with: its input and, of some, `training`."""
    creation = next((u.creation for u in slot.uses if u.node is site and u.creation is not None), slot.first.creation)
    assert creation is not None and creation.row is not None
    row = creation.row
    if not site.args and not any(k.arg == "inputs" for k in site.keywords):  # a dictionary holds them
        arguments = [Argument(text=text(creation.given["inputs"]))]
    else:
        arguments = [Argument("inputs" if any(k.arg == "inputs" for k in site.keywords) else 0)]
    wanted = dict(at_call(creation))
    rows = [row, *([creation.normalizer.row] if creation.normalizer is not None else [])]
    for keras, expression in wanted.items():
        if keras == "activation_fn":
            continue
        if expression in site.args:
            arguments.append(Argument(site.args.index(expression), keyword=keras))
        elif any(k.value is expression for k in site.keywords):
            source = next(k.arg for k in site.keywords if k.value is expression)
            arguments.append(Argument(source, keyword=keras))
        else:
            arguments.append(Argument(text=text(expression), keyword=keras))
    for param in (p for r in rows for p in r.call_params):
        if param not in wanted:
            default = next(r.defaults.get(param, "False") for r in rows if param in r.call_params)
            arguments.append(Argument(text=default, keyword=param))
    return tuple(arguments)


def activation_after(slot: Slot, site: ast.Call) -> ast.expr | None:
    """The function that is applied to what the layer returns."""
    creation = next((u.creation for u in slot.uses if u.node is site and u.creation is not None), slot.first.creation)
    assert creation is not None and creation.row is not None
    pair = given_to(creation.row, creation.args).get("activation_fn") if creation.row.activates_after else None
    return pair[1] if pair is not None and pair[0] != NONE else None


def invoke_layer(target: str, slot: Slot, site: ast.Call, text: Callable[[ast.expr], str]) -> Invoke:
    """The call of the layer, with the activation around it."""
    arguments = layer_call(slot, site, text)
    function = activation_after(slot, site)
    if function is None:
        return Invoke(target, arguments)
    shown = text(function)
    return Invoke(target, arguments, shown if isinstance(function, (ast.Name, ast.Attribute)) else f"({shown})")
