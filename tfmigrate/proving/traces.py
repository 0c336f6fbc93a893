"""What a program counts and keeps as it runs, where the emitted code would do so less often.

Names and reuse flags leave the code, and sizes are worked out once for a layer. If the expression of one did something
besides, such as counting in a list, that must matter to nobody else. What is changed goes by name here, so that more
may be refused than needs be.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tfmigrate.finding import Finding
from tfmigrate.program.link import Module, Program
from tfmigrate.program.scan import CHANGING
from tfmigrate.proving.proof import Doubt

_ONCE = ("__init__", "build")
_LIBRARY = re.compile(r"(tensorflow|keras)\b")


@dataclass
class _Code:
    """One function, or the body of a file. of_class: that of a method.

    changes: how often of what; calls: how often by what name; reads: names.
    """

    name: str
    module: Module
    line: int
    of_class: str = ""
    changes: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    reads: set[str] = field(default_factory=set)


def lost_changes(program: Program, emitted: Program) -> list[Doubt]:
    """Doubts about the code whose emitted form changes something less often that other code reads."""
    changed = sorted(name for name, module in program.modules.items() if emitted.modules[name] is not module)
    layers = {node.name for name in changed for node in _layers(emitted.modules[name])}
    unchanged = [c for name, m in program.modules.items() if name not in changed for c in _codes(m, layers)]
    before = [*unchanged, *(code for name in changed for code in _codes(program.modules[name], layers))]
    after = [*unchanged, *(code for name in changed for code in _codes(emitted.modules[name], layers))]
    staying = {code.name for code in before} & {code.name for code in after}
    calls, called = (Counter(name for code in codes for name in code.calls.elements()) for codes in (before, after))
    doubts = []
    for what, names in _traces(before, staying).items():
        if _times(after, what, names) >= _times(before, what, names):
            continue
        idle = {name for name in names if calls[name] and not called[name]}
        if any(what in code.reads and code.name not in idle for code in after):
            guilty = [code for code in before if what in code.changes or not names.isdisjoint(code.calls)]
            text = f"this changes {what.lstrip('.')}, which other code reads, and layers would do so less often"
            found = Finding(str(guilty[0].module.path), max(guilty[0].line, 1), 0, "TFM404", text)
            doubts.append(Doubt(frozenset((str(code.module.path), code.line) for code in guilty), found))
    return doubts


def _times(codes: Iterable[_Code], what: str, names: set[str]) -> int:
    return sum(code.changes[what] + sum(code.calls[name] for name in names) for code in codes)


def _traces(codes: list[_Code], staying: set[str]) -> dict[str, set[str]]:
    """Of all that is changed, the names of the functions that change it themselves or through others that stay too."""
    found: dict[str, set[str]] = {}
    for code in codes:
        for what in code.changes:
            found.setdefault(what, set()).update({code.name} & staying)
    for names in found.values():
        more = set(names)
        while more:
            more = ({code.name for code in codes if not more.isdisjoint(code.calls)} & staying) - names
            names |= more
    return found


def _layers(module: Module) -> Iterator[ast.ClassDef]:
    for node in module.of_kind(ast.ClassDef):
        if any(isinstance(n, ast.Name) and n.id == "keras" for base in node.bases for n in ast.walk(base)):
            yield node


def _codes(module: Module, layers: set[str]) -> Iterator[_Code]:
    """What each piece of code does at each call; what the constructors of layers do comes once."""
    return (code for code in _all_codes(module) if not (code.of_class in layers and code.name in _ONCE))


@lru_cache(maxsize=1000)
def _all_codes(module: Module) -> list[_Code]:
    """The pieces of code of a file, which every round of planning asks for; nothing may be changed in them."""
    aliases = [alias for node in module.of_kind(ast.Import) for alias in node.names]
    aliases += [a for node in module.of_kind(ast.ImportFrom) if _LIBRARY.match(node.module or "") for a in node.names]
    imported = {alias.asname or alias.name.split(".")[0] for alias in aliases}  # `tf.add` changes nothing
    found = []
    for function in module.functions.values():
        local = {*function.params, *function.assigned, "self"} - function.globals
        code = _Code(function.name, module, function.node.lineno, function.cls.name if function.cls is not None else "")
        found.append(_code(code, function.nodes, local | imported))
    own = list(_own_nodes(module))
    bound = {node.id for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return [*found, _code(_Code("", module, 0), own, bound | imported)]


def _code(code: _Code, nodes: Iterable[ast.AST], local: set[str]) -> _Code:
    nodes = list(nodes)
    given = set()
    for node in nodes:
        what = _changed(node, local)
        if what is not None:
            code.changes[what] += 1
        if isinstance(node, ast.Call):
            code.calls[getattr(node.func, "attr", getattr(node.func, "id", ""))] += 1
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
        ):
            given.add(node.value.func.value)  # what it gives is thrown away
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            given.add(node.value)
    for node in nodes:
        if node not in given and isinstance(getattr(node, "ctx", None), ast.Load):
            code.reads.add(_spelling(node))
    return code


def _changed(node: ast.AST, local: set[str]) -> str | None:
    """What outlives this code, and is changed here by more than a new value."""
    if isinstance(node, ast.AugAssign):
        target: ast.expr = node.target
        if isinstance(target, ast.Name):
            return None if target.id in local else target.id
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        target = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        target = node.func.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "next" and node.args:
        target = node.args[0]
    else:
        return None
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, ast.Attribute):
        return f".{target.attr}"
    return target.id if isinstance(target, ast.Name) and target.id not in local else None


def _spelling(node: ast.AST) -> str:
    return f".{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _own_nodes(module: Module) -> Iterator[ast.AST]:
    for statement in module.tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from ast.walk(statement)
