"""What the names are that an import binds: modules of the program and their names, or a library's."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Module
from tfmigrate.tf1.outside import may_make_variables
from tfmigrate.walk.attributes import unbound
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.values import UNKNOWN, ClassValue, Env, FunctionValue, ModuleValue, Value


def import_modules(ev: Evaluator, node: ast.Import, env: Env) -> None:
    """`import a.b as c`."""
    for alias in node.names:
        target = _module_named(ev, alias.name, env.module)
        if alias.asname is not None:
            env.names[alias.asname] = target
        else:
            root = alias.name.split(".")[0]
            env.names[root] = _module_named(ev, root, env.module)


def _module_named(ev: Evaluator, name: str, importer: Module) -> Value:
    module = ev.program.find(name, importer)
    return ModuleValue(module) if module is not None else ev.semantics.canonical(name)


def import_names(ev: Evaluator, node: ast.ImportFrom, env: Env) -> None:
    """`from a import b as c`."""
    if node.level:
        module = ev.program.relative(env.module, node.level, node.module)
    else:
        module = ev.program.find(node.module or "", env.module)
    for alias in node.names:
        if alias.name == "*":
            ev.memory.unsettle()
            if module is None and may_make_variables(ev.semantics.canonical(f"{'.' * node.level}{node.module}.?").name):
                hidden = [name for name, known in env.names.items() if isinstance(known, (FunctionValue, ClassValue))]
                env.names.update(dict.fromkeys(hidden, UNKNOWN))
            if module is not None and module is not env.module:
                public = {k: v for k, v in ev.module_env(module).names.items() if not k.startswith("_")}
                env.names.update(public)
            continue
        env.names[alias.asname or alias.name] = _imported_name(ev, node, module, alias.name, env)


def _imported_name(ev: Evaluator, node: ast.ImportFrom, module: Module | None, name: str, env: Env) -> Value:
    if module is None:
        if node.level:
            return ev.semantics.canonical(f"{'.' * node.level}{node.module or ''}.{name}")
        inside = ev.program.find(f"{node.module}.{name}", env.module)
        if inside is not None:
            return ModuleValue(inside)
        return ev.semantics.canonical(f"{node.module}.{name}")
    submodule = ev.program.modules.get(f"{module.name}.{name}")
    if module is env.module:
        return ModuleValue(submodule) if submodule is not None else unbound(ev, module, name)
    value = ev.global_name(module, name)
    if value is None and submodule is not None:
        return ModuleValue(submodule)
    return unbound(ev, module, name) if value is None else value
