"""Loops that make one layer each round: what holds the layers, and how one of them is reached."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.making import Inlined, Naming, Piece
from tfmigrate.planning.slots import Slot, Use, counted_loops, deciding_loops, number_of, own_path
from tfmigrate.program.link import Module
from tfmigrate.program.rounds import LOOPS, Loop, counter_of, is_iterator, is_spent, length_of
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.sites import CountRounds
from tfmigrate.walk.numbering import Number
from tfmigrate.walk.values import Const, LoopIndex


def is_counted(slot: Slot, loop: ast.AST) -> bool:
    """Whether TF1 numbers what a loop makes for a slot, so that it goes by the number of the round."""
    return any(loop in counted_loops(own_path(slot, use)) for use in slot.uses)


def loops_at(slot: Slot, site: ast.AST) -> list[ast.AST]:
    """The loops around a site that decide which of a list of layers is asked for there. Raises Refusal."""
    use = next((use for use in slot.uses if use.node is site), slot.first)
    found, counted = deciding_loops(slot, use), counted_loops(own_path(slot, use))
    if len(found) == len(slot.loops) and set(counted) <= set(found):
        return found
    if counted:
        text = "this asks for layers which a loop makes and numbers, and no loop here counts them"
        raise Refusal("TFM204", site, use.region.module, text)
    return slot.loops


def check_rounds(slot: Slot, module: Module) -> None:
    """What layers are made for has to be there for the calls as well. Raises Refusal."""
    for loop in slot.loops:
        assert isinstance(loop, LOOPS)
        names = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
        given = (use.region.frame.given.get(name) for use in slot.uses for name in names)
        if is_spent(loop, module) or any(is_iterator(expression) for expression in given):
            text = "the loop runs over what can be gone through only once, and its layers are made before"
            raise Refusal("TFM401", slot.site(), module, text)


def number_piece(slot: Slot, naming: Naming) -> Piece | None:
    """The name that TF1 gives in a loop, or behind one; None where it is a plain text. Raises Refusal."""
    number = number_of(slot.first)
    if number is None:
        return None
    module = slot.first.region.module
    own = number.rounds.loop if number.rounds is not None else None
    numbers = [number_of(use) for use in slot.uses if use.node is slot.site()]
    if not _is_for_all(numbers, slot.site(), module) or own not in (None, *slot.loops):
        text = "TF1 numbers this otherwise for each of the objects, or calls, that make it"
        raise Refusal("TFM204", slot.site(), module, text)
    lengths = tuple(length for rounds in number.before.loops if (length := length_of(rounds.loop)) is not None)
    return Piece("name", Inlined(lengths, lambda render: name_text(number, naming, render)))


def name_text(number: Number, naming: Naming, show: Callable[[ast.expr], str]) -> str:
    """The name as Python writes it: `f"dense_{i}" if i else "dense"`."""
    text, test = number.text(show), number.zero_test(show)
    quote = naming.quote
    if text.isdigit():
        return naming.literal(f"{number.base}_{text}" if text != "0" else number.base)
    if quote in text:
        quote = "'" if quote == '"' else '"'
    name = f"f{quote}{number.base}_{{{text}}}{quote}"
    if quote in text or "\\" in text or "{" in text:
        name = f"{naming.literal(number.base + '_%d')} % ({text})"
    return name if test is None else f"{name} if {test} else {naming.literal(number.base)}"


def scope_text(
    numbers: Sequence[Number | None], site: ast.AST, module: Module, naming: Naming, show: Callable[[ast.expr], str]
) -> str | None:
    """The name of a scope that TF1 numbers, at its block; None where it is not the same for all calls."""
    number = numbers[0]
    around = {*ancestors(module, site)}
    if number is None or not _is_for_all(numbers, site, module):
        return None
    return name_text(number, naming, show) if number.rounds is None or number.rounds.loop in around else None


def _is_for_all(numbers: Sequence[Number | None], site: ast.AST, module: Module) -> bool:
    """Whether one text is right for all numbers, and can be written in the code of a site."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or any(_form(number) != _form(known[0]) for number in known):
        return False
    return all(_code(rounds.module, rounds.loop) is _code(module, site) for n in known for rounds in n.loops())


def _form(number: Number) -> object:
    steps = [(rounds.loop, rounds.made[0]) for rounds in number.loops()]
    return number.base, number.before.plain, number.place, steps


def _code(module: Module, node: ast.AST) -> ast.AST:
    """The function or file whose code a node is."""
    return next(functions_around(module, node), module.tree)


def dict_key(slot: Slot, loop: Loop) -> str | None:
    """The key of a dictionary of layers; None where a list does, because the loop counts."""
    call = loop.iter
    counts = (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("range", "xrange", "enumerate")
    )
    return None if counts or is_counted(slot, loop) else _key(slot, loop)


def _key(slot: Slot, loop: Loop) -> str:
    """What a layer is kept by: the target, or that part of it which names the layer. Raises Refusal."""
    target = loop.target
    parts = {part.id for part in target.elts if isinstance(part, ast.Name)} if isinstance(target, ast.Tuple) else set()
    if not parts:
        return ast.unparse(target)
    found = parts & {index.text for use in slot.uses for index in _naming_indices(slot, use)}
    if len(found) > 1:
        text = "the loops over these layers give their names in other places"
        raise Refusal("TFM204", slot.site(), slot.first.region.module, text)
    return found.pop() if found else ast.unparse(target)


def _naming_indices(slot: Slot, use: Use) -> Iterator[LoopIndex]:
    """What loops give a path that is another text in each round."""
    for segment in own_path(slot, use):
        for part in segment.parts if not isinstance(segment, Const) else ():
            if type(part) is LoopIndex and not part.may_repeat and part.values is not None:
                yield part


def index_text(slot: Slot, loop: Loop, module: Module) -> str:
    """How the element of this round is reached in a list or dictionary of layers."""
    call = loop.iter
    if isinstance(loop, ast.For) and is_counted(slot, loop):
        return counter_of(loop, module).text
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        if call.func.id in ("range", "xrange"):
            index = ast.unparse(loop.target)
            if len(call.args) == 1:
                return index
            start = ast.unparse(call.args[0])
            return index if start == "0" else f"{index} - {start}"
        if call.func.id == "enumerate" and isinstance(loop.target, ast.Tuple):
            index = ast.unparse(loop.target.elts[0])
            return index if len(call.args) == 1 else f"{index} - {ast.unparse(call.args[1])}"
    assert isinstance(loop, LOOPS)
    return _key(slot, loop)


def head_text(loop: Loop, counted: bool, module: Module, show: Callable[[ast.AST], str]) -> str:
    """`for i in range(n)`, with what counts the rounds if that is asked for."""
    counter = counter_of(loop, module) if counted and isinstance(loop, ast.For) else None
    if counter is None or counter.target is None:
        return f"for {show(loop.target)} in {show(loop.iter)}"
    over = f"enumerate({show(loop.iter)})" if counter.enumerated else show(loop.iter)
    return f"for {counter.target} in {over}"


def counting(loop: ast.For, module: Module) -> CountRounds | None:
    """What a loop that is rewritten needs to count its rounds; None if it counts them already."""
    counter = counter_of(loop, module)
    return None if counter.target is None else CountRounds(counter.target, counter.enumerated)
