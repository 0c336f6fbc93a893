"""Plans the imports of every file of a program that migrates."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.switching import IMPORT, Switching
from tfmigrate.planning.units import Shape
from tfmigrate.program.aliases import library_name, library_names
from tfmigrate.program.dialect import keep_tensorflow, spelled
from tfmigrate.program.link import Module, Program
from tfmigrate.program.modern import modern_call, renamed_call
from tfmigrate.program.render import render, source
from tfmigrate.sites import (
    FILE,
    Argument,
    Before,
    BlockCall,
    CallableLayer,
    Imports,
    Invoke,
    LayerClass,
    Lifted,
    NameScope,
    Replace,
    Site,
    Sites,
    Span,
)
from tfmigrate.spans import span
from tfmigrate.tf1.emitted import EMITTED
from tfmigrate.tf1.emitted_cells import EMITTED_CELLS, NEEDED_IMPORTS
from tfmigrate.tf1.renamed import OF_TRAINING, WITHOUT_VARIABLES


def plan_symbols(sites: dict[Module, Sites]) -> None:
    """Symbols of TensorFlow 1 that have another name now, in every file that changes."""
    for module, items in sites.items():
        inside = {site.span: site.action.text for site in items.items if isinstance(site.action, Replace)}
        for node in module.of_kind(ast.Call) if items.items else ():
            new = renamed_call(module, node)
            if new is not None:
                # other sites may stand in its arguments
                arguments = tuple(Argument(source, keyword=name) for source, name in new[1].items())
                items.add("symbols", span(module, node), Invoke(new[0], arguments))
                continue
            text = modern_call(module, node, lambda part, m=module, known=inside: _written(m, part, known))  # type: ignore[misc]
            if text is not None:
                items.add("symbols", span(module, node), Replace(text))
        _import_keras(items)


def left_behind(sites: Mapping[Module, Sites]) -> Iterator[tuple[Module, ast.Call, str]]:
    """Calls of contrib in the files that change which stay as they are, and what they call."""
    for module, items in sites.items():
        spans = {site.span for site in items.items}
        for node in module.of_kind(ast.Call) if items.items else ():
            name = library_name(module, node.func)
            known = WITHOUT_VARIABLES.match(name) or OF_TRAINING.match(name)
            if name.startswith("tf.contrib.") and known and span(module, node) not in spans:
                yield module, node, name


def _import_keras(items: Sites) -> None:
    """Also in a file that changed for its imports alone until now."""
    if any(_uses_keras(site) for site in items.items):
        for at, site in enumerate(items.items):
            if isinstance(site.action, Imports):
                items.items[at] = replace(site, action=replace(site.action, keras=True))


_KERAS = re.compile(r"(?<![\w.])keras\.")


def _written(module: Module, node: ast.expr, known: Mapping[Span, str]) -> str:
    """An expression with what other sites write into it."""
    return render(module, node, lambda part: known.get(span(module, part)) if hasattr(part, "lineno") else None)


def plan_imports(
    program: Program,
    sites: dict[Module, Sites],
    plans: Iterable[LayerPlan],
    added: Mapping[Module, list[str]],
    also: Container[tuple[Module, str]],
    switching: Switching,
) -> None:
    """Add an import site to every file that changes, and to every file that belongs to the same program.

    also: where a function is still used beside its layer, by file and name.
    """
    renamed = {(p.unit.primary.module, p.unit.primary.name): p.class_name for p in plans if _is_renamed(p)}
    changed = {module for module, items in sites.items() if items.items}
    belonging = together(program, changed)
    kept = keep_tensorflow(belonging)
    for module in belonging:
        renames = tuple(sorted(_renames(program, module, renamed)))
        items = sites.get(module, Sites()).items
        used = _emitted(items)
        prologue = spelled(module, "\n\n".join(code for name, code in EMITTED.items() if name in used))
        switch = switching.statement(module)
        action = Imports(
            keras=any(_KERAS.search(EMITTED[name]) for name in used) or any(_uses_keras(site) for site in items),
            tensorflow=module not in kept,
            renames=renames,
            kept=tuple(sorted({old for _, old, _ in renames if (module, old) in also})),
            lines=tuple(sorted(_unused(module))),
            handed_on=tuple(sorted(_handed_on(program, module))),
            disable_v2=switch,
            added=(*added.get(module, ()), *([IMPORT] if switch and "." not in switch else [])),
            prologue=prologue,
            python=tuple(sorted({NEEDED_IMPORTS[name] for name in used if name in NEEDED_IMPORTS})),
        )
        exports = list(_exports(program, module, renamed))
        for site, text in exports:
            old = ast.literal_eval(site)
            both = f"{source(module, site)}, {text}" if (module, old) in also else text
            sites.setdefault(module, Sites()).add("symbols", span(module, site), Replace(both))
        if exports or items or renames or action.disable_v2 or (action.tensorflow and _imports_tensorflow(module)):
            sites.setdefault(module, Sites()).add("imports", FILE, action)


def _emitted(items: Iterable[Site]) -> set[str]:
    """Classes and functions that the emitted code of a file uses and that no library has."""
    used: set[str] = set()
    for site in items:
        if isinstance(site.action, Replace):
            used.update(name for name in EMITTED_CELLS if re.match(rf"{name}\(", site.action.text))
        if isinstance(site.action, Invoke) and site.action.callee in EMITTED_CELLS:
            used.add(site.action.callee)
        layer = site.action.layer if isinstance(site.action, (BlockCall, Lifted)) else site.action
        lines = layer.head if isinstance(layer, LayerClass) else layer.lines if isinstance(layer, Before) else ()
        lines = (*layer.init, *layer.build) if isinstance(layer, CallableLayer) else lines
        used.add(getattr(layer, "base", ""))
        used.update(name for name in EMITTED if any(re.search(rf"(?<![\w.]){name}\(", line) for line in lines))
    return used_by(used & EMITTED.keys())


def used_by(names: set[str]) -> set[str]:
    """Emitted classes and functions, with those that they use."""
    found, waiting = set(names), list(names)
    while waiting:
        code = EMITTED[waiting.pop()]
        more = {name for name in EMITTED.keys() - found if re.search(rf"(?<![\w.]){name}\b", code)}
        found |= more
        waiting += more
    return found


def _is_renamed(plan: LayerPlan) -> bool:
    return plan.unit.primary.shape is Shape.FUNCTION


def _uses_keras(site: Site) -> bool:
    action = site.action
    if isinstance(action, (LayerClass, BlockCall, Lifted, CallableLayer)):
        return True
    if isinstance(action, Before):
        return any("keras." in line for line in action.lines)
    if isinstance(action, Invoke):
        return any(_KERAS.search(argument.text or "") for argument in action.arguments)
    return isinstance(action, NameScope) or (isinstance(action, Replace) and bool(_KERAS.search(action.text)))


def together(program: Program, changed: set[Module]) -> list[Module]:
    """The files that import a changed one or are imported by one, directly or not."""
    links: dict[Module, set[Module]] = {module: set() for module in program.modules.values()}
    for module in program.modules.values():
        for other in program.imports(module):
            links[module].add(other)
            links[other].add(module)
    found, queue = set(changed), list(changed)
    while queue:
        for other in links[queue.pop()] - found:
            found.add(other)
            queue.append(other)
    return [module for module in program.modules.values() if module in found]


def _renames(
    program: Program, module: Module, renamed: dict[tuple[Module, str], str]
) -> Iterable[tuple[str, str, str]]:
    for node in module.of_kind(ast.ImportFrom):
        base = (
            program.relative(module, node.level, node.module) if node.level else program.find(node.module or "", module)
        )
        for alias in node.names:
            if base is not None and (base, alias.name) in renamed:
                yield ("." * node.level + (node.module or ""), alias.name, renamed[base, alias.name])


def _exports(
    program: Program, module: Module, renamed: dict[tuple[Module, str], str]
) -> Iterator[tuple[ast.expr, str]]:
    """The strings of `__all__` that name what has another name now, with what stands there instead."""
    names = {old: new for _, old, new in _renames(program, module, renamed)}
    for home in _taken_whole(program, module):
        names.update({name: new for (other, name), new in renamed.items() if other is home})
    for statement in module.tree.body:
        if isinstance(statement, (ast.Assign, ast.AugAssign)) and _is_export_list(statement):
            for node in ast.walk(statement.value):
                if isinstance(node, ast.Constant) and node.value in names:
                    yield node, source(module, node).replace(str(node.value), names[str(node.value)])


def _taken_whole(program: Program, module: Module) -> list[Module]:
    """A file, and those whose names it takes by star imports."""
    found = [module]
    for each in found:
        for node in each.of_kind(ast.ImportFrom):
            if any(alias.name == "*" for alias in node.names):
                near = program.relative(each, node.level, node.module)
                base = near if node.level else program.find(node.module or "", each)
                if base is not None and base not in found:
                    found.append(base)
    return found


def _is_export_list(statement: ast.Assign | ast.AugAssign) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _imports_tensorflow(module: Module) -> bool:
    return any(alias.name == "tensorflow" for node in module.of_kind(ast.Import) for alias in node.names) or any(
        not node.level and node.module == "tensorflow" for node in module.of_kind(ast.ImportFrom)
    )


@lru_cache(maxsize=2_000)
def _unused(module: Module) -> set[str]:
    """Names imported from tensorflow that nothing used before; they are not ours to remove."""
    used = {n.id for n in module.of_kind(ast.Name)}
    names = set()
    for node in module.of_kind(ast.Import):
        names |= {alias.asname or alias.name for alias in node.names if alias.name == "tf_slim"}
    for taken in module.of_kind(ast.ImportFrom):
        if (taken.module or "").split(".")[0] in ("tensorflow", "tf_slim"):
            names |= {alias.asname or alias.name for alias in taken.names}
    return names - used


def _handed_on(program: Program, module: Module) -> set[str]:
    """Names of tensorflow that other files take from this one and still use when their own calls are rewritten."""
    own = set(_own_names(module))
    names: set[str] = set()
    for other in program.modules.values() if own else ():
        if module in other.starred:
            names |= own & set(_still_used(other))
        if module not in program.imports(other):
            continue
        for node in other.of_kind(ast.ImportFrom):
            if program.source_of(node, other) is module:
                names |= {alias.name for alias in node.names} & own
        for attribute in other.of_kind(ast.Attribute):
            if attribute.attr in own and isinstance(attribute.value, ast.Name):
                names.add(attribute.attr)
    return names


def _own_names(module: Module) -> Iterator[str]:
    """What a file imports from below tensorflow, or from slim, and its other names for those."""
    for name, known in library_names(module).items():
        if known not in ("tensorflow", "tensorflow.compat.v1"):
            yield name


def _still_used(module: Module) -> Iterator[str]:
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node.id
        text = modern_call(module, node)
        if text is None:
            waiting.extend(ast.iter_child_nodes(node))
        elif isinstance(node, ast.Call):
            waiting.extend(node.keywords)
