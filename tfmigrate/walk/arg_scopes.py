"""slim's `arg_scope`: defaults for the arguments of the layer functions that are called inside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.program.link import Function, Module
from tfmigrate.program.opening import heads, is_idle, kept_by, only_opens
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.defaults import Default, anywhere
from tfmigrate.walk.evaluate import Evaluator
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
    # whether it takes the place of those that are open, rather than adding to them
    alone: bool = False
    # the block that bound what is entered again
    origin: ast.With | None = None


@dataclass(eq=False)
class KeptArguments(Opaque):
    """What `arg_scope(...) as scope` binds: all defaults that hold inside. makers: the functions that returned it."""

    block: ast.With
    defaults: Defaults
    known: bool
    makers: list[Function] = field(default_factory=list)


@dataclass(frozen=True)
class _Open:
    block: ast.With
    defaults: Defaults
    known: bool
    origin: ast.With | None = None


class ArgScopes(Scopes):
    """Which defaults hold where."""

    def __init__(self) -> None:
        super().__init__()
        self._arg_scopes: list[_Open] = []
        self._alike: dict[ast.Call, Creation] = {}
        # all blocks that do nothing but open arg_scopes
        self.arg_scope_blocks: set[ast.With] = set()
        # the statements that do nothing but get what they enter again
        self.arg_scope_sources: dict[ast.Call, ast.Assign] = {}

    def _arg_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        functions = args.get(0, "list_ops_or_scope")
        if isinstance(functions, KeptArguments):
            return self._again(ev, functions, args, node)
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

    def _again(self, ev: Evaluator, kept: KeptArguments, args: Arguments, node: ast.Call) -> Value:
        """An arg_scope is entered again: what it said holds, and nothing else."""
        expression = node.args[0] if node.args else node.keywords[0].value
        if isinstance(expression, ast.Call):
            seen = bool(kept.makers) and all(only_opens(maker) for maker in kept.makers) and is_idle(expression)
        elif isinstance(expression, ast.Name) and kept.makers:
            tree = ev.frame.module.tree if ev.frame.function is None else ev.frame.function.node
            source = kept_by(tree, expression.id)
            seen = source is not None and all(only_opens(maker) for maker in kept.makers)
            if source is not None:
                self.arg_scope_sources[node] = source
        else:
            seen = isinstance(expression, ast.Name)
        if not seen or len(args.positional) + len(args.keywords) != 1:
            self.blame(
                "TFM507", node, ev, "it cannot be seen that what is entered again here is an arg_scope and no more"
            )
        known = kept.known and seen
        return ArgScope(node, ev.frame.module, kept.defaults, known, True, None if kept.makers else kept.block)

    def _returned(self, function: Function | None, value: Value) -> None:
        """A function returns something."""
        if isinstance(value, KeptArguments) and function is not None and function not in value.makers:
            value.makers.append(function)

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With, expression: ast.expr) -> Value:
        if not isinstance(context, ArgScope):
            return super().enter_block(ev, context, node, expression)
        self.consulted += 1
        outer = self._arg_scopes[-1] if self._arg_scopes else _Open(node, {}, True)
        if context.alone:
            outer = _Open(node, {}, True)
        merged = {key: dict(defaults) for key, defaults in outer.defaults.items()}
        for key, defaults in context.defaults.items():
            merged.setdefault(key, {}).update(defaults)
        alone = _is_alone(context, node, ev)
        self._arg_scopes.append(_Open(node, merged, outer.known and context.known and alone, context.origin))
        if context.known and not alone:
            self.blame("TFM507", node, ev, "this arg_scope is opened together with something else, or kept")
        self.arg_scope_blocks.add(node)
        return KeptArguments(node, merged, self._arg_scopes[-1].known)

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None:
        if isinstance(context, ArgScope):
            self._arg_scopes.pop()
        else:
            super().leave_block(ev, context, node)

    def _open_arg_scopes(self) -> tuple[ast.With, ...]:
        origins = (opened.origin for opened in self._arg_scopes if opened.origin is not None)
        return tuple(dict.fromkeys([*(opened.block for opened in self._arg_scopes), *origins]))

    def _gives(self, name: str) -> bool:
        """Whether an arg_scope that is open may give a function of the library its arguments."""
        return any(not opened.known or name in opened.defaults for opened in self._arg_scopes[-1:])

    def _default_of(self, row: LayerRow, param: str) -> Default | None:
        """What the open arg_scopes say of a parameter."""
        return self._arg_scopes[-1].defaults.get(row.key, {}).get(param) if self._arg_scopes else None

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
            expression = anywhere(default, ev.frame) or (default.expression if default.frame is ev.frame else None)
            if expression is None:
                text = f"the arg_scope that gives {param} stands in another function, and its value is no literal"
                self.blame("TFM507", node, ev, text)
                continue
            keywords[param] = (default.value, expression)
        return Arguments(args.positional, keywords, args.star, more=args.more)


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
    fine = {id(call.args[0]) for call in heads(body) if call.args}
    if ev.frame.function is not None and only_opens(ev.frame.function):
        fine |= {id(statement.value) for statement in ast.walk(body) if isinstance(statement, ast.Return)}
    loads = (n for n in ast.walk(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return not any(load.id in aliases and id(load) not in fine for load in loads)
