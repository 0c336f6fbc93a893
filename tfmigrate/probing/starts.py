"""How a program builds its model: what can be called from outside, and which statements do it where others run it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tfmigrate.probing.slicing import Slice, binds, slice_of
from tfmigrate.program.link import Class, Function, Module
from tfmigrate.program.running import runs
from tfmigrate.program.standing import is_guard
from tfmigrate.walk.regions import Creation, Path, Region
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.signatures import literal, returns_nothing, returns_one, takes_tensor
from tfmigrate.walk.values import ObjectValue


@dataclass(eq=False)
class Start:
    """One way to build a part of the model: the lines of a function, and what its last line returns."""

    name: str
    regions: list[Region]
    lines: list[str] = field(default_factory=list)
    result: str = ""
    imports: set[str] = field(default_factory=set)
    guesses: int = 0

    @property
    def creations(self) -> set[ast.AST]:
        return {creation.node for creation in self._creations()}

    @property
    def paths(self) -> set[Path]:
        return {v.path for c in self._creations() for v in c.variables if v.path is not None}

    def _creations(self) -> Iterator[Creation]:
        return (creation for region in self.regions for creation in region.creations())


def acts(module: Module, walks: Sequence[Walk]) -> bool:
    """Whether importing the module would already build or run the model."""
    body = [s for s in module.tree.body if not isinstance(s, (ast.FunctionDef, ast.ClassDef)) and not is_guard(s)]
    if any(runs(statement) for statement in body):
        return True
    roots = [walk.root for walk in walks if walk.entry.target is module]
    made: set[ast.AST] = {e.node for root in roots for e in _direct(root) if e.node is not None and _makes(e)}
    return any(node in made for statement in body for node in ast.walk(statement))


def _direct(region: Region) -> Iterator[Region | Creation]:
    """What the code of one region itself calls or makes, past its blocks."""
    for event in region.events:
        if isinstance(event, Region) and event.is_block:
            yield from _direct(event)
        elif isinstance(event, (Region, Creation)):
            yield event


def _makes(event: Region | Creation) -> bool:
    return isinstance(event, Creation) or event.makes_variables()


class Starts:
    """The starts below one entry of the program."""

    def __init__(self, walk: Walk, scripts: Sequence[str]) -> None:
        self.walk = walk
        self.scripts = scripts

    def found(self) -> Iterator[Start]:
        target, root = self.walk.entry.target, self.walk.root
        if isinstance(target, Module):
            yield from self._in_code(root, target.tree.body, target, None)
            return
        if str(target.module.path) in self.scripts:
            return
        made = [event for event in root.events if isinstance(event, Region) and event.makes_variables()]
        if isinstance(target, Class):
            yield from self._of_object(target, made)
            return
        for region in made[:1]:
            yield from self._of_function(target, region)

    def _of_function(self, function: Function, region: Region) -> Iterator[Start]:
        if self._runs(region):
            yield from self._in_code(region, function.node.body, function.module, function)
        elif function.parent is None and function.cls is None and str(function.module.path) not in self.scripts:
            start = Start(function.name, [region])
            call = self._call(start, f"{function.module.name}.{function.name}", function, region)
            start.imports.add(f"import {function.module.name}")
            start.result = f'{{"{function.name}": {call}}}' if returns_one(function) else call
            yield start

    def _runs(self, region: Region) -> bool:
        inner = [region, *(event for event in region.walk() if isinstance(event, Region))]
        return any(runs(r.function.node) for r in inner if r.function is not None)

    # -- statements ----------------------------------------------------------------------------------------------

    def _in_code(
        self, region: Region, body: list[ast.stmt], module: Module, function: Function | None
    ) -> Iterator[Start]:
        """The starts in code that runs the model too."""
        events = [event for event in _direct(region) if _makes(event)]
        for event in events:
            if isinstance(event, Region) and event.function is not None and self._runs(event):
                yield from self._further(event)
        clean = [e for e in events if isinstance(e, Creation) or not self._runs(e)]
        if not clean:
            return
        if function is not None and function.cls is not None:
            yield from self._of_object(function.cls, [e for e in clean if isinstance(e, Region)])
            return
        sites: set[ast.AST] = {event.node for event in clean if event.node is not None}
        yield from self._of_statements(region, body, module, function, sites)

    def _further(self, event: Region) -> Iterator[Start]:
        assert event.function is not None
        yield from self._in_code(event, event.function.node.body, event.function.module, event.function)

    def _of_statements(
        self, region: Region, body: list[ast.stmt], module: Module, function: Function | None, sites: set[ast.AST]
    ) -> Iterator[Start]:
        if function is None:  # what a guarded call does is done by calling it
            body = [s for statement in body for s in (statement.body if is_guard(statement) else [statement])]  # type: ignore[attr-defined]
            body = [s for s in body if not isinstance(s, (ast.FunctionDef, ast.ClassDef))]
        running = {e.node for e in _direct(region) if isinstance(e, Region) and e.node is not None and self._runs(e)}
        found = slice_of(body, sites, running)
        if not found.statements:
            return
        name = function.name if function is not None else module.name.rpartition(".")[2]
        start = Start(name, [region], guesses=1)
        params = set(function.params) if function is not None else set()
        for param in sorted(params & found.free):
            start.lines.append(_parameter(param, function, region))
        for free in sorted(found.free - params):
            self._bind(start, free, module, body)
        for statement in found.statements:
            lines = _source(statement, module)
            if _reads_arguments(statement):
                lines[-1] += "  # fill in: a probe has no command line"
            start.lines.extend(lines)
        objects = self._objects(region, found)
        start.result = "{" + ", ".join(
            f'"{n}": kept_by({n})' if n in objects else f'"{n}": {n}' for n in found.results
        ) + "}"  # fmt: skip
        yield start

    def _bind(self, start: Start, name: str, module: Module, body: list[ast.stmt]) -> None:
        """What the statements read and do not bind themselves."""
        line = self._import_of(name, module)
        if line is None and self._is_defined(name, module):
            start.lines.append(f"{name} = None  # fill in: importing {module.path.name} would run it")
        elif line is not None and line.startswith("from ") and _is_taken(name):
            source, _, original = line.removeprefix("from ").partition(" import ")
            start.imports.add(f"import {source}")
            start.lines.append(f"{name} = {source}.{original.partition(' as ')[0]}")
        elif line is not None:
            start.imports.add(line)
        elif any(name in binds(statement) for statement in body):  # by what opens a session, for one
            start.lines.append(f"{name} = None  # fill in")

    def _objects(self, region: Region, found: Slice) -> set[str]:
        """Which of the results are objects of classes of the program."""
        made = {id(r.node) for r in self.walk.regions() if _is_init(r)}
        by_call = {name for s in found.statements if id(getattr(s, "value", None)) in made for name in binds(s)}
        return by_call | {n for n in found.results if isinstance(region.frame.env.lookup(n), ObjectValue)}

    def _import_of(self, name: str, module: Module) -> str | None:
        for statement in ast.walk(module.tree):
            if not isinstance(statement, (ast.Import, ast.ImportFrom)):
                continue
            for alias in statement.names:
                if (alias.asname or alias.name.partition(".")[0]) == name:
                    return _import_line(statement, alias, module)
        if str(module.path) in self.scripts or not self._is_defined(name, module):
            return None
        return f"from {module.name} import {name}"

    def _is_defined(self, name: str, module: Module) -> bool:
        return any(name in binds(statement) for statement in module.tree.body if not is_guard(statement))

    # -- objects -------------------------------------------------------------------------------------------------

    def _of_object(self, cls: Class, made: Sequence[Region]) -> Iterator[Start]:
        """Makes the object and calls those of its methods that build."""
        methods = [r for r in made if r.function is not None and r.function.cls is not None and not self._runs(r)]
        if not methods or cls.parent is not None or str(cls.module.path) in self.scripts:
            return
        obj = methods[0].frame.obj
        start = Start(cls.name, list(methods), guesses=1)
        start.imports.add(f"import {cls.module.name}")
        init = next((r for r in self.walk.regions() if _is_init(r) and r.frame.obj is obj), None)
        text = f"{cls.module.name}.{cls.name}"
        if init is not None and init.function is not None:
            start.lines.append(f"model = {self._call(start, text, init.function, init)}")
        else:
            start.lines.append(f"model = {text}()")
        for region in methods:
            if not _is_init(region) and region.frame.obj is obj and region.function is not None:
                call = self._call(start, f"model.{region.function.name}", region.function, region)
                start.lines.append(call if returns_nothing(region.function) else f"{region.function.name} = {call}")
        returned = [r.function.name for r in methods if r.function is not None and not returns_nothing(r.function)]
        also = "".join(f', "{name}": {name}' for name in dict.fromkeys(returned) if name != "__init__")
        start.result = f"{{**kept_by(model){also}}}" if also else "kept_by(model)"
        yield start

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, start: Start, callee: str, function: Function, region: Region) -> str:
        """The call with what is known of its arguments; tensors that come from outside are placeholders."""
        arguments = []
        for name in function.params:
            default, text = function.default(name), literal(region.names.get(name))
            if default is not None and (text is None or text == ast.unparse(default)):
                continue
            if text is None:
                start.guesses += 1
                if takes_tensor(function, name):
                    what = f"{name}: shape and dtype"
                    start.lines.append(f'{name} = tf.placeholder(tf.float32, [2, 8], "{name}")  # fill in: {what}')
                else:
                    start.lines.append(f"{name} = None  # fill in")
                text = name
            arguments.append(f"{name}={text}")
        return f"{callee}({', '.join(arguments)})"


def _parameter(name: str, function: Function | None, region: Region) -> str:
    """An assignment of what the program gives for a parameter, where that can be written down."""
    text = literal(region.names.get(name))
    if text is None and function is not None and isinstance(function.default(name), ast.Constant):
        text = ast.unparse(function.default(name))  # type: ignore[arg-type]
    return f"{name} = {text}" if text is not None else f"{name} = None  # fill in"


def _is_taken(name: str) -> bool:
    """Whether a probe has a function of this name itself."""
    return name in ("build", "kept_by") or name.startswith("build_")


def _reads_arguments(statement: ast.stmt) -> bool:
    names = {n.attr for n in ast.walk(statement) if isinstance(n, ast.Attribute)}
    return bool(names & {"argv", "parse_args", "parse_known_args"})


def _is_init(region: Region) -> bool:
    return region.function is not None and region.function.name == "__init__"


def _source(statement: ast.stmt, module: Module) -> list[str]:
    """The statement as it is written, from the first column on."""
    lines = module.text.split("\n")[statement.lineno - 1 : statement.end_lineno]
    if lines[0][: statement.col_offset].strip():
        return ast.unparse(statement).split("\n")
    return textwrap.dedent("\n".join(lines)).split("\n")


def _uses_contrib(module: Module) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "contrib" for n in ast.walk(module.tree))


def _import_line(statement: ast.Import | ast.ImportFrom, alias: ast.alias, module: Module) -> str:
    """One imported name, as a file at the top of the program would import it."""
    bound = f" as {alias.asname}" if alias.asname else ""
    if isinstance(statement, ast.Import):
        if alias.name == "tensorflow" and not _uses_contrib(module):  # which is gone there
            return f"import tensorflow.compat.v1 as {alias.asname or alias.name}"
        return f"import {alias.name}{bound}"
    source = statement.module or ""
    if statement.level:
        parts = module.name.split(".")
        above = parts[: len(parts) - statement.level + module.is_package]
        source = ".".join([*above, *([source] if source else [])])
    return f"from {source} import {alias.name}{bound}"
