"""Where a body changes: what is read and called instead of what has left it, and what it hands back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning import names
from tfmigrate.planning.body_scopes import write_alias_names, write_scopes
from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.calling import block_call, block_results, call_arguments, extend_targets
from tfmigrate.planning.cells import is_step
from tfmigrate.planning.compose import names_for_all
from tfmigrate.planning.layering import Refusal, Role
from tfmigrate.planning.library import invoke_layer
from tfmigrate.planning.looping import counting, is_counted, loops_at
from tfmigrate.planning.mapping import map_layer
from tfmigrate.planning.operations import inline_creations, operation
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level
from tfmigrate.planning.statements import is_reuse_statement, statements, top_statements
from tfmigrate.planning.units import Shape
from tfmigrate.program.render import render
from tfmigrate.program.standing import is_map
from tfmigrate.sites import Argument, Extend, Invoke, MethodBody, Remove, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.tf1.symbols import TAKES_VARIABLES
from tfmigrate.walk.regions import Creation


def write_body(work: Bodywork, sites: Sites) -> MethodBody:
    """Write down every change of the body; returns the method that it becomes. Raises Refusal."""
    prelude = _inputs(work, sites)
    for output in work.body.outputs:
        _output(work, output, sites)
    for slot in work.plan.slots:
        for site in slot.sites:
            if work.is_mine(site) and not _inside_removed(work, site):
                _slot_site(work, slot, site, sites)
    _weight_reads(work, sites)
    _count_rounds(work, sites)
    write_scopes(work, sites)
    write_alias_names(work, sites)
    _inline_layers(work, sites)
    for statement in work.body.removed:
        if not any(a in work.body.removed for a in work.body.scan.ancestors(statement)):
            kind = "reuse" if is_reuse_statement(statement) else "weights"
            sites.add(kind, span(work.module, statement), Remove(comments=statement in work.body.explained))
    results = _returns(work, sites)
    return _method(work, prelude, results)


def _count_rounds(work: Bodywork, sites: Sites) -> None:
    """Loops whose layers TF1 numbered."""
    sites_of = ((slot, site) for slot in work.plan.slots for site in slot.sites if work.is_mine(site))
    loops = [loop for slot, site in sites_of for loop in loops_at(slot, site) if is_counted(slot, loop)]
    for loop in loops + [loop for block in work.blocks for loop in _counted_around(work, block)]:
        action = counting(loop, work.module) if isinstance(loop, ast.For) and work.is_mine(loop) else None
        if action is not None:
            sites.add("loops", span(work.module, loop), action)


def _counted_around(work: Bodywork, block: ast.With) -> Iterator[ast.AST]:
    """The loop whose rounds number a scope that only names things."""
    numbers = (region.number for region in work.regions_of(block))
    yield from (number.rounds.loop for number in numbers if number is not None and number.rounds is not None)


def _inside_removed(work: Bodywork, node: ast.AST) -> bool:
    return any(a in work.body.removed for a in work.body.scan.ancestors(node))


def _inputs(work: Bodywork, sites: Sites) -> list[str]:
    prelude = []
    spelled = names_for_all(work.plan, Level.CALL)
    for item in work.body.inputs.values():
        if item.role is Role.CALL and item.is_attribute:
            text = item.identifier
        elif item.name in spelled and item.role in (Role.CTOR, Role.NAME):
            text = spelled[item.name]
        else:
            continue
        if item.name in work.body.scan.bindings and not item.is_attribute:
            if work.body.remaining(item.name):
                prelude.append(f"{item.name} = {text}")
            continue
        for node in work.body.scan.loads(item.name):
            if not work.body.is_gone(node) and not (item.is_attribute and text == item.name):
                sites.add("functions", span(work.module, node), Replace(text))
    return prelude


def _output(work: Bodywork, name: str, sites: Sites) -> None:
    """An attribute that the body sets becomes a local and one more result."""
    local = _local_of(work, name)
    for statement in statements(list(work.body.member.body), work.body.scan.opaque):
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Attribute)
                and node in work.body.scan.parents
                and work.body.splitter.spelling(node) == name
                and work.body.scan.statement(node) is statement
            ):
                sites.add("methods", span(work.module, node), Replace(local))


def _local_of(work: Bodywork, name: str) -> str:
    """The local that an attribute becomes, under another name where that is taken and nobody gets it back."""
    local = name.removeprefix("self.")
    if local not in work.body.scan.bindings and local not in work.body.inputs:
        return local
    if name not in work.body.unread:
        raise Refusal(
            "TFM404", work.body.member.node, work.module, f"{name} is set here, and {local} means something else"
        )
    function = work.body.member.function
    taken = {node.id for node in function.nodes if isinstance(node, ast.Name)} if function is not None else set()
    bare = {output.removeprefix("self.") for output in work.body.outputs}
    return names.unique(f"own_{local}", taken | bare | set(work.body.inputs))


def _slot_site(work: Bodywork, slot: Slot, site: ast.AST, sites: Sites) -> None:
    target = work.target(slot, site)
    where = span(work.module, site)
    split = work.split_at(slot, site) if slot.kind is Made.WEIGHT else None
    if split is not None:
        assert isinstance(site, ast.Call)
        arguments = [Argument(text=f"{target}.value")]
        given = split.given(site)
        arguments += [Argument(i) for i, e in enumerate(site.args) if any(e is given.get(k) for k in split.kept)]
        arguments += [Argument(k.arg, keyword=k.arg) for k in site.keywords if k.arg in split.kept]
        sites.add("helpers", where, Invoke(ast.unparse(site.func), tuple(arguments)))
    elif slot.kind is Made.WEIGHT:
        assert isinstance(site, ast.expr)
        sites.add("weights", where, Replace(_weight_text(work, site, target)))
    elif slot.kind is Made.CELL:
        sites.add("tf_layers", where, Replace(target))
    elif isinstance(site, ast.With):
        _block_call(work, slot, site, target, sites)
    elif slot.kind is Made.LAYER:
        assert isinstance(site, ast.Call)
        sites.add("tf_layers", where, invoke_layer(target, slot, site, work.call_text))
    else:
        assert isinstance(site, ast.Call)
        _instance_call(work, slot, site, target, sites)


def _instance_call(work: Bodywork, slot: Slot, site: ast.Call, target: str, sites: Sites) -> None:
    member = work.member_at(slot, site)
    child = work.plans[slot.unit]
    if member is not child.unit.primary:
        target += f".{member.method}"
    wanted, given = work.wanted_at(slot, site), work.given(slot, site)
    if is_map(site):
        map_layer(child, member, wanted, site, target, sites)
        return
    arguments = call_arguments(child, member, wanted, given, site, work.spelled())
    sites.add("calls", span(work.module, site), Invoke(target, arguments))
    extra = child.bodies[member].handed_back
    if extra:
        extend_targets(work.body.scan.statement(site), site, member, extra, work.module, sites)


def _block_call(work: Bodywork, slot: Slot, site: ast.With, target: str, sites: Sites) -> None:
    child = work.plans[slot.unit]
    member = work.member_at(slot, site)
    if member is not child.unit.primary:
        target += f".{member.method}"
    spelled = {**work.spelled(), **{name: _local_of(work, name) for name in work.body.outputs}}
    sites.add("blocks", span(work.module, site), block_call(child, member, target, spelled, work.module))


def _weight_reads(work: Bodywork, sites: Sites) -> None:
    for name, bindings in work.body.scan.bindings.items():
        if not any(b.statement in work.body.removed and work.weight_at(b.value) for b in bindings):
            continue
        for node in work.body.scan.loads(name):
            slot = work.one_slot(name, node)
            if slot is not None and not work.body.is_gone(node):
                target = work.target(slot)
                text = target if slot.kind is Made.CELL else _weight_text(work, node, target)
                sites.add("weights", span(work.module, node), Replace(text))


def _weight_text(work: Bodywork, node: ast.expr, text: str) -> str:
    """`self.w` where TensorFlow takes a Keras variable, `self.w.value` elsewhere."""
    parent = work.body.scan.parents.get(node)
    if isinstance(parent, ast.keyword):
        parent = work.body.scan.parents.get(parent)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Add, ast.Sub, ast.Mult)):
        return text
    if isinstance(parent, ast.Call) and node is not parent.func and isinstance(parent.func, ast.Attribute):
        if parent.func.attr in TAKES_VARIABLES:
            return text
    return f"{text}.value"


def _inline_layers(work: Bodywork, sites: Sites) -> None:
    """What keeps no state becomes the operation it always was."""
    found: dict[ast.Call, list[Creation]] = {}
    for region in work.body.member.regions:
        for creation in inline_creations(region, work.blocks):
            if work.is_mine(creation.node):
                found.setdefault(creation.node, []).append(creation)
    for node, creations in found.items():
        if is_step(creations):
            continue
        sites.add("tf_layers", span(work.module, node), operation(creations, work.module, work.call_text))


def _returns(work: Bodywork, sites: Sites) -> tuple[str, ...]:
    """Hand back what the code around still wants."""
    member = work.body.member
    outputs = tuple(name.removeprefix("self.") for name in work.body.handed_back)
    last = member.node.body[-1]
    if member.shape is Shape.BLOCK and not isinstance(last, ast.Return):
        return tuple(_result_text(work, name) for name in block_results(work.body))
    if member.shape is Shape.BLOCK and outputs and isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple):
        raise Refusal(
            "TFM404",
            last,
            work.module,
            f"returns a tuple here and leaves {', '.join(work.body.outputs)} on the object",
        )
    if not outputs:
        return ()
    returns = [s for s in statements(list(member.body), work.body.scan.opaque) if isinstance(s, ast.Return)]
    top = top_statements(member, work.arg_scopes | frozenset(work.blocks))
    for name in work.body.handed_back:
        if not any(b.statement in top for b in work.body.scan.bindings[name]):
            raise Refusal("TFM404", member.node, work.module, f"{name} is set under a condition only")
    if not returns:
        return outputs
    for statement in returns:
        if statement not in top:
            raise Refusal(
                "TFM404", statement, work.module, f"returns before all of {', '.join(work.body.outputs)} are set"
            )
        sites.add("methods", span(work.module, statement), Extend(outputs, alone=statement.value is None))
    return ()


def _result_text(work: Bodywork, name: str) -> str:
    """What a block hands back under a name: a weight, if only the attribute has it."""
    bindings = work.body.scan.bindings.get(name, [])
    weight = work.weight_of_local(name) if bindings else None
    if weight is None:
        return name
    return work.target(weight) + (".value" if weight.kind is Made.WEIGHT else "")


def _method(work: Bodywork, prelude: list[str], results: tuple[str, ...]) -> MethodBody:
    member = work.body.member
    parameters = []
    for item in work.plan.call_inputs(member):
        default = "" if item.default is None else f"={render(work.module, item.default, lambda _: None)}"
        parameters.append(f"{item.identifier}{default}")
    primary = member is work.plan.unit.primary
    if not parameters and primary:
        parameters = ["inputs=None"]  # Keras wants a first argument to a call
    return MethodBody(
        span(work.module, member.node), member.method, tuple(parameters), tuple(prelude), results, primary
    )
