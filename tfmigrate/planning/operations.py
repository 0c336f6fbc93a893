"""Layer functions that keep no state become operations, at every call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from tfmigrate.planning.cells import are_made, is_state, is_step, run
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.library import check_alike
from tfmigrate.planning.units import Member
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.sites import Argument, Invoke, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.tf1.emitted_cells import EMITTED_CELLS
from tfmigrate.walk.regions import Creation, Region
from tfmigrate.walk.values import Const, Value, is_tensor

Text = Callable[[ast.expr], str]


def inline_creations(region: Region, blocks: Iterable[ast.With]) -> Iterator[Creation]:
    """The stateless layers that the code of a region calls."""
    for event in region.events:
        if isinstance(event, Creation) and event.is_operation:
            yield event
        elif (
            isinstance(event, Region)
            and event.is_block
            and (event.node in set(blocks) or isinstance(region.node, ast.Call))
        ):
            yield from inline_creations(event, blocks)


def plain_operations(classes: Classification, migrated: Container[Member | None], sites: dict[Module, Sites]) -> None:
    """The stateless layers that code calls which becomes no layer.

    A file in which nothing else changes and layers stay needs TensorFlow 1 as before, and is left alone.
    migrated: what becomes a layer.
    """
    found: dict[ast.Call, list[Creation]] = {}
    staying: set[Module] = set()
    cells: set[bool] = set()
    for creation in (creation for walk in classes.walks for creation in walk.root.creations()):
        module = creation.region.module
        if not creation.is_operation:
            if creation.is_cell:
                cells.add(_is_done(creation, sites) or _layer_around(creation.region, classes) in migrated)
            if not sites.get(module, Sites()).items:
                staying.add(module)
        elif _layer_around(creation.region, classes) is None:
            found.setdefault(creation.node, []).append(creation)
    for node, creations in found.items():
        module = creations[0].region.module
        if is_step(creations) or _is_done(creations[0], sites) or module in staying:
            continue
        if is_state(creations) and cells == {False}:
            continue
        if any(not is_synthetic(e) and not _stands_in(e, node) for c in creations for e in c.given.values()):
            continue
        if not all(are_made(creation, sites) for creation in creations):
            continue
        try:
            action = operation(creations, module, lambda e, m=module: source(m, e))  # type: ignore[misc]
        except Refusal:
            continue
        sites.setdefault(module, Sites()).add("tf_layers", span(module, node), action)


def _is_done(creation: Creation, sites: Mapping[Module, Sites]) -> bool:
    module = creation.region.module
    return any(span(module, creation.node) == site.span for site in sites.get(module, Sites()).items)


def _layer_around(region: Region, classes: Classification) -> Member | None:
    """The layer whose code it is that asks, which rewrites it with its body."""
    return classes.member_of(classes.code_around(region))


def _stands_in(expression: ast.expr, node: ast.Call) -> bool:
    return any(expression is part for part in ast.walk(node))


def operation(creations: list[Creation], module: Module, text: Text) -> Invoke | Replace:
    """The operation that all these runs of one call are. Raises Refusal."""
    first = creations[0]
    assert first.row is not None
    if first.row.operation in EMITTED_CELLS:
        return run(first, module)
    for other in creations[1:]:
        check_alike(other, first)
    if first.row.operation in ("max_pool2d", "avg_pool2d"):
        return _pool(first, module, text)
    flag = "training" if first.row.operation == "dropout" else "is_training"
    tensors = [creation for creation in creations if is_tensor(_value(creation, flag))]
    if not tensors or len(tensors) == len(creations):
        return _dropout(first, module, text, flag)
    others = [creation for creation in creations if creation not in tensors]
    if not isinstance(first.given.get(flag), (ast.Name, ast.Attribute)):
        message = "training is a tensor in one call and True or False in another"
        raise Refusal("TFM502", first.node, module, message)
    return _either(tensors[0], others[0], module, text, flag)


def _either(by_tensor: Creation, by_flag: Creation, module: Module, text: Text, flag: str) -> Replace:
    """The same where training is a tensor in one call, and True or False in another."""
    on, off = _dropout(by_tensor, module, text, flag), _dropout(by_flag, module, text, flag)
    assert isinstance(on, Replace) and isinstance(off, Invoke)
    given = by_flag.given
    arguments = [text(given["inputs"]), *(f"{a.keyword}={a.text}" for a in off.arguments if a.keyword == "rate")]
    arguments += [f"seed={text(given['seed'])}"] if "seed" in given else []
    training = text(given[flag])
    library = tensorflow_alias(module)
    plain = f"{off.callee}({', '.join(arguments)})"
    line = module.text.splitlines()[by_tensor.node.lineno - 1]
    below = "\n" + " " * (by_tensor.node.col_offset + 1 - (len(line) - len(line.lstrip())))
    return Replace(f"({on.text}{below}if {library}.is_tensor({training}){below}else {plain})")


def _value(creation: Creation, param: str) -> Value | None:
    assert creation.row is not None
    return creation.args.get(creation.row.params.index(param), param)


def _dropout(creation: Creation, module: Module, text: Text, flag: str) -> Invoke | Replace:
    """`dropout(x, rate, training=t)` as an operation: the rate is 0 where it is not training."""
    node, given = creation.node, creation.given
    library = tensorflow_alias(module)
    if flag == "training":
        rate = text(given["rate"]) if "rate" in given else "0.5"
        training = text(given["training"]) if "training" in given else "False"
    else:
        rate = _complement(given["keep_prob"], text) if "keep_prob" in given else "0.5"
        training = text(given["is_training"]) if "is_training" in given else "True"
    seed = [Argument(text=text(given["seed"]), keyword="seed")] if "seed" in given else []
    if is_tensor(_value(creation, flag)):
        _check_inputs(creation, module)
        inputs = text(given["inputs"])
        more = f", seed={text(given['seed'])}" if "seed" in given else ""
        apply = f"{library}.nn.dropout({inputs}, rate={rate}{more})"
        return Replace(f"{library}.cond({training}, lambda: {apply}, lambda: {library}.identity({inputs}))")
    chosen = {"True": rate, "False": "0.0"}.get(training, f"{rate} if {training} else 0.0" if rate != "0.0" else rate)
    arguments = [_inputs(node), Argument(text=chosen, keyword="rate"), *seed]
    arguments += [Argument(k.arg, keyword=k.arg) for k in node.keywords if k.arg == "name"]
    return Invoke(f"{library}.nn.dropout", tuple(arguments))


def _check_inputs(creation: Creation, module: Module) -> None:
    """The branches of a condition each name the inputs, and may not make a layer of them. Raises Refusal."""
    inputs = creation.given["inputs"]
    inside = set(ast.walk(inputs))
    for event in creation.region.events:
        makes = isinstance(event, Creation) or (isinstance(event, Region) and any(True for _ in event.creations()))
        if makes and event.node in inside:
            message = "what this drops a part of makes variables, and training is a tensor: give it a name before"
            raise Refusal("TFM502", inputs, module, message)


def _complement(keep: ast.expr, text: Text) -> str:
    if isinstance(keep, ast.Constant) and isinstance(keep.value, (int, float)):
        return repr(round(1 - keep.value, 12))
    shown = text(keep)
    return f"1 - {shown}" if isinstance(keep, (ast.Name, ast.Attribute, ast.Call)) else f"1 - ({shown})"


def _pool(creation: Creation, module: Module, text: Text) -> Invoke:
    assert creation.row is not None
    given = creation.given
    size = Argument(text=text(given["kernel_size"]))
    stride = text(given["stride"]) if "stride" in given else "2"
    padding = text(given["padding"]).upper() if "padding" in given else '"VALID"'
    if "padding" in given and not isinstance(_value(creation, "padding"), Const):
        raise Refusal("TFM502", creation.node, module, "the padding of this pooling cannot be known")
    if "padding" in given and not isinstance(given["padding"], ast.Constant):
        padding = f"{text(given['padding'])}.upper()"
    arguments = (_inputs(creation.node), size, Argument(text=stride), Argument(text=padding))
    return Invoke(f"{tensorflow_alias(module)}.nn.{creation.row.operation}", arguments)


def _inputs(node: ast.Call) -> Argument:
    return Argument("inputs" if any(k.arg == "inputs" for k in node.keywords) else 0)
