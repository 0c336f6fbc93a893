"""The scopes of TensorFlow 1: how they are opened, entered, entered again and left."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.tf1.layers import SCOPE_ARGUMENTS, VARIABLE_SCOPE
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.default_names import DefaultNames
from tfmigrate.walk.defaults import Default, anywhere
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.journal import depth_of, snapshot, unsure_attributes
from tfmigrate.walk.naming import dtype_of
from tfmigrate.walk.objects import CreatorScope, Graph, GraphScope, OpenScope
from tfmigrate.walk.records import Reentry, ScopeCall
from tfmigrate.walk.regions import Region, Scope, around, path_of, show_path
from tfmigrate.walk.regularizing import fault, no_initializer
from tfmigrate.walk.state import State, run_time_state
from tfmigrate.walk.unseen import Block, Unseen, is_unseen_block, name_of_graph
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Library,
    Opaque,
    Value,
)

AUTO = "auto"


class Scopes(DefaultNames, Unseen):
    """Variable scopes and graphs."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[Block] = []
        # the calls that make sessions of graphs, which are entered with them
        self._sessions: dict[ast.expr, Graph] = {}
        # where the initializer and the regularizer come from that a call gets from its scope
        self._origins: dict[tuple[ast.Call, str], tuple[object, tuple[Value, ast.expr] | None]] = {}

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With, expression: ast.expr) -> Value:
        if isinstance(context, Opaque):
            self.consulted += 1
        graph = context.graph if isinstance(context, GraphScope) else self._sessions.get(expression)
        unseen = is_unseen_block(ev, context, expression)
        unknown = name_of_graph(ev, expression) if graph is None else None
        self._blocks.append(Block(expression, ev.frame.module, unseen, graph, unknown))
        if graph is not None:
            self._enter_graph(graph)
        if isinstance(context, GraphScope):
            return context.graph
        if isinstance(context, CreatorScope):
            self._creators.append(context)
        if not isinstance(context, OpenScope):
            return TENSOR if isinstance(context, Library) else UNKNOWN
        if all(item.context_expr is not context.node for item in node.items):
            self._blame_at(
                "TFM205",
                context.node,
                context.module,
                "this scope is opened in another place than its block",
                self.region,
            )
        frame = ev.frame
        path_before = self.scope.path
        scope = self._open(ev, context)
        assert self.region is not None
        if any(item.context_expr is context.node and is_stored(item.optional_vars) for item in node.items):
            self.kept.append((scope, node, context.module, self.region))
        name = context.name if context.reentered is None else None
        away = context.reentered is not None and context.moved and path_before != scope.path[:-1]
        if context.reentered is not None and context.moved and not away:
            name = scope.path[-1:]
        region = Region(frame, node, self.region, scope.path, tuple(frame.loops), tuple(frame.conditions), name=name)
        region.names, region.graph, region.number = snapshot(frame), self.graph, context.number
        region.unsure = unsure_attributes(frame)
        self._push(region)
        scope.region = region
        region.scope = scope
        if context.reentered is not None and context.moved:
            region.by_object = True
            self.reentries.append(Reentry(context.reentered, context.node, region, away))
        if self.kept and self.kept[-1][0] is scope:
            for outer in around(region):
                outer.named = True
        for finding in context.blames:
            self.blames.append((finding, region))
            self.blamed[finding] = region
        return scope

    def _enter_graph(self, graph: Graph) -> None:
        self._graphs.append((self.graph, self.scope))
        self.graph, self.scope = graph, graph.scope

    def _leave_graph(self) -> None:
        self.graph, self.scope = self._graphs.pop()

    @contextmanager
    def in_graph(self, graph: Graph) -> Iterator[None]:
        self._enter_graph(graph)
        yield
        self._leave_graph()

    def _open(self, ev: Evaluator, context: OpenScope) -> Scope:
        """The scope is the current one from here on."""
        old_counts: Counter[str] | None = None
        if context.reentered is not None:
            path = context.reentered.path
            self.graph.counts[show_path(path)] += 1
            old_counts = self.graph.counts.copy()
            reuse = _inherited(context.reuse, context.reentered.reuse)
        else:
            path = self.scope.path + context.name
            self.graph.counts[show_path(path)] += 1
            reuse = _inherited(context.reuse, self.scope.reuse)
        if context.undecided:
            reuse = True if self.scope.reuse is True else None
        outer = context.reentered if context.reentered is not None else self.scope
        scope = Scope(path, reuse, (depth_of(ev.frame, "loops"), depth_of(ev.frame, "conditions")))
        if path == self.scope.path:  # what is unnamed is numbered on
            scope.numbers = {name: numbering.copy() for name, numbering in self.scope.numbers.items()}
        scope.defaults, scope.opened_by = {**outer.defaults, **context.defaults}, ev.frame
        scope.asked = context.asked
        self._entered.append((self.scope, old_counts))
        self.operations.opened.append((self.graph, path))
        self.scope = scope
        self.activity += 1
        return scope

    def _by_hand(self, ev: Evaluator, context: OpenScope, name: str) -> Value:
        """`scope.__enter__()` and `scope.__exit__(...)`."""
        text = "this scope is not opened by a with statement of its own"
        self._blame_at("TFM205", context.node, context.module, text, self.root)
        if name == "__enter__":
            return self._open(ev, context)
        if name == "__exit__" and self._entered:
            self._close()
        return NONE

    def _close(self) -> None:
        self.scope.left = self.activity
        inside = show_path(self.scope.path)
        for key in list(self.graph.counts):
            if key.startswith(inside + "/") or not inside:
                del self.graph.counts[key]
        self.scope, counts = self._entered.pop()
        if counts is not None:
            self.graph.counts = counts

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None:
        if self._blocks.pop().graph is not None:
            self._leave_graph()
        if isinstance(context, CreatorScope):
            self._creators.remove(context)
        if not isinstance(context, OpenScope):
            return
        self._close()
        assert self.region is not None
        self.region.leave()
        self.region = self.region.parent

    def _variable_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        given = {VARIABLE_SCOPE[i]: value for i, (value, _) in enumerate(args.positional)}
        given.update((key, value) for key, (value, _) in args.keywords.items())
        assert self.region is not None
        self.scope_calls.append(ScopeCall(node, self.region, given, self.scope.reuse))
        blames = []
        defaults = {
            key: Default(given[key], expression_of(args, VARIABLE_SCOPE, key), ev.frame)
            for key in ("initializer", "regularizer")
            if given.get(key, NONE) != NONE
        }
        for key, default in defaults.items():
            why = (fault if key == "regularizer" else no_initializer)(default.value, default.expression)
            if why is not None:
                blames.append(self.blame("TFM203", node, ev, f"this {key} cannot be handed on: {why}"))
        for key, value in given.items():
            usual = key == "dtype" and dtype_of(value) == "float32"
            if key not in SCOPE_ARGUMENTS and value != NONE and not usual:
                what = f"variable_scope({key}=...) is not carried over"
                if key == "custom_getter":
                    what = "a custom_getter gives other tensors in the place of the variables; a layer reads its own"
                if key not in VARIABLE_SCOPE:
                    what = f"variable_scope has no argument {key!r}"
                blames.append(self.blame("TFM203", node, ev, what))
        if args.star:
            blames.append(self.blame("TFM203", node, ev, "variable_scope gets its arguments from *args or **kwargs"))
        opened = OpenScope((), reuse_of(given.get("reuse", NONE)), node, ev.frame.module, blames)
        opened.defaults = defaults
        reuse = args.get(VARIABLE_SCOPE.index("reuse"), "reuse")
        state = (
            run_time_state(expression_of(args, VARIABLE_SCOPE, "reuse"), ev.frame, ev.program)
            if reuse is not None
            else None
        )
        if state is not None:
            opened.undecided = True
            self.explained.update(state.nodes)
        if state is not None and not state.remembered:
            blames.append(self.blame("TFM206", node, ev, f"whether this scope is reused is decided by {state.text}"))
        target = given.get("name_or_scope", NONE)
        if isinstance(target, Scope):
            opened.reentered, opened.moved = target, target.path != self.scope.path
            for outer in around(target.region) if target.fetched and opened.moved else ():
                outer.named = True
            return opened
        if target == NONE:
            opened.name = self._unique(ev, given.get("default_name", NONE), node)
            opened.number = self._number
            return opened
        path = path_of(target)
        if path is None and opened.reuse is True and not self.scope.path and given.keys() <= {"name_or_scope", "reuse"}:
            opened.asked = expression_of(args, VARIABLE_SCOPE, "name_or_scope")
            opened.name = self._looked_up(ast.unparse(opened.asked), node, ev)
            return opened
        if path is None:
            finding = self.blame("TFM201", node, ev, "the name of this scope cannot be known from the program")
            blames.append(finding)
            path = self._unknown_name(ast.unparse(node.args[0]) if node.args else "?", node, finding)
        elif len(path) > 1 and str(target) != show_path(path):
            blames.append(self.blame("TFM202", node, ev, f"the scope name {target} begins, ends or repeats a slash"))
        opened.name = path
        return opened

    def _creator_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        return CreatorScope(node, ev.frame.module)

    @property
    def regularizes(self) -> bool:
        """Whether the scope regularizes the variables in it that say nothing of that."""
        default = self.scope.defaults.get("regularizer")
        return default is not None and default.value != NONE

    def _of_scope(
        self, ev: Evaluator, node: ast.Call, key: str, made_in: Frame | None = None
    ) -> tuple[Value, ast.expr] | None:
        """The initializer or regularizer that a variable gets here which names none.

        made_in: the activation that will have to name it, if not the one that runs now.
        """
        frame = made_in or ev.frame
        known = self._origins.get((node, key))
        if known is not None and self.scope.reuse is True:  # the variable is there already
            return known[1]
        default = self.scope.defaults.get(key)
        expression = None
        if default is not None:
            near = default.frame is frame and (made_in is None or _is_around(default.expression, frame.module, node))
            expression = anywhere(default, frame) or (default.expression if near else None)
            if expression is None:
                text = f"the scope that gives this variable its {key} is opened in another function, by no literal"
                self.blame("TFM203", node, ev, text)
        origin = (ast.dump(expression) if is_synthetic(expression) else id(expression)) if expression else None
        if known is not None and known[0] != origin:
            self.blame("TFM203", node, ev, f"the scopes around this call give it one {key} now and another then")
        given = (default.value, expression) if default is not None and expression is not None else None
        self._origins.setdefault((node, key), (origin, given))
        return given

    def _get_variable_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        if isinstance(next(ancestors(ev.frame.module, node), None), ast.Assign):
            self.scope.fetched = True
        return self.scope

    def _session(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        graph = args.get(1, "graph")
        if isinstance(graph, Graph):
            self._sessions[node] = graph
        return PYTHON

    def _new_graph(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        return Graph()

    def _reset_graph(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        if not self._graphs:
            self.graph = Graph()
            self.scope = self.graph.scope
        return NONE

    @staticmethod
    def _flag_around(ev: Evaluator, node: ast.Call) -> State | None:
        """The run-time state that the conditions around a statement depend on."""
        for outer in ancestors(ev.frame.module, node):
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                break
            state = run_time_state(outer.test, ev.frame, ev.program) if isinstance(outer, (ast.If, ast.IfExp)) else None
            if state is not None:
                return state
        return None


def _is_around(expression: ast.expr, module: Module, node: ast.AST) -> bool:
    """Whether an expression stands in the head of a block around a node."""
    blocks = (outer for outer in ancestors(module, node) if isinstance(outer, ast.With))
    return any(expression in ast.walk(item.context_expr) for block in blocks for item in block.items)


def reuse_of(value: Value) -> object:
    """What an argument `reuse` says: True, False, "auto", or None where it is not known."""
    return AUTO if value == Library("tf.AUTO_REUSE") else operate.truth(value)


def _inherited(asked: object, outer: object) -> object:
    """The reuse of a scope inside another: what is not known stays so, unless the outer one reuses anyway."""
    return asked or outer or (None if None in (asked, outer) else False)


def is_stored(target: ast.expr | None) -> bool:
    """Whether a scope is bound to more than a local name."""
    return target is not None and not isinstance(target, ast.Name)


def expression_of(args: Arguments, params: tuple[str, ...], name: str) -> ast.expr:
    """The expression of an argument that is given."""
    return args.keywords[name][1] if name in args.keywords else args.positional[params.index(name)][1]
