"""Which files of a migrated program switch the behaviour of TensorFlow 2 off: those that may be the first to use it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import tensorflow_alias, v1_name
from tfmigrate.program.link import Module, Program
from tfmigrate.tf1 import symbols
from tfmigrate.walk.roots import Walk

_SWITCHES = re.compile(r"(dis|en)able_(v2_behavior|eager_execution)")
_SESSIONS = symbols.SESSION | {"tf.test.TestCase"}
_RAISING = frozenset({"tf.placeholder", "tf.placeholder_with_default"})
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
IMPORT = "from tensorflow.compat.v1 import disable_v2_behavior"


class Switching:
    """scripts: files whose bodies make variables, by what was walked."""

    def __init__(self, program: Program, walks: Iterable[Walk]) -> None:
        self.program = program
        self.scripts = {
            walk.entry.module for walk in walks if isinstance(walk.entry.target, Module) and walk.root.makes_variables()
        }

    def statement(self, module: Module) -> str | None:
        """What a file has to say behind its imports; None where it need not say anything."""
        if _SWITCHES.search(module.text):
            return None
        if _starts_sessions(module):
            return f"{_prefix(module)}disable_v2_behavior()"
        acts = module in self.scripts or _makes_inputs(module)
        if not acts or self._is_switched_before(module):
            return None
        return f"{_prefix(module)}disable_v2_behavior()"

    def _is_switched_before(self, module: Module) -> bool:
        """Whether something that it imports before it does anything else has done so."""
        seen, waiting = {module}, [module]
        while waiting:
            for other in self._imported_first(waiting.pop()):
                if _SWITCHES.search(other.text) or _starts_sessions(other):
                    return True
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return False

    def _imported_first(self, module: Module) -> Iterator[Module]:
        first = set(_leading(module))
        for other in self.program.imports(module):
            if any(other in self._meant(node, module) for node in first):
                yield other

    def _meant(self, node: ast.Import | ast.ImportFrom, module: Module) -> Collection[Module]:
        if isinstance(node, ast.Import):
            found = [self.program.find(alias.name, module) for alias in node.names]
        else:
            base = self.program.source_of(node, module)
            names = [f"{base.name}.{alias.name}" for alias in node.names] if base is not None else []
            found = [base, *(self.program.find(name, module) for name in names)]
        return [other for other in found if other is not None]


def _leading(module: Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports before any other statement."""
    for statement in module.tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return


@lru_cache(maxsize=2_000)
def _starts_sessions(module: Module) -> bool:
    ends = {name.rpartition(".")[2] for name in _SESSIONS}
    attributes = (n for n in module.of_kind(ast.Attribute) if n.attr in ends)
    return any(library_name(module, node) in _SESSIONS for node in (*attributes, *module.of_kind(ast.Name)))


@lru_cache(maxsize=2_000)
def _makes_inputs(module: Module) -> bool:
    """Whether its body makes what raises where eager execution is on."""
    waiting: list[ast.AST] = list(module.tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINES):
            continue
        if isinstance(node, ast.Call) and library_name(module, node.func) in _RAISING:
            return True
        waiting.extend(ast.iter_child_nodes(node))
    return False


def _prefix(module: Module) -> str:
    """What stands before the name of a function of TensorFlow 1; nothing where it has to be imported."""
    imports = [s for s in module.tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
    bound = {alias.asname or alias.name.split(".")[0] for statement in imports for alias in statement.names}
    for name in (v1_name(module), f"{tensorflow_alias(module)}.compat.v1"):
        if name.split(".")[0] in bound:
            return f"{name}."
    return ""
