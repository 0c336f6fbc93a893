"""Callable classes about one library layer: the class derives from that layer.

class Norm(object):                                      class Norm(BatchNormalization):
    def __init__(self, decay=0.9, name="norm"):              def __init__(self, decay=0.9, name="norm"):
        self.decay = decay                                       super().__init__(momentum=decay, name=name)
        self.name = name

    def __call__(self, x, train=True):                       def call(self, x, train=True):
        return tf.layers.batch_normalization(                    return super().call(x, training=train)
            x, momentum=self.decay, training=train, name=self.name)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tfmigrate.planning.body_sites import write_body
from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.classification import wrapped_creation
from tfmigrate.planning.compose import Composer
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.program.render import call_lines, source
from tfmigrate.program.standing import ancestors
from tfmigrate.sites import CallableLayer, Remove, Sites
from tfmigrate.spans import span


def wrapping_site(
    plan: LayerPlan, composer: Composer, work: Bodywork, sites: Sites, class_sites: Sites, program: Program
) -> None:
    """Write down the class. Raises Refusal."""
    member = plan.unit.primary
    cls, slot = member.cls, plan.slots[0]
    assert cls is not None
    if len(plan.slots) > 1 or set(cls.methods) - {"__init__", "__call__"}:
        raise Refusal("TFM404", member.node, cls.module, f"{cls.name} does more than call one layer")
    init = cls.methods.get("__init__")
    kept = dict(_kept(init)) if init is not None else {}
    _check_reads(plan, cls, set(kept), program)
    head = composer.callable_head()
    spelled = {f"self.{name}": source(cls.module, value) for name, value in kept.items()}
    request = composer.requests[slot]
    pieces = [p for p in request.pieces if p.keyword != "name"]
    shown = [p.show(lambda e: plan.primary.splitter.text(e, spelled)) for p in pieces]
    shown.append(f"name={_name(plan, cls, kept)}")
    depth = 2 * len(composer.indent.expandtabs(8))
    lines = call_lines("super().__init__", shown, "", composer.width, depth)
    call = write_body(work, sites)
    layer = CallableLayer("\n".join(lines), tuple(head.init), tuple(head.build), call, request.callee)
    class_sites.add("callable_classes", span(cls.module, cls.node), layer)
    for statement in init.node.body if init is not None else ():
        if not _is_docstring(statement):
            class_sites.add("callable_classes", span(cls.module, statement), Remove())


def _name(plan: LayerPlan, cls: Class, kept: dict[str, ast.expr]) -> str:
    creation = wrapped_creation(plan.unit.primary.regions[0])
    assert creation.row is not None
    name = creation.given[creation.row.name_param]
    if isinstance(name, ast.Attribute) and name.attr in kept:
        name = kept[name.attr]
    if isinstance(name, ast.Constant) or (isinstance(name, ast.Name) and name in kept.values()):
        return source(cls.module, name)
    raise Refusal(
        "TFM201", creation.node, cls.module, "the layer's name is not a literal or an attribute set in __init__"
    )


def _kept(init: Function) -> Iterator[tuple[str, ast.expr]]:
    """What the constructor keeps of its arguments. Raises Refusal if it does anything else."""
    found: set[str] = set()
    for statement in _flat(init.module, init.node.body):
        if isinstance(statement, ast.Pass) or _is_docstring(statement):
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        value = statement.value if isinstance(statement, ast.Assign) else None
        plain = isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id in init.params)
        own = isinstance(target, ast.Attribute) and _last_name(target.value) == init.self_name
        if value is None or not plain or not own or not isinstance(target, ast.Attribute) or target.attr in found:
            text = "the constructor does more than keep what the layer is made with"
            raise Refusal("TFM404", statement, init.module, text)
        found.add(target.attr)
        yield target.attr, value


def _flat(module: Module, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, those in scopes that make nothing too."""
    for statement in body:
        items = statement.items if isinstance(statement, ast.With) else []
        scopes = [item for item in items if item.optional_vars is None and _is_scope(module, item.context_expr)]
        if isinstance(statement, ast.With) and len(scopes) == len(items):
            yield from _flat(module, statement.body)
        else:
            yield statement


def _is_scope(module: Module, opened: ast.expr) -> bool:
    return isinstance(opened, ast.Call) and library_name(module, opened.func) == "tf.variable_scope"


def _check_reads(plan: LayerPlan, cls: Class, names: set[str], program: Program) -> None:
    """Nothing but the making of the layer reads what the object keeps; else it would need attributes of its own."""
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in names:
            if not plan.primary.is_gone(node):
                text = f"self.{node.attr} is read for more than to make the layer"
                raise Refusal("TFM404", node, cls.module, text)
    for module in program.modules.values():
        holding = set(_holding(module, cls))
        for node in module.of_kind(ast.Attribute):
            if isinstance(node.ctx, ast.Load) and node.attr in names and _last_name(node.value) in holding:
                text = f"{ast.unparse(node)} is read, which the layer has not"
                raise Refusal("TFM404", node, module, text)


def _holding(module: Module, cls: Class) -> Iterator[str]:
    """The names and attributes by which objects of a class are known in a file. Raises Refusal if there are others."""
    for call in module.of_kind(ast.Call):
        if _last_name(call.func) != cls.name or library_name(module, call.func):
            continue
        statement = next(ancestors(module, call), None)
        if not isinstance(statement, ast.Assign) or statement.value is not call:
            text = f"this object of {cls.name} is known by no name"
            raise Refusal("TFM404", call, module, text)
        for target in statement.targets:
            yield _last_name(target)


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
