"""Runs a program on symbolic values: its modules, and what they define and import."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.assigning import assign
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.imports import import_modules, import_names
from tfmigrate.walk.loops import Loops
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    UNKNOWN,
    ClassValue,
    Const,
    Env,
    FunctionValue,
    ObjectValue,
    Value,
)


class Executor(Loops):
    """Runs functions and module bodies. What it can do stands in a class for each concern, one above the other:

    `Evaluator` (expressions), `Statements`, `Functions`, `Calls`, `Loops`, and here modules, definitions and imports.
    """

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self.envs: dict[Module, Env] = {}
        self.main: Module | None = None

    def module_env(self, module: Module) -> Env:
        """The global names of a module; its body runs at the first use, as at the first import, packages first."""
        if module in self.envs:
            return self.envs[module]
        package = self.program.modules.get(module.name.rpartition(".")[0])
        if package is not None and package.is_package and package not in self.envs and module is not self.main:
            self.module_env(package)
            if module in self.envs:
                return self.envs[module]
        self.memory.forget()
        self.memory.unsettle()
        env = self.envs[module] = Env({}, None, module)
        name = "__main__" if module is self.main else module.name
        env.names["__name__"] = Const(name)
        env.names["__file__"] = PYTHON
        outer = getattr(self, "frame", None)
        frame = Frame(None, module, None, outer, env)
        self.frame = frame
        done = False
        try:
            self.semantics.enter_frame(self, frame)
            self.block(module.tree.body, env)
            self.semantics.leave_frame(self, frame, NONE)
            done = True
        finally:
            if outer is not None:
                self.frame = outer
            self.memory.forget()
            if not done:
                del self.envs[module]
        return env

    def forget(self) -> None:
        """Start afresh: the next use of a module runs its body again."""
        self.envs.clear()
        self.classes.clear()
        self.memory.forget()
        self.frames = 0

    # -- definitions and imports ---------------------------------------------------------------------------------

    def _run_FunctionDef(self, node: ast.FunctionDef, env: Env) -> None:
        function = env.module.functions[node]
        value: Value = FunctionValue(function, None if env is self.envs.get(env.module) else env)
        for decorator in reversed(node.decorator_list):
            value = self._decorated(value, decorator, env)
        self._define(node.name, value, env)

    _run_AsyncFunctionDef = _run_FunctionDef  # noqa: N815

    def _decorated(self, value: Value, decorator: ast.expr, env: Env) -> Value:
        if unparsed(decorator) in ("property", "staticmethod", "classmethod") or not isinstance(
            decorator, (ast.Name, ast.Attribute)
        ):
            return value
        callee = self.evaluate(decorator, env)
        if not isinstance(callee, FunctionValue):
            return value
        result = self.call_function(callee, Arguments([(value, decorator)]), None)
        return result if isinstance(result, (FunctionValue, ObjectValue)) else value

    def _run_ClassDef(self, node: ast.ClassDef, env: Env) -> None:
        cls: Class = env.module.classes[node]
        self.memory.unsettle()
        self.classes.bases[cls] = [self.evaluate(base, env) for base in node.bases]
        body = Env({}, env, env.module)
        self.block(node.body, body)
        for value in body.names.values():
            if isinstance(value, FunctionValue) and value.env is body:
                value.env = None if env is self.envs.get(env.module) else env
        self.classes.names[cls] = body.names
        self._define(node.name, ClassValue(cls), env)

    def _define(self, name: str, value: Value, env: Env) -> None:
        """Bind what a definition makes; what a function may put in its place, now or later, is not known."""
        own = env is self.envs.get(env.module)
        assign(self, ast.Name(name), UNKNOWN if own and name in env.module.rebound else value, env)

    def _run_Import(self, node: ast.Import, env: Env) -> None:
        import_modules(self, node, env)

    def _run_ImportFrom(self, node: ast.ImportFrom, env: Env) -> None:
        import_names(self, node, env)
