"""Where `reuse_variables()` can be said as `reuse=` of a scope, and why not elsewhere. Nothing else is planned here."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tfmigrate.finding import Finding
from tfmigrate.model import EXPLICIT_REUSE
from tfmigrate.planning.conditions import negated
from tfmigrate.program.flags import is_reuse_switch
from tfmigrate.program.link import FunctionNode, Module, Program
from tfmigrate.program.render import source
from tfmigrate.program.scan import names_in
from tfmigrate.program.standing import ancestors
from tfmigrate.sites import GatherRest, KeepElse, Remove, RestUnder, SetArgument, Site, Unnamed
from tfmigrate.spans import span
from tfmigrate.walk.records import ReuseSwitch
from tfmigrate.walk.regions import Region
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.values import Const

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOPS = (ast.For, ast.While, ast.AsyncFor)


class _Stays(Exception):
    """Why a switch stays as it is."""


@dataclass
class ExplicitReuse:
    """What becomes of every switch: sites by file, and what is said of those that stay."""

    sites: dict[Module, list[Site]] = field(default_factory=dict)
    findings: set[Finding] = field(default_factory=set)


def plan_explicit_reuse(program: Program, walks: Sequence[Walk]) -> ExplicitReuse:
    facts = _Facts(walks)
    result = ExplicitReuse()
    for module in program.modules.values():
        for call in module.of_kind(ast.Call):
            if not is_reuse_switch(call):
                continue
            try:
                sites = list(_Switch(module, call, facts).sites())
            except _Stays as why:
                where = (str(module.path), call.lineno, call.col_offset)
                result.findings.add(Finding(*where, "TFM207", f"reuse_variables() stays: {why}"))
            else:
                result.sites.setdefault(module, []).extend(sites)
    return result


class _Facts:
    """What the walks came by: switches and calls that open scopes by their nodes, activations by their functions."""

    def __init__(self, walks: Sequence[Walk]) -> None:
        self.switches: dict[ast.AST, list[ReuseSwitch]] = defaultdict(list)
        self.scope_calls: set[ast.AST] = set()
        self.activations: dict[FunctionNode, list[Region]] = defaultdict(list)
        for walk in walks:
            for switch in walk.scoping.switches:
                self.switches[switch.node].append(switch)
            self.scope_calls.update(call.node for call in walk.scoping.scope_calls)
            for region in walk.regions():
                if region.function is not None and not region.is_block:
                    self.activations[region.function.node].append(region)


class _Switch:
    """One call of `reuse_variables()`, with the `with` whose block it stands in."""

    def __init__(self, module: Module, call: ast.Call, facts: _Facts) -> None:
        self.module, self.call, self.facts = module, call, facts
        assert isinstance(call.func, ast.Attribute)
        self.receiver = call.func.value
        self.around = [*ancestors(module, call)]
        self.condition: ast.expr | None = None

    def sites(self) -> Iterator[Site]:
        """Raises _Stays."""
        top = self._statement()
        block, item, opening = self._block(top)
        self._check_records(block)
        name = self._name(item, block)
        place = block.body.index(top)
        if block.body[:place] and any(top.lineno <= (s.end_lineno or 0) for s in block.body[:place]):
            raise _Stays("other statements stand on its line")
        if item == len(block.items) - 1 and self._may_go_up(opening, block.body[:place], name):
            yield self._site(opening, SetArgument("reuse", self._value()))
            yield self._site(top, self._left_of(top))
            if name is not None and self._function() is not None and not self._uses(name, self._body()):
                yield self._site(block, Unnamed(item))
            return
        if isinstance(top, ast.If) and top.orelse:
            raise _Stays("other statements hang on the same condition")
        if place == len(block.body) - 1:
            raise _Stays("nothing follows it in the block of its scope, so it is for somebody else")
        if not all(record.sure for record in self.facts.switches[self.call]):
            raise _Stays("whether reuse is switched on here cannot be known from the program")
        if name is not None and self._uses(name, block.body[:place]):
            raise _Stays(f"{name} is handed on before reuse is switched on")
        yield self._site(top, RestUnder(self._head(opening, name)))
        yield self._site(block, GatherRest())

    def _site(self, node: ast.AST, action: SetArgument | Remove | KeepElse | Unnamed | RestUnder | GatherRest) -> Site:
        return Site(EXPLICIT_REUSE, span(self.module, node), action)

    # -- where it stands

    def _statement(self) -> ast.stmt:
        """The statement that goes: the call, or the `if` around it alone. Raises _Stays."""
        statement = self.around[0]
        if not isinstance(statement, ast.Expr):
            raise _Stays("it stands inside another expression")
        outer = self.around[1]
        if not isinstance(outer, ast.If):
            return statement
        if outer.body != [statement] or not all(isinstance(other, ast.Assert) for other in outer.orelse):
            raise _Stays("other statements hang on the same condition")
        above = self.around[2]
        if isinstance(above, ast.If) and outer in above.orelse:
            raise _Stays("it hangs on several conditions")
        self.condition = outer.test
        return outer

    def _block(self, top: ast.stmt) -> tuple[ast.With, int, ast.Call]:
        """The `with` in whose block the statement stands, and which of its contexts opens the scope. Raises _Stays."""
        owner = self.around[self.around.index(top) + 1 if top in self.around else 0]
        if isinstance(owner, _LOOPS):
            raise _Stays("it stands in a loop, whose first round is not reused")
        if not isinstance(owner, ast.With) or top not in owner.body:
            inside = any(self._opened(outer) for outer in self._in_function())
            text = "it does not stand directly in the block of a scope" if inside else "this function opens no scope"
            raise _Stays(f"{text}, so what follows it elsewhere is reused too" if not inside else text)
        opened = self._opened(owner)
        if len(opened) != 1:
            raise _Stays("the block that it stands in opens no scope, or more than one")
        if owner.lineno == owner.body[0].lineno:
            raise _Stays("its block stands on the line of the with")
        others = [node for statement in owner.body for node in ast.walk(statement) if is_reuse_switch(node)]
        if any(node is not self.call and self._owner(node) is owner for node in others):
            raise _Stays("reuse is switched on more than once in this block")
        ((item, opening),) = opened.items()
        return owner, item, opening

    def _opened(self, node: ast.AST) -> dict[int, ast.Call]:
        """The contexts of a `with` that open a scope."""
        calls = {i: item.context_expr for i, item in enumerate(node.items)} if isinstance(node, ast.With) else {}
        return {i: c for i, c in calls.items() if isinstance(c, ast.Call) and c in self.facts.scope_calls}

    def _owner(self, node: ast.AST) -> ast.AST | None:
        return next((outer for outer in ancestors(self.module, node) if self._opened(outer)), None)

    def _in_function(self) -> Iterator[ast.AST]:
        for outer in self.around:
            if isinstance(outer, _FUNCTIONS):
                return
            yield outer

    def _function(self) -> FunctionNode | None:
        found = next((outer for outer in self.around if isinstance(outer, (*_FUNCTIONS, ast.ClassDef))), None)
        return found if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)) else None

    def _body(self) -> Sequence[ast.AST]:
        """All in which a name of the function may be read."""
        function = self._function()
        return function.body if function is not None else self.module.tree.body

    # -- what is known of it

    def _check_records(self, block: ast.With) -> None:
        """The walk must see the scope of this very block switched, at every time. Raises _Stays."""
        records = self.facts.switches.get(self.call, [])
        if not records:
            raise _Stays("what this is called on is not known, or nothing comes here")
        for record in records:
            region, scope = record.region, record.scope
            if region.node is not block or scope.path != region.path or scope.opened_by is not region.frame:
                raise _Stays("the scope that is switched is another one than that of its block")

    def _name(self, item: int, block: ast.With) -> str | None:
        """What the scope object is called, if anything. Raises _Stays."""
        target = block.items[item].optional_vars
        if isinstance(self.receiver, ast.Name):
            if not isinstance(target, ast.Name) or target.id != self.receiver.id:
                raise _Stays("the scope that is switched is another one than that of its block")
        elif self.receiver.__class__ is not ast.Call:
            raise _Stays("what this is called on is not known")
        if target is None:
            return None
        if not isinstance(target, ast.Name):
            raise _Stays("the scope object is kept for later")
        stores = [
            node
            for statement in block.body
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and node.id == target.id and not isinstance(node.ctx, ast.Load)
        ]
        if stores:
            raise _Stays(f"{target.id} becomes something else in this block")
        return target.id

    def _uses(self, name: str, body: Sequence[ast.AST]) -> bool:
        """Whether the name is read there, but for the switch itself."""
        return any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            for statement in body
            for node in ast.walk(statement)
            if node is not self.receiver
        )

    # -- at the head of the block

    def _may_go_up(self, opening: ast.Call, before: Sequence[ast.stmt], name: str | None) -> bool:
        """Whether nothing that happens before the switch can tell whether reuse is on."""
        given = {k.arg for k in opening.keywords}
        if len(opening.args) > 1 or None in given or "default_name" in given:
            return False
        if any(isinstance(arg, ast.Starred) for arg in opening.args) or ("reuse" in given and self.condition):
            return False
        if not all(_is_harmless(statement) for statement in before):
            return False
        if self.condition is None:
            return True
        bound = {
            node.id
            for statement in before
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        }
        read = names_in(self.condition)
        return _is_harmless(self.condition) and not read & bound and name not in read

    def _left_of(self, top: ast.stmt) -> Remove | KeepElse:
        """An `if` may assert that reuse is off where it does not switch it on."""
        if not isinstance(top, ast.If) or not top.orelse:
            return Remove()
        return KeepElse(negated(source(self.module, top.test)))

    def _value(self) -> str:
        if self.condition is None:
            return "True"
        text = source(self.module, self.condition)
        return text if self._is_bool(self.condition) else f"True if {text} else None"

    def _is_bool(self, node: ast.expr) -> bool:
        """Whether the value is True, False or None at every time."""
        if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return True
        if isinstance(node, ast.BoolOp):
            return all(self._is_bool(value) for value in node.values)
        function = self._function()
        if not isinstance(node, ast.Name) or function is None:
            return False
        stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == node.id]
        values = [region.frame.args.get(node.id) for region in self.facts.activations[function]]
        known = all(isinstance(v, Const) and (v.value is None or isinstance(v.value, bool)) for v in values)
        return bool(values) and known and all(isinstance(n.ctx, ast.Load) for n in stored)

    # -- in the middle of the block

    def _head(self, opening: ast.Call, name: str | None) -> str:
        """The context of a block for the rest. The names of operations must not change, hence no name scope."""
        scope = name if name is not None else source(self.module, self.receiver)
        made = f"{source(self.module, opening.func)}({scope}, reuse={self._value()}, auxiliary_name_scope=False)"
        return f"{made} as {name}" if name is not None and self._uses(name, self._body()) else made


def _is_harmless(node: ast.AST) -> bool:
    """Whether it neither calls anything nor asks whether reuse is on."""
    bad = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Return, ast.With, ast.Raise)
    return not any(
        isinstance(part, bad) or (isinstance(part, ast.Attribute) and part.attr == "reuse") for part in ast.walk(node)
    )
