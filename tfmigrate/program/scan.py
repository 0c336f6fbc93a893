"""Facts about one body of code that need no other: who encloses whom, where names are bound and read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from tfmigrate.program.link import Function, FunctionNode, Module

Nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# methods that change what they are called on
CHANGING = {
    "append",
    "extend",
    "insert",
    "update",
    "setdefault",
    "pop",
    "popitem",
    "remove",
    "clear",
    "sort",
    "reverse",
    "add",
    "discard",
}

# methods that give something else each time
DRAWING = {
    "uniform", "normal", "rand", "randn", "randint", "random", "random_sample", "choice", "choices", "shuffle",
    "permutation", "sample", "standard_normal", "binomial", "truncnorm", "integers",
}  # fmt: skip


@dataclass(frozen=True)
class Binding:
    """A statement that gives a name a value. value: the expression, where it is a plain assignment of it.

    behind: whether it does so at its end, so that what stands inside does not see it.
    """

    statement: ast.stmt
    value: ast.expr | None
    behind: bool = False


@dataclass(eq=False)
class Scan:
    """A body of statements with parents, bindings and reads by name. `self.x` counts as a name of that spelling.

    opaque: blocks, or the last statements of one, that leave this body; what they bind counts, what they read does not.
    """

    body: Sequence[ast.stmt]
    self_name: str | None = None
    opaque: frozenset[ast.AST] = frozenset()
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    reads: dict[str, list[ast.expr]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for statement in self.body:
            self._visit(statement, None)

    def _visit(self, node: ast.AST, shadowed: frozenset[str] | None) -> None:
        if node in self.opaque and not isinstance(node, ast.With):
            self._bind_all(node)
            return
        for child in ast.iter_child_nodes(node):
            self.parents[child] = node
        if node in self.opaque:
            self._bind_all(node)
            self._place_head(node)
            return
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in (shadowed or ()):
                self.reads.setdefault(node.id, []).append(node)
            elif not isinstance(node.ctx, ast.Load) and shadowed is None:
                self._bind(node.id, node)
        elif self._is_attribute(node):
            assert isinstance(node, ast.Attribute)
            name = f"self.{node.attr}"
            if isinstance(node.ctx, ast.Load):
                self.reads.setdefault(name, []).append(node)
            else:
                self._bind(name, node)
        inner = shadowed
        if isinstance(node, Nested):
            inner = (shadowed or frozenset()) | _own_names(node)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and shadowed is None:
                self.bindings.setdefault(node.name, []).append(Binding(node, None))
        elif isinstance(node, COMPREHENSIONS):
            names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            inner = (shadowed or frozenset()) | names
        for child in ast.iter_child_nodes(node):
            self._visit(child, inner)

    def _bind_all(self, block: ast.AST) -> None:
        assert isinstance(block, ast.stmt)
        inner = Scan([block], self.self_name)
        outer = self.parents.get(block)
        body = outer.body if isinstance(outer, ast.With) else []
        last = block in body and set(body[body.index(block) :]) <= self.opaque and not set(body) <= self.opaque
        whole = outer if last and isinstance(outer, ast.With) else block
        for name in inner.bindings:
            self.bindings.setdefault(name, []).append(Binding(whole, None, whole is not block))

    def _place_head(self, block: ast.AST) -> None:
        """The name of a block is evaluated in the body around it: what is in there has a place here."""
        for item in block.items if isinstance(block, ast.With) else ():
            for outer in ast.walk(item):
                self.parents.update((child, outer) for child in ast.iter_child_nodes(outer))

    def _is_attribute(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or self.self_name is None:
            return False
        return node.value.id == self.self_name

    def _bind(self, name: str, node: ast.expr) -> None:
        statement = self.statement(node)
        value = None
        if isinstance(statement, ast.Assign):
            value = _assigned(statement, node)
        elif isinstance(statement, ast.AnnAssign) and statement.target is node:
            value = statement.value
        self.bindings.setdefault(name, []).append(Binding(statement, value))

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that holds an expression (the innermost one)."""
        current: ast.AST = node
        while not isinstance(current, ast.stmt):
            current = self.parents[current]
        return current

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What encloses a node in this body, inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def suite(self, node: ast.AST) -> tuple[ast.AST | None, str]:
        """The list of statements that holds the node's statement: its owner and the field's name."""
        statement = self.statement(node)
        owner = self.parents.get(statement)
        if owner is None:
            return None, "body"
        for name, value in ast.iter_fields(owner):
            if isinstance(value, list) and statement in value:
                return owner, name
        return owner, "body"

    def _sure_suite(self, statement: ast.stmt) -> tuple[ast.AST | None, str]:
        """The list of statements in which a run that goes on has come by a statement."""
        owner, field_ = self.suite(statement)
        while isinstance(owner, ast.Try) and field_ == "body" and only_explains(owner):
            owner, field_ = self.suite(owner)
        return owner, field_

    def reaching(self, name: str, at: ast.AST) -> tuple[bool, Binding | None]:
        """Which binding of a name a node sees: (certain, binding). (True, None): the one from outside the body."""
        bindings = self.bindings.get(name, [])
        here = self.statement(at)
        loops = {a for a in self.ancestors(here) if isinstance(a, (ast.For, ast.While, ast.AsyncFor))}
        suites = {self.suite(here), *(self.suite(a) for a in self.ancestors(here) if isinstance(a, ast.stmt))}
        suites.add((None, "body"))
        inside = set(self.ancestors(here))
        earlier = [b for b in bindings if _before(b.statement, here) or b.statement in inside]
        earlier = [b for b in earlier if not b.behind or b.statement not in inside]
        dominating = [b for b in earlier if self._sure_suite(b.statement) in suites or b.statement in inside]
        if dominating:
            last = dominating[-1]
            between = [b for b in earlier if _before(last.statement, b.statement) and b is not last]
            if last.behind:
                between = [b for b in between if last.statement not in set(self.ancestors(b.statement))]
            # in a loop that the binding stands in front of, what binds the name below is seen in the next round
            again = loops - {last.statement, *self.ancestors(last.statement)}
            between += [b for b in bindings if again & set(self.ancestors(b.statement))]
            return (not between), last
        if earlier:
            return False, None
        around = [b for b in bindings if loops & set(self.ancestors(b.statement))]
        return (not around), None

    def is_bound_before(self, name: str, at: ast.AST) -> bool:
        """Whether a statement in front of a node surely binds a name, also one in a `with` that is over."""
        here = self.statement(at)
        outer = [here, *(a for a in self.ancestors(here) if isinstance(a, ast.stmt))]
        suites = {*map(self.suite, outer), (None, "body")}
        for binding in self.bindings.get(name, []):
            place: ast.AST | None = binding.statement
            while isinstance(place, ast.stmt) and self.suite(place) not in suites:
                place = self.parents.get(place)
                place = place if isinstance(place, (ast.With, ast.AsyncWith)) else None
            if isinstance(place, ast.stmt) and _before(binding.statement, here) and place not in outer:
                return True
        return False

    def choice(self, name: str, at: ast.AST) -> ast.If | None:
        """The one `if` that holds every binding of a name and is over before a node."""
        tops = set()
        for binding in self.bindings.get(name, []):
            outer = [a for a in (binding.statement, *self.ancestors(binding.statement)) if isinstance(a, ast.stmt)]
            tops.add(next((a for a in reversed(outer) if isinstance(a, ast.If)), None))
        if len(tops) != 1:
            return None
        top = tops.pop()
        here = self.statement(at)
        if top is None or not _before(top, here) or top in set(self.ancestors(here)):
            return None
        suites = {
            self.suite(here),
            *(self.suite(a) for a in self.ancestors(here) if isinstance(a, ast.stmt)),
            (None, "body"),
        }
        return top if self.suite(top) in suites else None

    def overridden(self, name: str, at: ast.AST) -> tuple[Binding, ast.If] | None:
        """The binding that a node sees unless the one `if` between them gives the name another value."""
        bindings = self.bindings.get(name, [])
        if len(bindings) < 2 or self.enclosing(bindings[0].statement, (ast.For, ast.While)):
            return None
        first, here = bindings[0], self.statement(at)
        tops = {
            next((a for a in self.ancestors(b.statement) if self.suite(a) == self.suite(first.statement)), None)
            for b in bindings[1:]
            if b.statement not in (here, *self.ancestors(here))
        }
        top = tops.pop() if len(tops) == 1 else None
        if not isinstance(top, ast.If) or top.orelse or not _before(first.statement, top) or not _before(top, here):
            return None
        return (first, top) if top not in set(self.ancestors(here)) else None

    def bindings_nodes(self) -> set[ast.stmt]:
        """The statements that bind names, inner functions among them."""
        return {binding.statement for bindings in self.bindings.values() for binding in bindings}

    def loads(self, name: str) -> list[ast.expr]:
        return self.reads.get(name, [])

    def wanted(self, name: str) -> list[ast.expr]:
        """Where the value of a name is needed: where it is read, or added to (`z += x`)."""
        return self.loads(name) + self._added_to.get(name, [])

    @cached_property
    def _added_to(self) -> dict[str, list[ast.expr]]:
        found: dict[str, list[ast.expr]] = {}
        for node, parent in self.parents.items():
            if isinstance(parent, ast.AugAssign) and parent.target is node and isinstance(node, ast.Name):
                found.setdefault(node.id, []).append(node)
        return found

    def holds(self, node: ast.AST) -> bool:
        """Whether a node stands in this code, and not in what leaves it."""
        return node in self.parents or node in self.body

    def enclosing(self, node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> list[ast.AST]:
        """The enclosing nodes of these kinds, outside in."""
        return [a for a in self.ancestors(node) if isinstance(a, kinds)][::-1]


@lru_cache(maxsize=1_000)
def scan_code(code: Function | Module, self_name: str | None = None, opaque: frozenset[ast.AST] = frozenset()) -> Scan:
    """The scan of the body of a function or a module. It is shared: nothing may be added to it."""
    return Scan(code.node.body if isinstance(code, Function) else code.tree.body, self_name, opaque)


def is_changed(scan: Scan, name: str) -> bool:
    """Whether code stores into what a name stands for, or calls a method that changes it."""
    for node in scan.loads(name):
        outer = scan.parents.get(node)
        if isinstance(outer, ast.Attribute) and outer.attr in CHANGING:
            return True
        if isinstance(outer, (ast.Attribute, ast.Subscript)) and not isinstance(outer.ctx, ast.Load):
            return True
    return False


def only_explains(node: ast.Try) -> bool:
    """Whether a try statement lets no error pass: its handlers may say more of it, and raise."""
    handled = [statement for handler in node.handlers for statement in handler.body]
    plain = all(isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Raise)) for statement in handled)
    raises = all(isinstance(handler.body[-1], ast.Raise) for handler in node.handlers)
    return plain and raises and not node.orelse and not node.finalbody


def _before(first: ast.stmt, second: ast.stmt) -> bool:
    return (first.lineno, first.col_offset) < (second.lineno, second.col_offset)


def _assigned(statement: ast.Assign, target: ast.expr) -> ast.expr | None:
    for whole in statement.targets:
        if whole is target:
            return statement.value
        if (
            isinstance(whole, (ast.Tuple, ast.List))
            and target in whole.elts
            and isinstance(statement.value, (ast.Tuple, ast.List))
        ):
            if len(whole.elts) == len(statement.value.elts):
                return statement.value.elts[whole.elts.index(target)]
    return None


def _own_names(node: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        names = parameter_names(node.args)
        if not isinstance(node, ast.Lambda):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    names.add(inner.id)
    return frozenset(names)


def parameter_names(args: ast.arguments) -> set[str]:
    """The names of all parameters, those of `*args` and `**kwargs` too."""
    every = (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg)
    return {arg.arg for arg in every if arg is not None}


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions, classes and comprehensions inside."""
    stack: list[ast.AST] = [*function.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*Nested, *COMPREHENSIONS)):
            stack.extend(ast.iter_child_nodes(node))


@lru_cache(maxsize=10_000)
def own_names(function: FunctionNode) -> frozenset[str]:
    """The names of a function that are not those of its file: parameters, what it gives a value, what it defines."""
    found, shared = parameter_names(function.args), set[str]()
    for node in own_nodes(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Global):
            shared.update(node.names)
    return frozenset(found - shared)


def names_in(node: ast.AST) -> set[str]:
    """All plain names that an expression or statement mentions."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def mentioned(node: ast.AST) -> Iterator[str]:
    """All names that a piece of code mentions, those of attributes too, from the outside in."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
        elif isinstance(child, ast.Attribute):
            yield child.attr


def arguments_of(node: ast.Call, params: Sequence[str]) -> dict[str, ast.expr]:
    """The arguments of a call by parameter."""
    given = {params[i]: argument for i, argument in enumerate(node.args) if i < len(params)}
    given.update((k.arg, k.value) for k in node.keywords if k.arg is not None)
    return given


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def integer(node: ast.expr) -> int | None:
    """The number that a literal is."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, SyntaxError):
        return None
    return value if type(value) is int else None
