"""What remains of a scope block that makes no variable by itself: a name scope, or nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.looping import scope_text
from tfmigrate.planning.making import Naming
from tfmigrate.planning.requests import file_quote
from tfmigrate.planning.segments import has_segments, scope_name, segment_texts
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Module
from tfmigrate.program.render import render
from tfmigrate.program.scan import arguments_of
from tfmigrate.sites import NameScope, Unwrap
from tfmigrate.tf1.layers import VARIABLE_SCOPE
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import Const


def name_scope(
    block: ast.With,
    makes: bool,
    module: Module,
    spelled: dict[str, str],
    regions: Sequence[Region],
    kept: bool = False,
) -> Unwrap | NameScope:
    """What remains of a scope block that makes no variable by itself. Raises Refusal.

    kept: whether this is plain code, where the program may still ask for the scope.
    """
    call = block.items[0].context_expr
    name = scope_name(call)
    if name is None or reenters(name) or (regions and all(region.name is None for region in regions)):
        return Unwrap()

    def substitute(node: ast.expr) -> str | None:
        return spelled.get(node.id) if isinstance(node, ast.Name) else None

    def show(node: ast.expr) -> str:
        return render(module, node, substitute)

    again = any(region.by_object for region in regions)
    counted = again or may_be_counted(call)
    text = _counted_name(call, module, regions, show) if counted else show(name)
    if again and kept and isinstance(name, ast.Attribute) and all(len(region.path) == 1 for region in regions):
        text = f"{show(name)}.name"
    if text is None and again:
        raise Refusal("TFM205", block, module, "a scope that was left is entered again by its object")
    segments = None if again or not makes or not has_segments(regions) else segments_at(block, regions, module, show)
    if text is None and not makes:
        return Unwrap()
    if text is None:
        raise Refusal(
            "TFM204", block, module, "TF1 gives this scope a name and counts, which is not the same for all calls"
        )
    named = kept and any(region.named for region in regions)
    if makes and (named or any(region.trains for region in regions)):
        # an optimizer names what it adds after the variable scope, or the program itself asks for the name
        beside = f"{tensorflow_alias(module)}.variable_scope({text}, auxiliary_name_scope=False)"
        *outer, inner = [f"keras.name_scope({segment})" for segment in segments or [text]]
        return NameScope(inner, (beside, *outer), named)
    if segments is not None:
        *outer, inner = [f"keras.name_scope({segment})" for segment in segments]
        return NameScope(inner, tuple(outer))
    library = "keras" if makes else render(module, call.func.value, lambda _: None)  # type: ignore[attr-defined]
    return NameScope(f"{library}.name_scope({text})")


def segments_at(
    block: ast.With, regions: Sequence[Region], module: Module, show: Callable[[ast.expr], str]
) -> list[str]:
    """The names that a block opens one in another. Raises Refusal."""
    texts = segment_texts(block.items[0].context_expr, regions, Naming(file_quote(module), {}), show)
    if texts is None:
        text = "this scope's name has slashes, and what stands between them cannot be told apart"
        raise Refusal("TFM202", block, module, text)
    return texts


def may_be_counted(call: ast.expr) -> bool:
    """Whether a scope has a default name, and the name that it is given may be None."""
    given = arguments_of(call, VARIABLE_SCOPE) if isinstance(call, ast.Call) else {}
    name = given.get("name_or_scope")
    return "default_name" in given and not (isinstance(name, ast.Constant) and name.value is not None)


def _counted_name(
    call: ast.expr, module: Module, regions: Sequence[Region], show: Callable[[ast.expr], str]
) -> str | None:
    """The name that such a scope has, as text; None where it is not known or not always the same."""
    naming = Naming(file_quote(module), {})
    numbers = [region.number for region in regions]
    if any(number is not None for number in numbers):
        return scope_text(numbers, call, module, naming, show)
    found = {region.path[-1] for region in regions if region.path}
    last = found.pop() if len(found) == 1 else None
    return naming.literal(str(last.value)) if isinstance(last, Const) else None


def reenters(name: ast.expr) -> bool:
    """Whether a block enters the scope that is open, `tf.get_variable_scope()`."""
    return isinstance(name, ast.Call) and ast.unparse(name.func).endswith("get_variable_scope")
