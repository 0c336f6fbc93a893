"""Objects that are called under several scopes: the program makes as many layers, where it made the one object.

critic = Critic()                                        main_critic = Critic()
                                                         target_critic = Critic()
with tf.variable_scope("main"):                          with keras.name_scope("main"):
    q = critic(x)                                            q = main_critic(x)
with tf.variable_scope("target"):                        with keras.name_scope("target"):
    t = critic(x)                                            t = target_critic(x)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning import names
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.units import Instance, Shape
from tfmigrate.program.link import Class, Function
from tfmigrate.program.scan import CHANGING, COMPREHENSIONS, Scan, scan_code
from tfmigrate.walk.regions import Path, Region
from tfmigrate.walk.values import Const, ObjectValue

# what can be evaluated once more and is the same, with nothing done
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.keyword,
    ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip
_INNER = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, *COMPREHENSIONS)


def is_plain(node: ast.AST) -> bool:
    """Whether an expression only reads what has a name, and writes it down."""
    return all(isinstance(part, _PLAIN) for part in ast.walk(node))


class Parting:
    """Finds the objects that are several layers, and names these."""

    def __init__(self, classes: Classification, owners: Ownership) -> None:
        self.classes = classes
        by_object: dict[ObjectValue, dict[Instance, None]] = {}
        for region, instance in owners.instance_of.items():
            if instance.unit.primary.shape is Shape.CALLABLE and region.frame.obj is not None:
                by_object.setdefault(region.frame.obj, {})[instance] = None
        by_call: dict[ast.Call, list[list[Instance]]] = {}
        for obj, instances in by_object.items():
            if obj.made_by is not None:
                by_call.setdefault(obj.made_by, []).append(list(instances))
        for made_by, groups in by_call.items():
            if any(len(instances) > 1 for instances in groups):
                self._part(made_by, groups)

    def _part(self, made_by: ast.Call, groups: list[list[Instance]]) -> None:
        """Name the layers of the objects that one call of the class makes, if they can be made apart."""
        parts = {frozenset(frozenset(instance.sites()) for instance in instances) for instances in groups}
        sites = [site for part in next(iter(parts)) for site in part]
        if len(parts) > 1 or len(sites) != len(set(sites)):
            return
        regions = [region for instances in groups for instance in instances for region in instance.regions]
        target = _target(made_by, regions[0])
        if target is None or not all(map(self._is_in_sight, regions)):
            return
        obj, member = regions[0].frame.obj, groups[0][0].unit.primary
        function = obj.maker.function if obj is not None and obj.maker is not None else None
        if function is None or member.cls is None or not is_plain_call(made_by) or not keeps_what_it_gets(member.cls):
            return
        if not _is_only_called(target, function, {region.node for region in regions}):
            return
        found = _names(groups[0], target.id, function, member.scope is not None)
        if found is None:
            return
        by_sites = {frozenset(instance.sites()): name for instance, name in found.items()}
        for instances in groups:
            for instance in instances:
                instance.own_name = by_sites[frozenset(instance.sites())]

    def _is_in_sight(self, region: Region) -> bool:
        """Whether the code that makes the object calls it, and stays a function."""
        obj = region.frame.obj
        if obj is None or obj.maker is None or region.frame.parent is not obj.maker or region.by_library:
            return False
        return self.classes.member_of(self.classes.home(region)) is None


def is_plain_call(made_by: ast.Call) -> bool:
    """Whether a class can be called once more with the same, and nothing else happens."""
    return is_plain(made_by.func) and all(map(is_plain, [*made_by.args, *made_by.keywords]))


def keeps_what_it_gets(cls: Class) -> bool:
    """Whether an object of a class is what its constructor was given, and stays so."""
    init = cls.methods.get("__init__")
    for statement in init.node.body if init is not None else ():
        words = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        kept = isinstance(statement, ast.Assign) and all(map(is_plain, (statement.value, *statement.targets)))
        if not (words or kept or isinstance(statement, ast.Pass)):
            return False
    return not any(_changes(method) for method in cls.methods.values() if method is not init)


def _changes(method: Function) -> bool:
    """Whether a method sets something on its object, or changes what that holds."""
    for node in method.nodes:
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            if any(isinstance(part, ast.Name) and part.id == method.self_name for part in ast.walk(node.func)):
                return True
    return False


def _target(made_by: ast.Call, region: Region) -> ast.Name | None:
    """The name that the object gets, in a statement that every run of the function comes by once."""
    obj = region.frame.obj
    maker = obj.maker if obj is not None else None
    if maker is None or maker.function is None:
        return None
    scan = scan_code(maker.function, maker.function.self_name)
    if made_by not in scan.parents or any(isinstance(outer, _INNER) for outer in scan.ancestors(made_by)):
        return None
    statement = scan.statement(made_by)
    if not isinstance(statement, ast.Assign) or statement.value is not made_by or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    return target if isinstance(target, ast.Name) else None


def _is_only_called(target: ast.Name, function: Function, calls: set[ast.Call | ast.With | None]) -> bool:
    """Whether nothing is done with a name but to call it, at these places."""
    scan = scan_code(function, function.self_name)
    if len(scan.bindings.get(target.id, ())) != 1 or target.id in function.params:
        return False
    for node in function.nodes:
        if isinstance(node, (ast.Global, ast.Nonlocal)) and target.id in node.names:
            return False
        if isinstance(node, ast.arg) and node.arg == target.id:
            return False
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            call = scan.parents.get(node)
            if not isinstance(call, ast.Call) or call.func is not node or call not in calls:
                return False
    return True


def _names(instances: list[Instance], stem: str, function: Function, scoped: bool) -> dict[Instance, str] | None:
    """A name for each layer, after the scope that tells it from the others."""
    paths = [instance.path for instance in instances]
    if len(set(paths)) != len(paths) or not all(isinstance(part, Const) for path in paths for part in path):
        return None
    scan: Scan = scan_code(function, function.self_name)
    taken = ({*scan.bindings, *scan.reads, *function.params} | set(_inner_names(function))) - {stem}
    found: dict[Instance, str] = {}
    lasts = {path[-1:] for path in paths}
    for instance in instances:
        if scoped and len(lasts) == len(paths):
            name = names.identifier(str(instance.path[-1]))
        else:
            name = "_".join([*_apart(instance.path, paths), stem])
        found[instance] = names.unique(name, taken)
        taken.add(found[instance])
    return found


def _inner_names(function: Function) -> Iterator[str]:
    return (node.id for node in function.nodes if isinstance(node, ast.Name))


def _apart(path: Path, paths: list[Path]) -> list[str]:
    """The first part of a path that is not the same in all of them."""
    for place, part in enumerate(path):
        if any(other[place : place + 1] != (part,) for other in paths):
            return [names.identifier(str(part))]
    return []
