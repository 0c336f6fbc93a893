"""slim's `arg_scope`: defaults for the arguments of the layer functions that are called inside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.program.link import Module
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk.defaults import Default, anywhere
from tfmigrate.walk.evaluate import Arguments, Evaluator
from tfmigrate.walk.regions import Creation
from tfmigrate.walk.scoping import Scopes
from tfmigrate.walk.values import Library, ListValue, Opaque, TupleValue, Value

_HOMES = ("tf.contrib.", "tf_slim.")


Defaults = dict[str, dict[str, Default]]
"""By the function they are for, and by parameter."""


@dataclass(eq=False)
class ArgScope(Opaque):
    """The result of `arg_scope(...)`. known: whether all that it says can be seen."""

    node: ast.Call
    module: Module
    defaults: Defaults = field(default_factory=dict)
    known: bool = True


@dataclass(frozen=True)
class _Open:
    block: ast.With
    defaults: Defaults
    known: bool


class ArgScopes(Scopes):
    """Which defaults hold where."""

    def __init__(self) -> None:
        super().__init__()
        self._arg_scopes: list[_Open] = []
        self._alike: dict[ast.Call, Creation] = {}
        # all blocks that do nothing but open arg_scopes
        self.arg_scope_blocks: set[ast.With] = set()

    def _arg_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        functions = args.get(0, "list_ops_or_scope")
        opened = ArgScope(node, ev.frame.module)
        names = _names(functions)
        if names is None or args.star or len(args.positional) > 1:
            self.blame("TFM507", node, ev, "the functions that this arg_scope is for cannot be seen here")
            opened.known = False
            return opened
        given = {key: pair for key, pair in args.keywords.items() if key != "list_ops_or_scope"}
        for name in names:
            key = LAYERS[name].key if name in LAYERS else name
            opened.defaults.setdefault(key, {}).update({k: Default(v, e, ev.frame) for k, (v, e) in given.items()})
        return opened

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With) -> Value:
        if not isinstance(context, ArgScope):
            return super().enter_block(ev, context, node)
        self.consulted += 1
        outer = self._arg_scopes[-1] if self._arg_scopes else _Open(node, {}, True)
        merged = {key: dict(defaults) for key, defaults in outer.defaults.items()}
        for key, defaults in context.defaults.items():
            merged.setdefault(key, {}).update(defaults)
        self._arg_scopes.append(_Open(node, merged, outer.known and context.known))
        if context.known and not _is_alone(context, node, ev):
            self.blame("TFM507", node, ev, "this arg_scope is opened together with something else, or kept")
        self.arg_scope_blocks.add(node)
        return context

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None:
        if isinstance(context, ArgScope):
            self._arg_scopes.pop()
        else:
            super().leave_block(ev, context, node)

    def _open_arg_scopes(self) -> tuple[ast.With, ...]:
        return tuple(opened.block for opened in self._arg_scopes)

    def _gives(self, name: str) -> bool:
        """Whether an arg_scope that is open may give a function of the library its arguments."""
        return any(not opened.known or name in opened.defaults for opened in self._arg_scopes[-1:])

    def _with_defaults(self, ev: Evaluator, row: LayerRow, args: Arguments, node: ast.Call) -> Arguments:
        """The arguments of a call, with those that it gets from the arg_scopes around it."""
        if not row.key or not self._arg_scopes:
            return args
        current = self._arg_scopes[-1]
        if not current.known:
            self.blame("TFM507", node, ev, "this call stands in an arg_scope that cannot be seen")
        keywords = dict(args.keywords)
        for param, default in current.defaults.get(row.key, {}).items():
            if param in keywords or param in row.preset:
                continue
            if param in row.params[: len(args.positional)]:
                self.blame("TFM502", node, ev, f"{param} is given by position and by an arg_scope; TF1 raises here")
                continue
            expression = anywhere(default, ev) or (default.expression if default.frame is ev.frame else None)
            if expression is None:
                text = f"the arg_scope that gives {param} stands in another function, and its value is no literal"
                self.blame("TFM507", node, ev, text)
                continue
            keywords[param] = (default.value, expression)
        return Arguments(args.positional, keywords, args.star)


def _names(functions: Value | None) -> list[str] | None:
    """The library functions of a list; None if it is no such list."""
    if not isinstance(functions, (ListValue, TupleValue)) or not getattr(functions, "complete", True):
        return None
    names = [item.name for item in functions.items if isinstance(item, Library) and item.name.startswith(_HOMES)]
    return names if len(names) == len(functions.items) else None


def _is_alone(context: ArgScope, node: ast.With, ev: Evaluator) -> bool:
    """Whether a block opens arg_scopes only, each written in its head, and nothing reads them."""
    for item in node.items:
        call = item.context_expr
        if not isinstance(call, ast.Call) or not unparsed(call.func).endswith("arg_scope"):
            return False
    if all(item.context_expr is not context.node for item in node.items):
        return False
    aliases = {i.optional_vars.id for i in node.items if isinstance(i.optional_vars, ast.Name)}
    if any(i.optional_vars is not None and not isinstance(i.optional_vars, ast.Name) for i in node.items):
        return False
    body = ev.frame.function.node if ev.frame.function is not None else ev.frame.module.tree
    loads = (n.id for n in ast.walk(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return not aliases & set(loads) if aliases else True
