"""When is a value known: at construction, when the layer is built, or only when it is called?"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from enum import IntEnum

from tfmigrate.planning.making import is_atom
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.mutation import Mutation
from tfmigrate.planning.shape_reads import ShapeReads
from tfmigrate.program.link import Module
from tfmigrate.program.render import render
from tfmigrate.program.rounds import runs_through, stop_of
from tfmigrate.program.scan import DRAWING, Binding, Scan, integer
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.outside import may_make_variables
from tfmigrate.walk.values import FunctionValue, Library

_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Attribute, ast.Subscript)
_DIFFERS = re.compile(r".*random|time\.|datetime\.|uuid\.|builtins\.(next|input|raw_input|id)$")


class Level(IntEnum):
    """The earliest moment at which a value is known."""

    INIT = 0
    BUILD = 1
    CALL = 2


@dataclass
class Need:
    """What an expression needs to be evaluated early.

    statements: assignments to take along, with the name that is wanted of each. inputs: the inputs of the body that
    it reads. shapes: the tensors whose static shape it reads. loops: the loops whose target it reads. running: names
    that change from statement to statement, so that all has to be made in the order of the body. reason: why it is
    known at call only.
    """

    level: Level = Level.INIT
    statements: list[tuple[ast.stmt, str]] = field(default_factory=list)
    inputs: set[str] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)
    loops: set[ast.AST] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    reason: str = ""

    def add(self, other: Need) -> None:
        self.level = max(self.level, other.level)
        self.statements.extend(s for s in other.statements if s not in self.statements)
        self.inputs |= other.inputs
        self.shapes |= other.shapes
        self.loops |= other.loops
        self.running |= other.running
        self.reason = self.reason or other.reason


def at_call(reason: str) -> Need:
    return Need(level=Level.CALL, reason=reason)


class Splitter(ShapeReads):
    """Answers for one body."""

    def __init__(
        self,
        scan: Scan,
        module: Module,
        inputs: set[str],
        tensors: set[str],
        meaning: Resolve,
    ) -> None:
        super().__init__(scan, module, inputs, tensors, meaning)
        self._mutation = Mutation(scan, module, self.resolve)
        self.shape_names: dict[str, str] = {}
        # whether the attributes of `self` stay where they are, because the object itself becomes the layer
        self.on_object = False
        self._following: set[str] = set()

    # -- levels --------------------------------------------------------------------------------------------------

    def need(self, node: ast.expr) -> Need:
        """What it takes to evaluate an expression before the call."""
        if _is_library(node):
            return Need()
        tensor = self.shape_of(node)
        if tensor is not None:
            return Need(level=Level.BUILD, shapes={tensor})
        if isinstance(node, ast.Attribute) and node.attr == "value" and self.is_dim(node.value):
            return self.need(node.value)
        inferred = self.inference.dimension(node)
        if inferred is not None:
            return self.need(inferred)
        spelling = self.spelling(node)
        if spelling is not None:
            return self.need_of(spelling, node)
        if isinstance(node, ast.Lambda):
            return self._written_down(node)
        if isinstance(node, ast.Call):
            refusal = self._call(node)
            if refusal is not None:
                return refusal
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return at_call("it is evaluated step by step")
        result = Need()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.expr, ast.keyword, ast.comprehension)):
                self._child(child, node, result)
        element = self._element(node) if result.level is Level.CALL else None
        return result if element is None else self.need(element)

    def _element(self, node: ast.expr) -> ast.expr | None:
        """What `shape[-1]` is for a `shape = [tf.shape(x)[0], 8, units]`, of which a part is known at the call only."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name) or self.is_own(node.value):
            return None
        certain, binding = self._reaching(node.value)
        whole = binding.value if certain and binding is not None else None
        if not isinstance(whole, (ast.List, ast.Tuple)) or any(isinstance(e, ast.Starred) for e in whole.elts):
            return None
        index = integer(node.slice)
        if index is None or not -len(whole.elts) <= index < len(whole.elts) or self._mutation.changes(node.value.id):
            return None
        element = whole.elts[index]
        known_early = self.need(node.value).level is not Level.CALL
        return None if known_early or not self.inference.has_one_meaning(element) else element

    def _written_down(self, node: ast.Lambda) -> Need:
        """What a lambda takes from around it; the rest happens when it is called."""
        result = Need()
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            result.add(self.need(default))
        for part in ast.walk(node.body):
            name = self.spelling(part) if isinstance(part, (ast.Name, ast.Attribute)) else None
            if isinstance(part, (ast.Name, ast.Attribute)) and name is not None:
                if isinstance(part.ctx, ast.Load) and not (isinstance(part, ast.Name) and self.is_own(part)):
                    if len(self.scan.bindings.get(name, ())) > 1:
                        return at_call(f"{name} has more than one value here")
                    result.add(self.need(part))
        return result

    def _child(self, child: ast.AST, parent: ast.expr, result: Need) -> None:
        if isinstance(child, ast.expr):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and self.is_own(child):
                return
            if not isinstance(child, ast.Name) or isinstance(child.ctx, ast.Load):
                result.add(self.need(child))
            return
        for inner in ast.iter_child_nodes(child):
            self._child(inner, parent, result)

    def need_of(self, name: str, node: ast.AST) -> Need:
        """What it takes to have the value early that a name has at a node."""
        certain, binding = self.scan.reaching(name, node)
        if (not (certain and binding is None) or name in self.inputs) and self._mutation.changes(name, node):
            return at_call(f"{name} is changed here")
        if not certain:
            return self._running(name) or self._chosen(name, node)
        if binding is None:
            if name not in self.inputs:
                if name.startswith("self.") and not self.on_object:
                    return at_call(f"{name} is an attribute that is not known here")
                return at_call(f"{name} is changed here") if self._mutation.changes(name) else Need()
            if name in self.tensors:
                return at_call(f"{name} is a tensor")
            return Need(inputs={name})
        return self._bound(name, binding, node)

    def _running(self, name: str) -> Need | None:
        """A name that statements and loops of the body step on: `channels *= 2`. None if it is anything else."""
        bindings = self.scan.bindings.get(name, [])
        if name in self._following:
            return Need(running={name})
        statements = [binding.statement for binding in bindings]
        if not any(isinstance(s, ast.AugAssign) or self.scan.enclosing(s, (ast.For,)) for s in statements):
            return None
        self._following.add(name)
        needs = [self._step(binding) for binding in bindings]
        self._following.discard(name)
        result = Need(inputs={name} if name in self.inputs else set(), running={name})
        for need in needs:
            if need is None:
                return None
            result.add(need)
        result.loops.clear()
        return None if name in self.tensors else result

    def _step(self, binding: Binding) -> Need | None:
        """What one of these statements needs; None if it could not stand in `__init__` as well."""
        statement = binding.statement
        value = binding.value if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            value = statement.value
        if value is None:
            return None
        need = self.need(value)
        for outer in self.scan.ancestors(statement):
            if isinstance(outer, ast.If):
                need.add(self.need(outer.test))
            elif not isinstance(outer, (ast.For, ast.With)) or (isinstance(outer, ast.For) and not runs_through(outer)):
                return None
        return need if need.level is Level.INIT else None

    def _chosen(self, name: str, node: ast.AST) -> Need:
        """A name that an `if` before this gives one of several values; the whole `if` can be taken along."""
        several = at_call(f"{name} has more than one value here")
        choice, result = self.scan.choice(name, node), Need()
        if choice is None:
            overridden = self.scan.overridden(name, node)
            if overridden is None or overridden[0].value is None:
                return several
            first, choice = overridden
            result = self.need(overridden[0].value)
            result.statements.append((first.statement, name))
        elif name in self.inputs and not always_sets(choice, name):
            if name in self.tensors:
                return several
            result.inputs.add(name)
        result.statements.append((choice, name))
        for part in branches(choice, name):
            made = self.inference.sizes(part) if part is not None else None
            if part is None or (made is not None and not self._says(made, part, node)):
                return several
            for needed in [part] if made is None else made:
                result.add(self.need(needed))
        return result if not result.loops else several

    def _says(self, sizes: list[ast.expr], shape: ast.expr, use: ast.AST) -> bool:
        """Whether the use of a shape asks for one dimension, and not for the one that the reshape leaves open."""
        outer = self.scan.parents.get(use)
        index = integer(outer.slice) if isinstance(outer, ast.Subscript) and outer.value is use else None
        if index is None or not -len(sizes) <= index < len(sizes) or integer(sizes[index]) == -1:
            return False
        self.inference.note(shape, index)
        return True

    def _stop(self, name: str, node: ast.AST, binding: Binding) -> ast.expr | None:
        """Where the loop stopped whose target is read behind it."""
        loop = binding.statement
        if not isinstance(loop, ast.For) or loop in self.scan.ancestors(node) or len(self.scan.bindings[name]) > 1:
            return None
        return None if name in self.inputs else stop_of(loop)

    def _bound(self, name: str, binding: Binding, node: ast.AST) -> Need:
        statement = binding.statement
        stop = self._stop(name, node, binding)
        if stop is not None:
            return self.need(stop)
        if isinstance(statement, ast.For):
            result = self.need(statement.iter)
            result.loops.add(statement)
            return result
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            if name.startswith("self."):
                return at_call(f"{name} is set here")
            value = binding.value if binding.value is not None else statement.value
            result = self.need(value)
            if result.running and result.level is Level.INIT:
                result.running.add(name)
                return result if self._step(binding) is not None else at_call(f"{name} changes here")
            unpacked = binding.value is None  # the sizes have names of their own
            kept = unpacked or self.shape_of(value) is None
            if result.level is not Level.CALL and not result.loops and kept:
                result.statements.append((statement, name))
            return result
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            return at_call(f"{name} is defined inside")
        stepped = self._running(name) if isinstance(statement, ast.AugAssign) else None
        return stepped or at_call(f"{name} is computed step by step")

    def _call(self, node: ast.Call) -> Need | None:
        """A reason why a call cannot be made early; None if its arguments decide."""
        value = self.resolve(node.func)
        if (
            isinstance(value, Library)
            and value.name.startswith("tf.")
            and not symbols.PYTHON_RESULTS.search(value.name)
        ):
            return at_call(f"{ast.unparse(node.func)} makes a tensor")
        if isinstance(value, Library) and _DIFFERS.match(value.name) and not is_initializer(value.name):
            return at_call(f"{ast.unparse(node.func)} differs at every call")
        if not isinstance(value, (Library, FunctionValue)) and getattr(node.func, "attr", "") in DRAWING:
            return at_call(f"{ast.unparse(node.func)} differs at every call")
        if isinstance(value, Library) and may_make_variables(value.name):
            return at_call(f"{ast.unparse(node.func)} is not in the program, and may do more than compute a value")
        if isinstance(value, FunctionValue) and _has_side_effects(value):
            return at_call(f"{value.function.name} does more than compute a value")
        return None

    # -- text ----------------------------------------------------------------------------------------------------

    def text(self, node: ast.AST, names: dict[str, str]) -> str:
        """The expression as it reads in `__init__` or `build`: inputs as `names` says, shapes as `x_shape`."""

        def substitute(part: ast.expr) -> str | None:
            if _is_library(part):
                return None
            inferred = self.inference.dimension(part)
            if inferred is not None:
                shown = self.text(inferred, names)
                operand = isinstance(self.scan.parents.get(part), _OPERATORS)
                return f"({shown})" if operand and isinstance(inferred, (ast.IfExp, ast.BinOp)) else shown
            element = self._element(part)
            if element is not None:
                shown = self.text(element, names)
                operand = isinstance(self.scan.parents.get(part), _OPERATORS)
                return f"({shown})" if operand and not is_atom(element) else shown
            made = self.inference.sizes(part)
            if made is not None:
                sizes = ("None" if integer(size) == -1 else self.text(size, names) for size in made)
                return f"[{', '.join(sizes)}]"
            tensor = self.shape_of(part)
            if tensor is not None:
                return self.shape_names.get(tensor) or shape_argument(tensor)
            if isinstance(part, ast.Attribute) and part.attr == "value" and self.is_dim(part.value):
                return self.text(part.value, names)
            if isinstance(part, ast.Call) and self.is_dim(part) and isinstance(part.func, ast.Name):
                return self.text(part.args[0], names)
            spelling = self.spelling(part)
            if spelling is None or (isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)):
                return None
            if isinstance(part, ast.Name) and self.is_own(part):
                return None
            certain, binding = self.scan.reaching(spelling, part)
            if certain and binding is None and spelling in names:
                return names[spelling]
            stop = self._stop(spelling, part, binding) if certain and binding is not None else None
            if stop is not None:
                last = f"{self.text(stop, names)} - 1"
                return last if isinstance(self.scan.parents.get(part), (ast.Subscript, ast.Call)) else f"({last})"
            if certain and binding is not None and self._inlined(binding):
                assert binding.value is not None
                return f"({self.text(binding.value, names)})"
            return None

        return render(self.module, node, substitute)

    def _inlined(self, binding: Binding) -> bool:
        """Whether a local name stands for an expression that changes from round to round of a loop."""
        if not isinstance(binding.statement, ast.Assign) or binding.value is None:
            return False
        need = self.need(binding.value)
        return need.level is not Level.CALL and bool(need.loops)


def branches(choice: ast.If, name: str) -> list[ast.expr | None]:
    """The tests of an `if` and the values that it gives a name; None where a branch does it in another way."""
    found: list[ast.expr | None] = [choice.test]
    for suite in (choice.body, choice.orelse):
        setting = [
            s
            for s in suite
            if name in {n.id for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        ]
        if not setting:
            continue
        last = setting[-1]
        if isinstance(last, ast.If) and len(setting) == 1:
            found.extend(branches(last, name))
        elif (
            isinstance(last, ast.Assign)
            and len(setting) == 1
            and len(last.targets) == 1
            and isinstance(last.targets[0], ast.Name)
        ):
            found.append(last.value)
        else:
            found.append(None)
    return found


def always_sets(choice: ast.If, name: str) -> bool:
    """Whether every branch of an `if` gives a name a value."""

    def sets(suite: list[ast.stmt]) -> bool:
        return any(
            always_sets(s, name)
            if isinstance(s, ast.If)
            else any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(s))
            or isinstance(s, ast.Raise)
            for s in suite
        )

    return sets(choice.body) and sets(choice.orelse)


def shape_argument(tensor: str) -> str:
    """The argument of `build` for a tensor argument of `call`: `input_` gives `input_shape`."""
    return f"{tensor.removeprefix('self.').rstrip('_')}_shape"


def _has_side_effects(value: FunctionValue) -> bool:
    for node in value.function.nodes:
        if isinstance(node, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            return True
    return False


def _is_library(node: ast.expr) -> bool:
    """Whether this is the file's name for a library, in an expression that stands nowhere in the source."""
    return isinstance(node, ast.Name) and is_synthetic(node)


def is_initializer(name: str) -> bool:
    """Whether a symbol of a library makes an initializer; what that draws is drawn later."""
    return name.endswith("_initializer") or "initializers." in name
