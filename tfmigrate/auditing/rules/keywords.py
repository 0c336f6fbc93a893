"""A keyword that looks like `reuse` and that nothing in the program takes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Remark
from tfmigrate.auditing.spelling import one_off
from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.tf1.layers import LAYERS

_MEANT = "reuse"
_ALSO = {"reuse", "reusevars", "reusevar", "reusevariables", "reusevariable"}


def check(facts: Facts) -> Iterator[Remark]:
    for module in facts.program.modules.values():
        for call in module.of_kind(ast.Call):
            for keyword in call.keywords:
                if keyword.arg is None or not _is_slip(keyword.arg) or keyword.arg in _known(facts.program):
                    continue
                text = _what_happens(facts.program, module, call, keyword.arg)
                if text is not None:
                    yield Remark("TFM710", module, call, text)


def _is_slip(name: str) -> bool:
    plain = name.lower().replace("_", "")
    if name.startswith("_"):  # layers of TensorFlow take _reuse
        return False
    return name != _MEANT and (plain in _ALSO or one_off(name, _MEANT))


def _known(program: Program) -> set[str]:
    """Names that some function takes, or that are looked up as text."""
    known: set[str] = set()
    for module in program.modules.values():
        known.update(node.arg for node in module.of_kind(ast.arg))
        known.update(node.value for node in module.of_kind(ast.Constant) if isinstance(node.value, str))
    return known


def _what_happens(program: Program, module: Module, call: ast.Call, name: str) -> str | None:
    """None where it is not known what is called."""
    library = library_name(module, call.func)
    if library in LAYERS or library in ("tf.variable_scope", "tf.get_variable", "tf.make_template"):
        return f"{library} takes no argument {name}, so Python raises TypeError; did you mean reuse?"
    called = _called(program, module, call)
    if not called or library:
        return None
    if all(function.node.args.kwarg is not None for function in called):
        return f"{called[0].name} lets {name} disappear in its keyword arguments; did you mean reuse?"
    if all(function.node.args.kwarg is None for function in called):
        return f"{called[0].name} takes no argument {name}, so Python raises TypeError; did you mean reuse?"
    return None


def _called(program: Program, module: Module, call: ast.Call) -> list[Function]:
    """The functions of the program that have the name of what is called; of a class, its constructor."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modules: Iterable[Module] = program.modules.values()
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        imported = _imported(program, module)
        if call.func.value.id in imported:
            found = imported[call.func.value.id]
            modules = [found] if found is not None else []
    return [function for each in modules for function in _functions(each, name)]


def _functions(module: Module, name: str) -> Iterator[Function]:
    yield from (function for function in module.functions.values() if function.name == name)
    for cls in module.classes.values():
        if cls.name == name and "__init__" in cls.methods:
            yield cls.methods["__init__"]


def _imported(program: Program, module: Module) -> dict[str, Module | None]:
    """The names that imports bind, with the modules of the program that they stand for."""
    names: dict[str, Module | None] = {}
    for node in module.of_kind(ast.Import):
        names |= {a.asname or a.name.split(".")[0]: program.find(a.name, module) for a in node.names}
    for other in module.of_kind(ast.ImportFrom):
        source = program.source_of(other, module)
        for alias in other.names:
            inner = f"{source.name}.{alias.name}" if source is not None else f"{other.module}.{alias.name}"
            names[alias.asname or alias.name] = program.modules.get(inner)
    return names
