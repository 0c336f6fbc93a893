"""How a layer is called where the program called a function or entered a block."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import Body, LayerPlan, Refusal
from tfmigrate.planning.mapping import FILLED_IN
from tfmigrate.planning.name_scopes import segments_at
from tfmigrate.planning.requests import received
from tfmigrate.planning.segments import has_segments
from tfmigrate.planning.units import Member
from tfmigrate.program.link import Module
from tfmigrate.program.render import indent_of, render
from tfmigrate.sites import Argument, BlockCall, Extend, LayerClass, Replace, Sites
from tfmigrate.spans import span


def call_arguments(
    child: LayerPlan,
    member: Member,
    wanted: list[tuple[str, bool]],
    given: dict[str, ast.expr],
    site: ast.Call,
    spelled: dict[str, str],
) -> tuple[Argument, ...]:
    """The arguments of a layer's call, in the form that the program gave them where Keras allows it."""
    arguments: list[Argument] = []
    positional = True
    for item in child.call_inputs(member):
        if item.name in FILLED_IN and item.name not in given and item.default is not None:
            text = render(member.module, item.default, lambda _: None)
            arguments.append(Argument(text=text, keyword=item.name))
    filled = arguments
    arguments = []
    for name, sure in wanted:
        taken = child.bodies[member].inputs.get(name)
        bare = taken.identifier if taken is not None else name.removeprefix("self.")
        if name.startswith("self.") or name not in given:
            positional = positional and sure
            text = received(name, site)
            arguments.append(Argument(text=spelled.get(text, text), keyword=None if positional else bare))
            continue
        expression = given[name]
        by_position = expression in site.args
        positional = positional and sure and by_position and name not in FILLED_IN
        source: int | str = site.args.index(expression) if by_position else name
        arguments.append(Argument(source, keyword=None if positional else bare))
    return tuple(arguments + filled)


def extend_targets(
    statement: ast.stmt, site: ast.Call, member: Member, extra: list[str], module: Module, sites: Sites
) -> None:
    """`y = self.f(x)` takes the attributes that `f` used to set: `y, self.h = f(x)`."""
    extra = [received(name, site) for name in extra]
    result = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(member.node))
    values = [n.value for n in ast.walk(member.node) if isinstance(n, ast.Return) and n.value is not None]
    tuples = [isinstance(v, ast.Tuple) for v in values]
    if isinstance(statement, ast.Assign) and statement.value is site and len(statement.targets) == 1:
        tuple_target = isinstance(statement.targets[0], ast.Tuple)
        if result and ((all(tuples) and tuple_target) or (not any(tuples) and not tuple_target)):
            sites.add("methods", span(module, statement), Extend(tuple(extra)))
            return
    if isinstance(statement, ast.Expr) and statement.value is site and not result:
        sites.add("methods", span(module, statement), Extend(tuple(extra), alone=True))
        return
    if isinstance(statement, ast.Expr) and statement.value is site:
        sites.add("methods", span(module, statement), Extend(tuple(extra), alone=True, last=True))
        return
    lower = _last_ones(statement, site)
    if lower is not None and result and all(tuples):
        sites.add("methods", span(module, statement), Extend(tuple(extra)))
        count = len(extra) - ast.literal_eval(lower)
        sites.add("methods", span(module, lower), Replace(f"-{count}"))
        return
    raise Refusal("TFM404", site, module, f"{member.name} sets {', '.join(extra)}, which this call has no place for")


def _last_ones(statement: ast.stmt, site: ast.Call) -> ast.expr | None:
    """The -2 of `a, b = self.f(x)[-2:]`."""
    value = statement.value if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    if not isinstance(statement, ast.Assign) or not isinstance(value, ast.Subscript) or value.value is not site:
        return None
    target, part = statement.targets[0], value.slice
    if not isinstance(target, ast.Tuple) or not isinstance(part, ast.Slice) or part.upper or part.step:
        return None
    known = isinstance(part.lower, ast.UnaryOp) and ast.unparse(part.lower) == f"-{len(target.elts)}"
    return part.lower if known and not any(isinstance(e, ast.Starred) for e in target.elts) else None


def block_call(child: LayerPlan, member: Member, target: str, spelled: dict[str, str], module: Module) -> BlockCall:
    """The statement that takes the place of a block. The class is filled in when all methods are known."""
    body = child.bodies[member]
    arguments: list[str] = []
    positional = True
    for item in child.call_inputs(member):
        text = spelled.get(item.name, item.name)
        positional = positional and item.sure and item.identifier not in FILLED_IN
        arguments.append(text if positional else f"{item.identifier}={text}")
    call = f"{target}({', '.join(arguments)})"
    outputs = [spelled.get(name, name) for name in body.outputs]
    targets = [*body.live, *outputs]
    lines = [f"{', '.join(targets)} = {call}" if targets else call]
    last = member.node.body[-1]
    if isinstance(last, ast.Return):
        lines = [f"return {call}"]
        if body.outputs:
            first = [] if last.value is None else ["result"]
            lines = [f"{', '.join([*first, *outputs])} = {call}", f"return {''.join(first)}".rstrip()]
    assert isinstance(member.node, ast.With)
    if has_segments(member.regions):

        def show(node: ast.expr) -> str:
            return render(module, node, lambda part: spelled.get(part.id) if isinstance(part, ast.Name) else None)

        outer = segments_at(member.node, member.regions, module, show)[:-1]
        scopes = ", ".join(f"keras.name_scope({segment})" for segment in outer)
        lines = [f"with {scopes}:", *(f"{indent_of(module)}{line}" for line in lines)]
    return BlockCall(LayerClass(child.class_name, (), ()), tuple(lines), (0, 0, 0, 0))


def block_results(body: Body) -> list[str]:
    """The names that the code behind a block reads."""
    return [*body.live, *[name.removeprefix("self.") for name in body.outputs]]
