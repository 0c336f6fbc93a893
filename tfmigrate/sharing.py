"""TensorFlow 1's rules of sharing: which call reaches which variable.

The rules are those of tensorflow/python/ops/variable_scope.py and tensorflow/python/layers/base.py of 1.15.5.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field

from tfmigrate import operate
from tfmigrate.clashes import has_symbols, may_be_same, repeats
from tfmigrate.evaluate import Arguments, Evaluator, Frame
from tfmigrate.finding import Finding
from tfmigrate.link import Function, Module
from tfmigrate.regions import Creation, NameRead, Path, Query, Region, ReuseRead, Saving, Scope, Variable, path_of, show_path
from tfmigrate.standing import ancestors
from tfmigrate.state import State, run_time_state
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.layers import ALIASES, GET_VARIABLE, LAYERS, SCOPE_ARGUMENTS, UNSUPPORTED, VARIABLE_SCOPE, WEIGHT_ARGUMENTS
from tfmigrate.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    ObjectValue,
    Opaque,
    Shape,
    Symbol,
    Text,
    TupleValue,
    Unknown,
    Value,
    is_tensor,
    text_of,
)

_AUTO = "auto"


class Scoping:
    """The semantics of TF1 for one walk. After the walk `root`, `variables`, `findings` and the rest say what happened."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.scope = Scope(())
        self.region: Region | None = None
        self.root: Region | None = None
        self.findings: set[Finding] = set()
        self.blamed: dict[Finding, Region | None] = {}
        self.blames: list[tuple[Finding, Region | None]] = []
        self.templated: set[Function] = set()
        self.unresolved_calls: dict[str, list[tuple[Module, ast.Call]]] = {}
        self.slots = False
        self.name_reads: list[NameRead] = []
        self.savings: list[Saving] = []
        self.reuse_reads: list[ReuseRead] = []
        self.activity = 0
        self._entered: list[tuple[Scope, Counter[str] | None]] = []
        self.kept: list[tuple[Scope, ast.With, Module, Region]] = []
        self.entered_again: set[Scope] = set()
        self._graphs: list[tuple[Graph, Scope]] = []
        # the findings that told of names that are not known
        self._unknown: dict[str, Finding] = {}
        self.explained: set[ast.AST] = set()

    # -- findings ------------------------------------------------------------------------------------------------

    def blame(self, code: str, node: ast.AST, ev: Evaluator, message: str) -> Finding:
        """Refuse the code at a node; the region it stands in will not be migrated."""
        return self._blame_at(code, node, ev.frame.module, message, self.region)

    def _blame_at(self, code: str, node: ast.AST, module: Module, message: str, region: Region | None) -> Finding:
        finding = Finding(str(module.path), getattr(node, "lineno", 1), getattr(node, "col_offset", 0), code, message)
        self.findings.add(finding)
        self.activity += 1
        self.blamed.setdefault(finding, region)
        self.blames.append((finding, region))
        return finding

    # -- frames and blocks ---------------------------------------------------------------------------------------

    def enter_frame(self, ev: Evaluator, frame: Frame) -> None:
        parent = self.region
        outer = frame.parent
        loops = tuple(outer.loops) if outer is not None else ()
        conditions = tuple(outer.conditions) if outer is not None else ()
        region = Region(frame, frame.call, parent, self.scope.path, loops, conditions)
        region.names = _snapshot(frame)
        region.by_library, region.graph = frame.by_library, self.graph
        self._push(region)

    def _push(self, region: Region) -> None:
        if region.parent is not None:
            region.parent.events.append(region)
        elif self.root is None:
            self.root = region
        self.region = region

    def leave_frame(self, ev: Evaluator, frame: Frame, result: Value) -> None:
        region = self.region
        assert region is not None
        region.result = result
        if frame.function is not None and frame.function.is_generator:
            self._check_generator(region)
        self.region = region.parent
        if region.parent is not None and _is_variable_list(result) and isinstance(frame.call, ast.Call):
            self._query(frame.call, result, getattr(result, "tag", "") or "list", region.parent)

    def _check_generator(self, region: Region) -> None:
        """A generator that yields inside a scope holds it open for the code that uses it."""
        for event in region.events:
            if isinstance(event, Region) and isinstance(event.node, ast.With):
                if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(event.node)):
                    text = "this scope is held open by a generator for the code that uses it"
                    if not event.makes_variables():
                        self._blame_at("TFM205", event.node, event.module, text, self.root)

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With) -> Value:
        if isinstance(context, GraphScope):
            self._graphs.append((self.graph, self.scope))
            self.graph, self.scope = context.graph, context.graph.scope
            return context.graph
        if not isinstance(context, _OpenScope):
            return TENSOR if isinstance(context, Library) else UNKNOWN
        if all(item.context_expr is not context.node for item in node.items):
            self._blame_at("TFM205", context.node, context.module, "this scope is opened in another place than its block", self.region)
        frame = ev.frame
        scope = self._open(ev, context)
        assert self.region is not None
        if any(item.context_expr is context.node and _is_stored(item.optional_vars) for item in node.items):
            self.kept.append((scope, node, context.module, self.region))
        name = context.name if context.reentered is None else (None if not context.moved else scope.path)
        region = Region(frame, node, self.region, scope.path, tuple(frame.loops), tuple(frame.conditions), name=name)
        region.names, region.graph = _snapshot(frame), self.graph
        self._push(region)
        for finding in context.blames:
            self.blames.append((finding, region))
            self.blamed[finding] = region
        return scope

    def _open(self, ev: Evaluator, context: _OpenScope) -> Scope:
        """The scope is the current one from here on."""
        old_counts: Counter[str] | None = None
        if context.reentered is not None:
            path = context.reentered.path
            self.graph.counts[show_path(path)] += 1
            old_counts = self.graph.counts.copy()
            reuse = context.reuse or context.reentered.reuse
        else:
            path = self.scope.path + context.name
            self.graph.counts[show_path(path)] += 1
            reuse = context.reuse or self.scope.reuse
        if context.undecided and reuse is not True:
            reuse = None
        scope = Scope(path, reuse, (_depth(ev.frame, "loops"), _depth(ev.frame, "conditions")))
        self._entered.append((self.scope, old_counts))
        self.scope = scope
        self.activity += 1
        return scope

    def _by_hand(self, ev: Evaluator, context: _OpenScope, name: str) -> Value:
        """`scope.__enter__()` and `scope.__exit__(...)`."""
        text = "this scope is not opened by a with statement of its own"
        self._blame_at("TFM205", context.node, context.module, text, self.root)
        if name == "__enter__":
            return self._open(ev, context)
        if name == "__exit__" and self._entered:
            self._close()
        return NONE

    def _close(self) -> None:
        inside = show_path(self.scope.path)
        for key in list(self.graph.counts):
            if key.startswith(inside + "/") or not inside:
                self.graph.counts[key] = 0
        self.scope, counts = self._entered.pop()
        if counts is not None:
            self.graph.counts = counts

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None:
        if isinstance(context, GraphScope):
            self.graph, self.scope = self._graphs.pop()
        if not isinstance(context, _OpenScope):
            return
        self._close()
        assert self.region is not None
        self.region = self.region.parent

    # -- library symbols -----------------------------------------------------------------------------------------

    def canonical(self, name: str) -> Library:
        known = symbols.canonical(name)
        return Library(ALIASES.get(known, known))

    def attribute(self, ev: Evaluator, owner: Value, name: str, node: ast.Attribute) -> Value | None:
        if isinstance(owner, Library) and owner.name == "tf.flags.FLAGS" or owner == Library("tf.app.flags.FLAGS"):
            return Symbol(f"FLAGS.{name}", f"FLAGS.{name}", PYTHON.kind)
        if isinstance(owner, Scope):
            if name in ("name", "original_name_scope"):
                if isinstance(node.value, ast.Call) and owner.path:
                    self.blame("TFM205", node, ev, "the name of the current scope is read; layers leave it empty")
                return Const(show_path(owner.path)) if _plain(owner.path) else _joined(owner.path)
            if name == "reuse" and self.region is not None:
                self.reuse_reads.append(ReuseRead(node, self.region))
                return Const(owner.reuse) if isinstance(owner.reuse, bool) else PYTHON
            return Method(owner, name)
        if isinstance(owner, Variable):
            if name == "name" and self.region is not None:
                self.name_reads.append(NameRead(node, self.region, owner))
            return _variable_attribute(owner, name)
        if isinstance(owner, _Op):
            if name == "name" and self.region is not None:
                self.name_reads.append(NameRead(node, self.region, owner.variable))
            return _name_of(owner.variable, "") if name == "name" else UNKNOWN
        if isinstance(owner, Graph) and name in _LOOKUPS:
            return Method(UNKNOWN, name)
        if isinstance(owner, Graph):
            return Method(owner, name)
        if name in _LOOKUPS and isinstance(owner, (Unknown, Symbol, Method)):
            return Method(UNKNOWN, name)
        return None

    def call_object(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Value | None:
        return None

    def escaped(self, ev: Evaluator, value: Value, node: ast.Call) -> None:
        """A function is handed to code that is not the program's: that may call it, here or elsewhere."""
        for item in _functions_in(value):
            if isinstance(item, FunctionValue) and not _ELSEWHERE.search(ast.unparse(node.func)):
                ev.call_by_library(item, node)
            elif isinstance(item, LambdaValue):
                ev.call_lambda(item, Arguments())

    def unresolved(self, ev: Evaluator, name: str, node: ast.Call) -> None:
        places = self.unresolved_calls.setdefault(name, [])
        if all(node is not known for _, known in places):
            places.append((ev.frame.module, node))

    def call(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> Value:
        for value in args.values():
            for item in _scopes_in(value):
                text = "this scope is handed to a function that may enter it at any time"
                self._blame_at("TFM205", item.node, item.module, text, self.root)
        if isinstance(callee, Method):
            return self._method(ev, callee, args, node)
        if isinstance(callee, _Template):
            return self._call_template(ev, callee, args, node)
        if not isinstance(callee, Library):
            return UNKNOWN
        name = callee.name
        assert self.region is not None
        if symbols.ROOT_EVIDENCE.match(name):
            self.region.evidence.add(name)
        if name.startswith("tf.train.") and name.endswith("Optimizer") and name not in symbols.SLOTLESS:
            self.slots = True
        handler = _HANDLERS.get(name)
        if handler is not None:
            result: Value = getattr(self, handler)(ev, args, node)
            return result
        if name in LAYERS:
            return self._layer(ev, name, args, node)
        if name in symbols.MAKERS:
            return self._maker(ev, name, args, node)
        if name in symbols.BY_NAME:
            self.blame("TFM602", node, ev, f"{name} finds variables by their TF1 names")
        if symbols.FOREIGN_LAYERS.match(name) and not symbols.HARMLESS.search(name):
            return self._foreign(ev, name, args, node)
        if name == "tf.app.run":
            return self._app_run(ev, args, node)
        if not name.startswith("tf.") or symbols.PYTHON_RESULTS.search(name):
            tensors = name.startswith("tf.") or any(is_tensor(value) for value in args.values())
            return UNKNOWN if tensors and not symbols.PYTHON_RESULTS.search(name) else PYTHON
        return TENSOR

    def _app_run(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        main = args.get(0, "main") or ev.module_env(ev.frame.module).names.get("main")
        if isinstance(main, FunctionValue):
            ev.call_function(main, Arguments([(UNKNOWN, node)]), None)
        return NONE

    def _method(self, ev: Evaluator, callee: Method, args: Arguments, node: ast.Call) -> Value:
        owner, name = callee.owner, callee.name
        if isinstance(owner, _OpenScope):
            return self._by_hand(ev, owner, name)
        if isinstance(owner, Scope):
            if name == "reuse_variables":
                undecided = _depth(ev.frame, "conditions") > owner.depth[1]
                state = self._flag_around(ev, node)
                if state is not None:
                    self.explained.update(state.nodes)
                    self.blame("TFM206", node, ev, f"whether this scope is reused is decided by {state.text}")
                    undecided = True
                owner.reuse = None if undecided and owner.reuse is not True else True
            elif name == "set_initializer" or name.startswith("set_"):
                text = f"scope.{name} changes what the variables of the scope get by default"
                self._blame_at("TFM203", node, ev.frame.module, text, self.root)
            return NONE
        if isinstance(owner, Graph) and name == "as_default":
            return GraphScope(owner)
        if isinstance(owner, Unknown) and name in _LOOKUPS:
            return self._graph_method(ev, name, args, node)
        if is_tensor(owner):
            return TENSOR
        if isinstance(owner, ObjectValue) or (isinstance(owner, Unknown) and owner.kind is not PYTHON.kind):
            self.unresolved(ev, name, node)
        return UNKNOWN if not any(is_tensor(value) for value in args.values()) else TENSOR

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

    def _graph_method(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        if name == "get_collection":
            return self._get_collection(ev, args, node)
        self.blame("TFM602", node, ev, f"{name} looks something up by its TF1 name")
        return TENSOR

    # -- scopes --------------------------------------------------------------------------------------------------

    def _variable_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        given = {VARIABLE_SCOPE[i]: value for i, (value, _) in enumerate(args.positional)}
        given.update((key, value) for key, (value, _) in args.keywords.items())
        blames = []
        for key, value in given.items():
            if key not in SCOPE_ARGUMENTS and value != NONE:
                what = f"variable_scope({key}=...) is not carried over"
                if key not in VARIABLE_SCOPE:
                    what = f"variable_scope has no argument {key!r}"
                blames.append(self.blame("TFM203", node, ev, what))
        if args.star:
            blames.append(self.blame("TFM203", node, ev, "variable_scope gets its arguments from *args or **kwargs"))
        opened = _OpenScope((), _reuse_of(given.get("reuse", NONE)), node, ev.frame.module, blames)
        reuse = args.get(VARIABLE_SCOPE.index("reuse"), "reuse")
        state = run_time_state(_expression(args, VARIABLE_SCOPE, "reuse"), ev.frame, ev.program) if reuse is not None else None
        if state is not None:
            opened.undecided = True
            self.explained.update(state.nodes)
            blames.append(self.blame("TFM206", node, ev, f"whether this scope is reused is decided by {state.text}"))
        target = given.get("name_or_scope", NONE)
        if isinstance(target, Scope):
            opened.reentered, opened.moved = target, target.path != self.scope.path
            if opened.moved:
                self.entered_again.add(target)
                blames.append(self.blame("TFM205", node, ev, "a scope that was left is entered again by its object"))
            return opened
        if target == NONE:
            opened.name = self._unique(ev, given.get("default_name", NONE), node)
            return opened
        path = path_of(target)
        if path is None:
            finding = self.blame("TFM201", node, ev, "the name of this scope cannot be known from the program")
            blames.append(finding)
            path = self._unknown_name(ast.unparse(node.args[0]) if node.args else "?", node, finding)
        elif any(part.key.startswith("item of ") for part in _symbols(path)):
            text = "whether this name is another one in each round of the loop cannot be known"
            blames.append(self.blame("TFM201", node, ev, text))
        elif len(path) > 1:
            blames.append(self.blame("TFM202", node, ev, f"the scope name {show_path(path)!r} has a slash"))
        opened.name = path
        return opened

    def _new_graph(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        return Graph()

    def _reset_graph(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        if not self._graphs:
            self.graph = Graph()
            self.scope = self.graph.scope
        return NONE

    def _get_variable_scope(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        return self.scope

    def _unique(self, ev: Evaluator, default: Value, node: ast.Call) -> Path:
        """The automatic name that TF1 gives: the default name, numbered within the scope that is open."""
        name = text_of(default)
        if name is None:
            finding = self.blame("TFM201", node, ev, "the default name of this scope cannot be known from the program")
            return self._unknown_name("?", node, finding)
        loops, conditions = _depth(ev.frame, "loops"), _depth(ev.frame, "conditions")
        if loops > self.scope.depth[0]:
            self.blame("TFM204", node, ev, f"this unnamed layer is numbered anew in every round of the loop: {name}, {name}_1, ...")
        if name in self.scope.ambiguous:
            self.blame("TFM204", node, ev, f"the number of this unnamed layer ({name}, {name}_1, ...) depends on a condition above")
        if conditions > self.scope.depth[1]:
            self.scope.ambiguous.add(name)
        number = 0
        while self.graph.counts[show_path((*self.scope.path, Const(name if not number else f"{name}_{number}")))] > 0:
            number += 1
        return (Const(name if not number else f"{name}_{number}"),)

    # -- variables -----------------------------------------------------------------------------------------------

    def _get_variable(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        given = {GET_VARIABLE[i]: pair for i, pair in enumerate(args.positional)}
        given.update(args.keywords)
        for key, (value, _) in given.items():
            if key not in WEIGHT_ARGUMENTS and value != NONE:
                self.blame("TFM503", node, ev, f"get_variable({key}=...) is not covered")
        self._blame_star(ev, args, node, "get_variable")
        name = path_of(given["name"][0]) if "name" in given else None
        if not name:
            finding = self.blame("TFM201", node, ev, "the name of this variable cannot be known from the program")
            name = self._unknown_name("?", node, finding)
        elif len(name) > 1:
            self.blame("TFM202", node, ev, f"the variable's name {show_path(name)!r} has a slash")
        path = self.scope.path + name
        if any(part.key.startswith("item of ") for part in _symbols(name)):
            self.blame("TFM201", node, ev, "whether this name is another one in each round of the loop cannot be known")
        variable = self._request(ev, path, node)
        fresh = variable.region is None
        if fresh:
            shape = given.get("shape")
            variable.shape = dimensions(shape[0]) if shape is not None else None
            variable.dtype = dtype_of(given["dtype"][0]) if "dtype" in given else "float32"
            if symbols.HALF_OR_DOUBLE.fullmatch(variable.dtype):
                self.blame("TFM506", node, ev, f"this variable is {variable.dtype}; a Keras layer computes in float32")
            variable.trainable = not ("trainable" in given and operate.truth(given["trainable"][0]) is False)
            variable.initializer = self._initializer(ev, given, node)
            variable.region = self.region
        self._create(ev, node, args, path, [variable])
        return variable

    def _initializer(self, ev: Evaluator, given: dict[str, tuple[Value, ast.expr]], node: ast.Call) -> str | None:
        if "initializer" not in given or given["initializer"][0] == NONE:
            return None
        value, expression = given["initializer"]
        if is_tensor(value) or isinstance(value, Const):
            self.blame("TFM503", node, ev, "get_variable(initializer=...) gets a value, not an initializer")
        return ast.unparse(expression)

    def _unknown_name(self, text: str, node: ast.Call, finding: Finding) -> Path:
        """A name that is not known, the same one at each run of the node."""
        key = f"unknown@{finding.path}:{node.lineno}:{node.col_offset}"
        self._unknown[key] = finding
        return (Text((Symbol(text, key),)),)

    def _blame_star(self, ev: Evaluator, args: Arguments, node: ast.Call, name: str) -> None:
        """Arguments that cannot be seen; where the function itself takes `**options`, that is said there."""
        function = ev.frame.function
        spec = function.node.args if function is not None else None
        own = {a.arg for a in (spec.vararg, spec.kwarg) if a is not None} if spec is not None else set()
        starred = [a.value for a in node.args if isinstance(a, ast.Starred)] + [k.value for k in node.keywords if k.arg is None]
        if args.star and not all(isinstance(value, ast.Name) and value.id in own for value in starred):
            self.blame("TFM406", node, ev, f"{name} gets its arguments from *args or **kwargs")

    def _request(self, ev: Evaluator, path: Path, node: ast.Call, asked: object = False) -> Variable:
        """The variable of a path, made if it is new. asked: the `reuse` of the layer itself."""
        known = self.graph.store.get(path)
        reuse = asked or self.scope.reuse
        sure = not _depth(ev.frame, "conditions") and not _is_uncertain(path) and path not in self.graph.wrong
        assert self.region is not None
        if known is not None:
            again = [s for s in path if isinstance(s, Text) and any(isinstance(p, LoopIndex) and not p.first for p in s.parts)]
            if reuse is False and asked is not None and not again and sure:
                self.graph.wrong.add(path)
                place, module = _second_call(known.region, self.region, node)
                text = f"{show_path(path)} is made a second time without reuse; TF1 raises here"
                self._blame_at("TFM101", place, module, text, self.region)
            return known
        clash = reuse is not False and self._blame_clash(ev, path, node)
        if reuse is True and sure and not clash:
            self.graph.wrong.add(path)
            place, module = _call_into(self.region, path, node)
            text = f"{show_path(path)} is reused before it was made; TF1 raises here"
            self._blame_at("TFM102", place, module, text, self.region)
        variable = self.graph.store[path] = Variable(path)
        self.graph.variables.append(variable)
        return variable

    def _blame_clash(self, ev: Evaluator, path: Path, node: ast.Call) -> bool:
        """A new name that may be a known one; TF1 itself makes sure of that only where nothing is reused."""
        symbolic = has_symbols(path)
        others = [v for known, v in self.graph.store.items() if (symbolic or has_symbols(known)) and may_be_same(path, known)]
        if not others and not repeats(path):
            return False
        unknown = next((self._unknown[part.key] for part in _symbols(path) if part.key in self._unknown), None)
        if unknown is None:
            other = show_path(others[0].path or ()) if others else "its own in another round"
            unknown = self.blame("TFM201", node, ev, f"the name {show_path(path)} may be the same as {other}")
        for variable in others:
            self.blames.append((unknown, variable.region))
        return True

    def _create(self, ev: Evaluator, node: ast.Call, args: Arguments, path: Path, variables: list[Variable]) -> Creation:
        region, frame = self.region, ev.frame
        assert region is not None
        creation = Creation(node, region, args, path, variables, loops=tuple(frame.loops), conditions=tuple(frame.conditions))
        region.events.append(creation)
        self.activity += 1
        return creation

    def _maker(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        assert self.region is not None
        code = symbols.MAKERS[name]
        if name != "tf.Variable" or self.scope.path:
            self.blame(code, node, ev, f"{name} is not covered here")
        if name == "tf.make_template":
            return self._template(args)
        if name == "tf.Variable":
            trainable = args.keywords.get("trainable")
            variable = Variable(None, trainable=not (trainable and operate.truth(trainable[0]) is False))
            variable.region = self.region
            self.graph.variables.append(variable)
            self.region.evidence.add("tf.Variable")
            return variable
        return UNKNOWN

    # -- layers --------------------------------------------------------------------------------------------------

    def _layer(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        row = LAYERS[symbol]
        given = {row.params[i]: pair for i, pair in enumerate(args.positional) if i < len(row.params)}
        given.update(args.keywords)
        for key, (value, _) in given.items():
            if key not in row.params or (key in UNSUPPORTED | row.refused and value != NONE):
                self.blame("TFM502", node, ev, f"{symbol}({key}=...) is not covered")
        self._blame_star(ev, args, node, symbol)
        if "updates_collections" in given and not _is_update_choice(given["updates_collections"][0]):
            self.blame("TFM502", node, ev, f"{symbol}(updates_collections=...) names a collection of its own")
        name = given[row.name_param][0] if row.name_param in given else NONE
        path = path_of(name) if name != NONE else self._unique(ev, Const(row.base_name), node)
        if not path:
            finding = self.blame("TFM201", node, ev, "the name of this layer cannot be known from the program")
            path = self._unknown_name("?", node, finding)
        full = self.scope.path + path
        self.graph.counts[show_path(full)] += 1
        variables = []
        asked = self._asked(ev, given, node)
        for suffix, flag, trainable in row.variables:
            if flag is not None and (operate.truth(given[flag][0]) is False if flag in given else flag in row.switched_off):
                continue
            variable = self._request(ev, (*full, Const(suffix)), node, asked)
            if variable.region is None:
                frozen = "trainable" in given and operate.truth(given["trainable"][0]) is False
                variable.region, variable.trainable = self.region, trainable and not frozen
            variables.append(variable)
        creation = self._create(ev, node, args, full, variables)
        creation.row, creation.symbol, creation.automatic = row, symbol, name == NONE
        return TENSOR

    def _asked(self, ev: Evaluator, given: dict[str, tuple[Value, ast.expr]], node: ast.Call) -> object:
        """What a layer's own `reuse` says: True, "auto", False where it says nothing, None where it is not known."""
        if "reuse" not in given or given["reuse"][0] in (NONE, Const(False)):
            return False
        state = run_time_state(given["reuse"][1], ev.frame, ev.program)
        if state is not None:
            self.explained.update(state.nodes)
            self.blame("TFM206", node, ev, f"whether this layer is reused is decided by {state.text}")
            return None
        return _reuse_of(given["reuse"][0])

    def _foreign(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        """A library that is not covered; what takes its objects needs no finding of its own."""
        assert self.region is not None
        if not any(isinstance(value, _Foreign) for value in args.values()):
            self.blame("TFM501", node, ev, f"{name} is not covered yet")
        self.region.events.append(Creation(node, self.region, Arguments(), self.scope.path, [], symbol=name))
        return _Foreign() if "rnn_cell" in name or name.rsplit(".", 1)[-1].endswith("Cell") else TENSOR

    def _template(self, args: Arguments) -> Value:
        name, function = args.get(0, "name_"), args.get(1, "func_")
        path = path_of(name) if name is not None else None
        if not path or not isinstance(function, FunctionValue):
            return UNKNOWN
        self.templated.add(function.function)
        return _Template(Scope(self.scope.path + path), function)

    def _call_template(self, ev: Evaluator, template: _Template, args: Arguments, node: ast.Call) -> Value:
        old, self.scope = self.scope, template.scope
        result = ev.call_function(template.function, args, node)
        self.scope = old
        template.scope.reuse = True
        return result

    # -- collections ---------------------------------------------------------------------------------------------

    def _variables(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        kind = "trainable" if "trainable" in name else "global"
        return self._collect(ev, kind, args.get(0, "scope"), node)

    def _get_collection(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        key = args.get(0, "key")
        name = key.name if isinstance(key, Library) else (text_of(key) if key is not None else None)
        if name in symbols.UNFILLED:
            self.blame("TFM603", node, ev, f"Keras layers do not fill the collection {name}")
            return TENSOR
        scope = args.get(1, "scope")
        if name in _UPDATES and scope is not None and scope != NONE:
            self.blame("TFM603", node, ev, "the updates of Keras layers are not found by the name of a scope")
            return TENSOR
        kind = symbols.KEYS.get(name or "")
        if kind is None:
            if not isinstance(key, (Const, Library)):
                self.blame("TFM601", node, ev, "which collection this reads cannot be known from the program")
            return TENSOR
        return self._collect(ev, kind, args.get(1, "scope"), node)

    def _collect(self, ev: Evaluator, kind: str, scope: Value | None, node: ast.Call) -> ListValue:
        assert self.region is not None
        everything: list[Variable] = [v for v in self.graph.variables if kind == "global" or v.trainable]
        pattern = text_of(scope) if scope is not None else None
        if scope is None or scope == NONE or pattern == "":
            result = ListValue(list(everything), tag=kind)
            self._query(node, result, kind, self.region, everything=True)
            return result
        wanted = path_of(scope)
        chosen: list[Value] = []
        complete = wanted is not None and not (pattern and re.search(r"[^\w/.\- ]", pattern))
        for variable in everything:
            answer = _starts(variable.path, scope)
            complete = complete and answer is not None
            if answer:
                chosen.append(variable)
        result = ListValue(chosen, complete, kind)
        self._query(node, result, kind, self.region)
        return result

    def _saver(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        assert self.region is not None
        self.region.evidence.add("tf.train.Saver")
        given = args.get(0, "var_list")
        listed = None
        if isinstance(given, (ListValue, TupleValue)) and _is_variable_list(given):
            listed = [item for item in given.items if isinstance(item, Variable)]
        plain = not self.slots and all(v.path is not None for v in self.graph.variables)
        if given is None or given == NONE or listed is not None:
            kind = getattr(given, "tag", "") or "global"
            self.savings.append(Saving(node, self.region, listed, kind, plain))
        return PYTHON

    def _query(self, node: ast.expr, result: Value, kind: str, region: Region, everything: bool = False) -> None:
        assert isinstance(result, (ListValue, TupleValue))
        variables = [item for item in result.items if isinstance(item, Variable)]
        complete = not isinstance(result, ListValue) or result.complete
        self.activity += 1
        region.events.append(Query(node, region, variables, kind, complete, everything, self.slots))

    def comprehended(self, ev: Evaluator, node: ast.expr, source: Value, result: ListValue) -> None:
        """A comprehension over `source`, or a slice of it, gave this list."""
        assert self.region is not None
        if isinstance(node, ast.Subscript):
            if isinstance(source, ListValue) and source.tag:
                self.blame("TFM601", node, ev, "this counts on the order in which the variables were made")
            return
        if isinstance(source, ListValue) and source.tag and all(isinstance(item, Variable) for item in source.items):
            chosen = [item for item in result.items if isinstance(item, Variable)]
            complete = result.complete and source.complete and len(chosen) == len(result.items)
            result.tag = source.tag if complete else ""
            query = Query(node, self.region, chosen, source.tag, complete, False, self.slots)
            query.source = [item for item in source.items if isinstance(item, Variable)]
            self.region.events.append(query)
            self.activity += 1


_HANDLERS = {
    "tf.Graph": "_new_graph",
    "tf.reset_default_graph": "_reset_graph",
    "tf.variable_scope": "_variable_scope",
    "tf.get_variable_scope": "_get_variable_scope",
    "tf.get_variable": "_get_variable",
    "tf.trainable_variables": "_variables",
    "tf.global_variables": "_variables",
    "tf.all_variables": "_variables",
    "tf.get_collection": "_get_collection",
    "tf.get_collection_ref": "_get_collection",
    "tf.train.Saver": "_saver",
}


# Calls that do not call the function they are given, or do so in a graph of its own.
_ELSEWHERE = re.compile(r"(Estimator|Experiment|Process|Thread|partial|run|submit|apply_async|wraps|make_template|train_and_evaluate)$")
_LOOKUPS = {"get_collection", "get_tensor_by_name", "get_operation_by_name", "as_graph_element"}
_UPDATES = {"tf.GraphKeys.UPDATE_OPS", "update_ops"}


@dataclass(eq=False)
class Graph(Opaque):
    """A `tf.Graph`: every graph has variables of its own."""

    store: dict[Path, Variable] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: set[Path] = field(default_factory=set)
    scope: Scope = field(default_factory=lambda: Scope(()))


@dataclass(eq=False)
class GraphScope(Opaque):
    """`graph.as_default()`."""

    graph: Graph


@dataclass(eq=False)
class _OpenScope(Opaque):
    """The result of `variable_scope(...)`, before it is entered. undecided: its reuse depends on run-time state."""

    name: Path
    reuse: object
    node: ast.Call
    module: Module
    blames: list[Finding]
    reentered: Scope | None = None
    moved: bool = False
    undecided: bool = False


@dataclass(eq=False)
class _Foreign(Opaque):
    """An object of a layer library that is not covered."""


@dataclass(eq=False)
class _Template(Opaque):
    """The result of `make_template`."""

    scope: Scope
    function: FunctionValue


class _Op(Opaque):
    """`variable.op`."""

    def __init__(self, variable: Variable) -> None:
        self.variable = variable


def _snapshot(frame: Frame) -> dict[str, Value]:
    """What the names and the attributes of `self` are now, before later statements change them."""
    names = dict(frame.env.names)
    if frame.obj is not None:
        names.update((f"self.{attr}", value) for attr, value in frame.obj.attrs.items())
    return names


def _depth(frame: Frame, attribute: str) -> int:
    """How many loops (or undecided conditions) enclose the running statement, up to the root."""
    total, current = 0, frame
    while current is not None:
        total += len(getattr(current, attribute))
        if current.parent is None:
            break
        current = current.parent
    return total


def _reuse_of(value: Value) -> object:
    if value == Library("tf.AUTO_REUSE"):
        return _AUTO
    known = operate.truth(value)
    return known


def _is_update_choice(value: Value) -> bool:
    """Updates go to UPDATE_OPS, or (None) happen in place."""
    return value == NONE or value == Library("tf.GraphKeys.UPDATE_OPS")


def _plain(path: Path) -> bool:
    return all(isinstance(segment, Const) for segment in path)


def _joined(path: Path) -> Value:
    pieces: list[Value] = []
    for segment in path:
        pieces.extend([Const("/"), segment] if pieces else [segment])
    return operate.concatenate(pieces)


def _name_of(variable: Variable, suffix: str) -> Value:
    if variable.path is None:
        return Symbol("name of a tf.Variable", f"variable {id(variable)}", PYTHON.kind)
    return operate.concatenate([_joined(variable.path), Const(suffix)])


def _variable_attribute(owner: Variable, name: str) -> Value:
    if name == "name":
        return _name_of(owner, ":0")
    if name == "op":
        return _Op(owner)
    if name == "shape":
        return Shape(show_path(owner.path or ()))
    return Method(TENSOR, name)


def _starts(path: Path | None, scope: Value) -> bool | None:
    """Whether TF1's `re.match(scope, name)` succeeds."""
    if path is None:
        return None
    wanted = text_of(scope)
    name = _joined(path)
    if isinstance(name, Const) and wanted is not None:
        try:
            return re.match(wanted, f"{name.value}:0") is not None
        except re.error:
            return None
    prefix = path_of(scope)
    if prefix is None:
        return None
    if path[: len(prefix)] == prefix:
        return True
    first = text_of(path[0])
    if wanted is not None and first is not None and not first.startswith(wanted.split("/")[0]):
        return False
    if wanted is not None and isinstance(name, Text) and isinstance(name.parts[0], str) and name.parts[0].startswith(wanted):
        return True
    return False if _plain(prefix) and _plain(path[:1]) and path[0] != prefix[0] else None


def dimensions(value: Value) -> tuple[str, ...] | None:
    """A shape argument as canonical text per dimension."""
    if isinstance(value, (ListValue, TupleValue)):
        if isinstance(value, ListValue) and not value.complete:
            return None
        return tuple(operate.show(item) for item in value.items)
    if isinstance(value, Const) and isinstance(value.value, int):
        return (str(value.value),)
    return (operate.show(value),) if isinstance(value, Shape) else None


def dtype_of(value: Value) -> str:
    """`tf.float32` and "float32" are one dtype."""
    if isinstance(value, Library):
        return value.name.rsplit(".", 1)[-1]
    return text_of(value) or "?"


def _is_variable_list(value: Value) -> bool:
    return isinstance(value, (ListValue, TupleValue)) and bool(value.items) and all(isinstance(i, Variable) for i in value.items)


def _functions_in(value: Value) -> list[Value]:
    if isinstance(value, (ListValue, TupleValue)):
        return [item for item in value.items if isinstance(item, (FunctionValue, LambdaValue))]
    return [value]


def _is_stored(target: ast.expr | None) -> bool:
    """Whether a scope is bound to more than a local name."""
    return target is not None and not isinstance(target, ast.Name)


def _scopes_in(value: Value) -> list[_OpenScope]:
    items = value.items if isinstance(value, (ListValue, TupleValue)) else [value]
    return [item for item in items if isinstance(item, _OpenScope)]


def _expression(args: Arguments, params: tuple[str, ...], name: str) -> ast.expr:
    """The expression of an argument that is given."""
    return args.keywords[name][1] if name in args.keywords else args.positional[params.index(name)][1]


def _symbols(path: Path) -> list[Symbol]:
    """What is not known of a name."""
    parts = [part for segment in path if isinstance(segment, Text) for part in segment.parts]
    return [part for part in parts if isinstance(part, Symbol)]


def _is_uncertain(path: Path) -> bool:
    """Whether the path may be another one than it seems, or one of many."""
    return any(part.key.startswith(("unknown@", "item of ")) for part in _symbols(path))


def _chain(region: Region | None) -> list[Region]:
    """A region and all around it, outside in."""
    found: list[Region] = []
    while region is not None:
        found.append(region)
        region = region.parent
    return found[::-1]


def _second_call(first: Region | None, second: Region, node: ast.AST) -> tuple[ast.AST, Module]:
    """The call by which code that saw the first request makes the second; the request itself if it is in the same function."""
    known = set(_chain(first))
    for region in _chain(second):
        if region not in known and not region.is_block and region.node is not None and region.parent is not None:
            return region.node, region.parent.module
        if region not in known and region.is_block:
            continue
    return node, second.module


def _call_into(region: Region, path: Path, node: ast.AST) -> tuple[ast.AST, Module]:
    """The call by which code outside a scope asks for what is in it; the request itself if a program does it."""
    for outer in _chain(region)[::-1]:
        if outer.is_block:
            continue
        if outer.evidence or outer.node is None or outer.parent is None:
            break
        if len(outer.path) < len(path) - 1:
            return outer.node, outer.parent.module
    return node, region.module
