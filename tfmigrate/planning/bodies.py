"""What the planning has to know of the code of a member: what it takes in, hands out, and what leaves it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import partial

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.importing import together
from tfmigrate.planning.layering import Body, Input, Refusal, attribute_input, find_tensors
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.split import Splitter
from tfmigrate.planning.statements import is_reuse_statement
from tfmigrate.planning.units import Member, Shape
from tfmigrate.program.flags import reuse_flags
from tfmigrate.program.inner import read_around
from tfmigrate.program.link import Program
from tfmigrate.program.scan import Scan, scan_code
from tfmigrate.walk.state import is_filled, is_fixed, is_settled
from tfmigrate.walk.values import is_tensor


@dataclass(frozen=True)
class Bodies:
    """Looks at the code of members. resolve: what a dotted name means at module level."""

    program: Program
    classes: Classification
    owners: Ownership
    resolve: Resolve
    # attributes by which an object remembers that it was called, and that decide more than the reuse of variables
    decisive: dict[Member, set[str]] = field(default_factory=dict)

    @property
    def opaque(self) -> frozenset[ast.AST]:
        """What leaves the code that it stands in: inner functions, blocks, or the last statements of one."""
        members = [member for member in self.owners.units if member.shape in (Shape.BLOCK, Shape.INNER)]
        cut = {statement for member in members if member.head for statement in member.body}
        return frozenset([*(member.node for member in members if not member.head), *cut])

    def make(self, member: Member) -> Body:
        """All that is known of a member's code before its layer is planned. Raises Refusal."""
        own = {member.node, *(member.body if member.shape is Shape.BLOCK and member.head else ())}
        opaque = self.opaque - own
        around: set[str] = set()
        if member.shape is Shape.BLOCK:
            outer = _outer_scan(member)
            around = {name for name in outer.bindings if _comes_from_around(name, member, outer)}
            if member.function is not None:
                around |= {*member.function.params, *read_around(member.function)}
            else:
                around = {n for n in around if any(n in r.names and is_tensor(r.names[n]) for r in member.regions)}
        body = _look_at(member, opaque, self.resolve, around)
        body.splitter.on_object = member.shape is Shape.CALLABLE
        body.fixed = partial(is_fixed, program=self.program)
        body.settled = partial(is_settled, program=self.program)
        body.filled = partial(is_filled, program=self.program)
        decisive = self.decisive.get(member, ())
        body.flags = {name: found for name, found in reuse_flags(self.program).items() if name not in decisive}
        body.outputs = [
            name
            for name in body.outputs
            if name.removeprefix("self.") not in body.flags
            and not all(
                b.statement in self.classes.blocks and _is_alias(name, b.statement) for b in body.scan.bindings[name]
            )
        ]
        if member.shape in (Shape.METHOD, Shape.INNER):
            body.unread = {name for name in body.outputs if self._is_private(name, body)}
        if member.shape is Shape.BLOCK:
            body.live = _live(member, body)
        return body

    def _is_private(self, name: str, body: Body) -> bool:
        """Whether an attribute that a body sets under a condition is read by the body alone."""
        branches = (ast.If, ast.For, ast.While, ast.Try)
        sure = any(not body.scan.enclosing(b.statement, branches) for b in body.scan.bindings[name])
        bare = name.removeprefix("self.")
        if sure:
            return False
        own = sum(bare in _attribute(node) for node in ast.walk(body.member.node))
        near = together(self.program, {body.module})
        return own == sum(bare in _attribute(node) for module in near for node in module.nodes)


def _look_at(
    member: Member,
    opaque: frozenset[ast.AST],
    resolve: Resolve,
    locals_around: set[str],
) -> Body:
    """Look at a member's code. opaque: blocks in it that leave it. locals_around: names that a block may take in."""
    function = member.function
    self_name = function.object_name if function is not None else None
    scan = Scan(member.body, self_name, opaque)
    inputs = _inputs(member, scan, locals_around)
    find_tensors(member, inputs)
    splitter = Splitter(
        scan,
        member.module,
        set(inputs),
        {i.name for i in inputs.values() if i.tensor},
        resolve,
    )
    body = Body(member, scan, inputs, splitter)
    body.outputs = _outputs(body)
    return body


def _inputs(member: Member, scan: Scan, locals_around: set[str]) -> dict[str, Input]:
    inputs: dict[str, Input] = {}
    function = member.function
    if member.shape is not Shape.BLOCK and function is not None:
        args = function.node.args
        positional = [*args.posonlyargs, *args.args]
        defaults: dict[str, ast.expr] = {a.arg: d for a, d in zip(reversed(positional), reversed(args.defaults))}
        defaults.update({a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults) if d is not None})
        for name in function.params:
            inputs[name] = Input(name, defaults.get(name))
        if member.shape is Shape.INNER:  # also what only a block reads that leaves the body
            inputs.update((name, Input(name, around=True)) for name in sorted(read_around(function)))
    else:
        alias = member.node.items[0].optional_vars if isinstance(member.node, ast.With) else None
        own = alias.id if isinstance(alias, ast.Name) else ""
        for name in dict.fromkeys([*scan.reads, *scan.bindings]):
            if name in locals_around and name != own and not name.startswith("self."):
                # what a statement of the block surely binds before does not come from outside, whatever binds it then
                wanted = (node for node in scan.wanted(name) if scan.reaching(name, node)[1] is None)
                if not all(scan.is_bound_before(name, node) for node in wanted):
                    inputs[name] = Input(name)
        for block in (node for node in scan.opaque if isinstance(node, ast.With) and scan.holds(node)):
            loads = (n.id for n in ast.walk(block) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
            for name in sorted(locals_around.intersection(loads) - {own, *inputs}):
                if not scan.is_bound_before(name, block):
                    inputs[name] = Input(name)
    if member.shape.has_object:
        for name, nodes in scan.reads.items():
            if name.startswith("self.") and any(
                scan.reaching(name, node) != (True, _last(scan, name)) for node in nodes
            ):
                inputs[name] = attribute_input(name, inputs, scan)
    return inputs


def _last(scan: Scan, name: str) -> object:
    bindings = scan.bindings.get(name)
    return bindings[-1] if bindings else object()


def _outputs(body: Body) -> list[str]:
    """What the code around the body still wants: attributes that a method or block sets."""
    if body.member.shape is Shape.CALLABLE:
        return []
    return [name for name in body.scan.bindings if name.startswith("self.")]


def _live(member: Member, body: Body) -> list[str]:
    """The locals of a block that the code behind it reads."""
    outer = _outer_scan(member)
    node = member.node
    last = node.body[-1]
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Return, ast.Yield, ast.Break, ast.Continue)) and inner is not last:
            if isinstance(inner, ast.Return) or not any(
                isinstance(a, (ast.For, ast.While)) for a in body.scan.ancestors(inner)
            ):
                raise Refusal("TFM403", inner, member.module, "the block of this scope is left in the middle")
    _check_scope_object(member, outer)
    live = []
    for name in body.scan.bindings:
        if name.startswith("self."):
            continue
        loads = [n for n in outer.wanted(name) if node not in outer.ancestors(n)]
        later = [n for n in loads if (n.lineno, n.col_offset) > (node.end_lineno or 0, 0)]
        around = [a for a in outer.ancestors(node) if isinstance(a, (ast.For, ast.While))]
        again = [n for n in loads if any(a in outer.ancestors(n) for a in around)]
        # what the block itself reads in the next round, before it binds it there
        again += [n for n in body.scan.wanted(name) if around and body.scan.reaching(name, n)[1] is None]
        seen = [n for n in later + again if _sees(outer, name, n, node)]
        if seen:
            live.append(name)
    return live


def _check_scope_object(member: Member, outer: Scan) -> None:
    """Nothing behind the block that becomes a call can ask its scope for anything but to be opened again."""
    alias = member.node.items[0].optional_vars if isinstance(member.node, ast.With) else None
    for load in outer.wanted(alias.id) if isinstance(alias, ast.Name) else ():
        asked = isinstance(outer.parents.get(load), ast.Attribute) and not is_reuse_statement(outer.statement(load))
        certain, binding = outer.reaching(alias.id, load)  # type: ignore[union-attr]
        mine = not certain or (binding is not None and binding.statement is member.node)
        if asked and mine and member.node not in outer.ancestors(load):
            raise Refusal("TFM205", load, member.module, "the scope object is asked for something behind its block")


def _sees(outer: Scan, name: str, load: ast.expr, block: ast.AST) -> bool:
    certain, binding = outer.reaching(name, load)
    if not certain or binding is None:
        return True
    return block is binding.statement or block in outer.ancestors(binding.statement)


def _outer_scan(member: Member) -> Scan:
    function = member.function
    return scan_code(function or member.module, function.object_name if function is not None else None)


def _comes_from_around(name: str, member: Member, outer: Scan) -> bool:
    """Whether the code around a block gives a name a value: before it, or in an earlier round of a loop."""
    if any(isinstance(a, (ast.For, ast.AsyncFor, ast.While)) for a in outer.ancestors(member.node)):
        return True
    inside = set(member.body)
    return any(inside.isdisjoint([b.statement, *outer.ancestors(b.statement)]) for b in outer.bindings[name])


def _is_alias(name: str, statement: ast.stmt) -> bool:
    """Whether a `with` statement binds an attribute to what it opens."""
    targets = [item.optional_vars for item in statement.items] if isinstance(statement, ast.With) else []
    return any(isinstance(t, ast.Attribute) and t.attr == name.removeprefix("self.") for t in targets)


def _attribute(node: ast.AST) -> tuple[str, ...]:
    """The attribute that a node names: by a dot, or in a string for `getattr` and the like."""
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    return (node.value,) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ()
