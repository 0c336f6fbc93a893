"""Numbers that two methods of one object work out alike: by the same steps, from what the object keeps.

def generator(self, z):                             def sampler(self, z):
    s = self.size // 2                                  s = self.size // 2
    h = linear(z, self.dim * s, "h")                    h = linear(z, self.dim * s, "h")
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Sequence

from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import parameter_names
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.exclusive import parted
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import ObjectValue

# whether an attribute of that name keeps what it got
Keeps = Callable[[str], bool]

_NUMBERS = frozenset(["abs", "float", "int", "max", "min", "round"])
_MATH = frozenset(["ceil", "floor", "log", "log2", "pow", "sqrt", "trunc"])
_PARTS = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_REPEATED = (ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)
_DEEP = 12


class _Unlike(Exception):
    """A part of which it cannot be said what it is worked out from."""


def worked_out_alike(expressions: Sequence[ast.expr | None], regions: Sequence[Region], keeps: Keeps) -> bool:
    """Whether the calls that these regions are give the same, each its expression in the method around it."""
    frames = [region.parent.frame if region.parent is not None else None for region in regions]
    first = frames[0]
    if first is None or first.obj is None or any(frame is None or frame.obj is not first.obj for frame in frames):
        return False
    texts = set()
    for expression, frame in zip(expressions, frames, strict=True):
        if expression is None or frame is None or frame.function is None or frame.module is not first.module:
            return False
        try:
            texts.add(_text(expression, frame.function, frame, keeps))
        except _Unlike:
            return False
    return len(texts) == 1


def set_before(attribute: str, region: Region) -> bool:
    """Whether the constructor that runs is past all that gives an attribute to the object around a call.

    No code but constructors may give it one (`is_settled`).
    """
    frame = region.parent.frame if region.parent is not None else None
    obj = frame.obj if frame is not None else None
    if frame is None or obj is None or any(ast.unparse(base) != "object" for base in obj.cls.node.bases):
        return False
    init = obj.cls.methods.get("__init__")
    call = _call_of_constructor(obj, frame, region.node)
    if init is None or call is None or any(isinstance(outer, _REPEATED[:4]) for outer in ancestors(init.module, call)):
        return False
    stores = [n for n in init.nodes if isinstance(n, ast.Attribute) and n.attr == attribute]
    return all(isinstance(n.ctx, ast.Load) or n.lineno < call.lineno for n in stores)


def _call_of_constructor(obj: ObjectValue, frame: Frame, node: ast.AST | None) -> ast.Call | None:
    """The call in the constructor of an object that is under way. node: the one that the innermost code makes."""
    call = node if isinstance(node, ast.Call) else None
    for outer in frame.outward():
        if outer.obj is obj and outer.function is not None and outer.function is obj.cls.methods.get("__init__"):
            return call
        call = outer.call
    return None


def _text(node: ast.AST, function: Function, frame: Frame, keeps: Keeps, depth: int = 0) -> str:
    """An expression in terms of attributes and constants. Raises _Unlike."""
    if depth > _DEEP:
        raise _Unlike
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == function.self_name
        if own and function.self_name not in function.assigned and keeps(node.attr):
            return f"self.{node.attr}"
        raise _Unlike
    if isinstance(node, ast.Name):
        return f"({_text(_reaching(node, function), function, frame, keeps, depth + 1)})"
    if isinstance(node, ast.Call):
        plain = not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args)
        if not plain or not _is_pure(node.func, function):
            raise _Unlike
        return f"{ast.unparse(node.func)}({', '.join(_text(a, function, frame, keeps, depth + 1) for a in node.args)})"
    if isinstance(node, _PARTS):
        parts = [_text(child, function, frame, keeps, depth + 1) for child in ast.iter_child_nodes(node)]
        return f"{type(node).__name__}({', '.join(parts)})"
    raise _Unlike


def _reaching(name: ast.Name, function: Function) -> ast.expr:
    """The one assignment from which a local has its value where it is read. Raises _Unlike."""
    module, found = function.module, []
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name.id and not isinstance(node.ctx, ast.Load):
            if not parted(module, node, name):
                found.append(node)
    if len(found) != 1 or name.id in function.params:
        raise _Unlike
    target = found[0]
    way = list(ancestors(module, target))
    statement = next((outer for outer in way if isinstance(outer, ast.stmt)), None)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.lineno >= name.lineno:
        raise _Unlike
    around = list(ancestors(module, name))
    for outer in way[way.index(statement) + 1 :]:
        if outer is function.node:
            break
        if isinstance(outer, _REPEATED) or outer not in around:
            raise _Unlike
    whole = statement.targets[0]
    if whole is target and not isinstance(statement.value, (ast.List, ast.Dict, ast.Set)):
        return statement.value
    if isinstance(whole, ast.Tuple) and isinstance(statement.value, ast.Tuple) and target in whole.elts:
        if len(whole.elts) == len(statement.value.elts):
            return statement.value.elts[whole.elts.index(target)]
    raise _Unlike


def _is_pure(called: ast.expr, function: Function) -> bool:
    """Whether a function gives the same for the same numbers, and does nothing else."""
    module = function.module
    if isinstance(called, ast.Attribute):
        return _is_math(called, module, {*function.assigned, *function.params})
    if not isinstance(called, ast.Name) or called.id in function.assigned or called.id in function.params:
        return False
    if _is_builtin(called.id, module):
        return True
    bound = _bound(module, called.id)
    own = bound[0] if bound is not None and len(bound) == 1 else None
    if not isinstance(own, ast.FunctionDef) or own not in module.tree.body or own.decorator_list:
        return False
    spec, only = own.args, own.body[0] if len(own.body) == 1 else None
    if spec.vararg or spec.kwarg or spec.kwonlyargs or not isinstance(only, ast.Return) or only.value is None:
        return False
    return all(_computes(node, parameter_names(spec), module) for node in ast.walk(only.value))


def _computes(node: ast.AST, names: set[str], module: Module) -> bool:
    """Whether a part of a function's result asks for nothing but its arguments."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return not node.keywords and node.func.id not in names and _is_builtin(node.func.id, module)
        return not node.keywords and isinstance(node.func, ast.Attribute) and _is_math(node.func, module, names)
    if isinstance(node, ast.Attribute):
        return _is_math(node, module, names)
    if isinstance(node, ast.Name):
        return node.id in names or node.id == "math" or _is_builtin(node.id, module)
    return isinstance(node, (ast.Constant, *_PARTS))


def _is_builtin(name: str, module: Module) -> bool:
    return name in _NUMBERS and _bound(module, name) == []


def _is_math(node: ast.Attribute, module: Module, names: Container[str]) -> bool:
    """Whether this is a function of Python's `math`."""
    if not isinstance(node.value, ast.Name) or node.value.id != "math" or node.attr not in _MATH or "math" in names:
        return False
    bound = _bound(module, "math")
    return bool(bound) and all(isinstance(each, ast.Import) for each in bound or ())


def _bound(module: Module, name: str) -> list[ast.AST] | None:
    """What gives a name a meaning in a file; None where files that are not there may."""
    found: list[ast.AST] = []
    files = [module]
    for file in files:
        if len(file.binders.get("*", ())) != len(file.starred):
            return None
        found += file.binders.get(name, [])
        files += [other for other in file.starred if other not in files]
    return found
