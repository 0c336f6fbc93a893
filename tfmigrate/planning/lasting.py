"""Lists of variables by name that hold the same ones before and after, so that their text may stay.

In a graph TensorFlow keeps the variables of Keras layers in its own collections. Of their names there only the last
segment is the old one (`outer/kernel_1:0` for `outer/inner/dense/kernel`). A question that this segment alone can
answer has the same answer as ever. The order of the collection is another one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tfmigrate.planning.classification import Classification
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.operate import is_number
from tfmigrate.walk.regions import Creation, Path, Query, Variable, around, root_of
from tfmigrate.walk.values import Const

# what cannot lie across two segments, nor reach into the number that TensorFlow makes a name unique by
_WITHIN_A_SEGMENT = re.compile(r"[^\W\d]*[^\W\d_]")
# takes a whole list, in any order
_FOLDS = re.compile(r"(^|\.)(add_n|accumulate_n|sum|reduce_sum|fsum)$")
_OPTIMIZERS = re.compile(r"\.(minimize|compute_gradients)$")


class Lasting:
    """Knows what names may come to stand in front of a variable's own."""

    def __init__(self, classes: Classification) -> None:
        self._classes = classes
        self._loose: dict[Module, list[str | None]] = {}

    def stays_right(self, query: Query, reads: Iterable[ast.Attribute]) -> bool:
        """Whether a comprehension over a collection gives the same variables if it is left alone. reads: of names."""
        if not query.whole or query.kind != "trainable" or query.source is None or not isinstance(query.node, ast.expr):
            return False
        module = query.region.module
        if not is_folded(query.node, module):
            return False
        texts = [_asked(read, module) for read in reads]
        return bool(texts) and all(text is not None and self._is_in_last_names(text, query) for text in texts)

    def _is_in_last_names(self, text: str, query: Query) -> bool:
        assert query.source is not None
        if not _WITHIN_A_SEGMENT.fullmatch(text) or not all(_tells_by_last_name(text, v) for v in query.source):
            return False
        return not any(_may_hold(piece, text) for piece in self._names_in_front(query))

    def _names_in_front(self, query: Query) -> Iterator[str | None]:
        """What layers and the name scopes of operations put there that TF1 did not."""
        for member in self._classes.units.values():
            if member.adds_segment:
                known = (member.name, member.own_segment, member.cls.name if member.cls else "")
                yield from (name.lower() for name in known)
        assert query.source is not None
        variables = set(query.source)
        for creation in root_of(query.region).creations():
            if not variables.isdisjoint(creation.variables):
                yield from _scopes_around(creation)
        modules = {region.module for region in self._classes.regions()}
        yield from (piece for module in modules for piece in self._loose_scopes(module))

    def _loose_scopes(self, module: Module) -> list[str | None]:
        """The scopes that a file opens otherwise than by `with`."""
        if module not in self._loose:
            calls = set(filter(_opens_scope, module.of_kind(ast.Call)))
            blocks = (item.context_expr for block in module.of_kind(ast.With) for item in block.items)
            calls -= {call for call in blocks if isinstance(call, ast.Call)}
            self._loose[module] = [piece for call in calls for piece in _pieces(call)]
        return self._loose[module]


def _scopes_around(creation: Creation) -> Iterator[str | None]:
    """The names of the scopes for operations in which variables are made."""
    nodes: list[tuple[ast.AST, Module]] = [(creation.node, creation.region.module)]
    for region in around(creation.region):
        if region.node is not None and region.parent is not None:
            nodes.append((region.node, region.parent.module))
    blocks = {outer for node, module in nodes for outer in ancestors(module, node) if isinstance(outer, ast.With)}
    for item in (item for block in blocks for item in block.items):
        if isinstance(item.context_expr, ast.Call) and _opens_scope(item.context_expr):
            yield from _pieces(item.context_expr)


def _opens_scope(call: ast.Call) -> bool:
    return unparsed(call.func).rsplit(".", 1)[-1] in ("name_scope", "op_scope")


def _pieces(call: ast.Call) -> Iterator[str | None]:
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _asked(read: ast.Attribute, module: Module) -> str | None:
    """The text of `"text" in v.name`, or `not in`."""
    parent = next(ancestors(module, read))
    if not isinstance(parent, ast.Compare) or len(parent.ops) != 1 or parent.comparators[0] is not read:
        return None
    wanted = parent.left.value if isinstance(parent.left, ast.Constant) else None
    return wanted if isinstance(parent.ops[0], (ast.In, ast.NotIn)) and isinstance(wanted, str) else None


def is_folded(node: ast.expr, module: Module) -> bool:
    """Whether the order of the list makes no difference to what is done with it."""
    parent, call, *_ = ancestors(module, node)
    if isinstance(parent, ast.keyword):
        return parent.arg == "var_list" and isinstance(call, ast.Call) and bool(_OPTIMIZERS.search(unparsed(call.func)))
    return isinstance(parent, ast.Call) and node in parent.args and bool(_FOLDS.search(unparsed(parent.func)))


def _tells_by_last_name(text: str, variable: Variable) -> bool:
    """Whether the text is in no segment but the last, and there as much as in the name that Keras gives it."""
    if variable.path is None:
        return True  # a `tf.Variable`, which stays what it is
    if any(_may_hold(segment, text) for segment in _segments(variable.path[:-1])):
        return False
    return variable.keras_name is None or (text in str(variable.path[-1])) == (text in variable.keras_name)


def _segments(path: Path) -> Iterator[str | None]:
    """What is known of the segments in pieces; None for what may be anything."""
    for segment in path:
        if isinstance(segment, Const):
            yield str(segment.value)
            continue
        for part in segment.parts:
            yield part if isinstance(part, str) else "" if is_number(part) else None


def _may_hold(piece: str | None, text: str) -> bool:
    return piece is None or text in piece
