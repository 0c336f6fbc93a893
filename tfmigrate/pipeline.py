"""Read me first: the whole flow, from files to a migration. Nothing here writes; that is `source.write`'s part.

    find files -> text filter -> parse -> walk (sharing) -> plan -> rewrite -> recount -> migration
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfmigrate import source
from tfmigrate.finding import Finding
from tfmigrate.link import Module, Program, module_name, parse_module
from tfmigrate.model import FileChange, Migration
from tfmigrate.outcome import groups_of
from tfmigrate.plan import Plan, Planner, indent_of
from tfmigrate.proof import Doubt, prove
from tfmigrate.rewrite import rewrite
from tfmigrate.roots import walk_program
from tfmigrate.sites import Site
from tfmigrate.tf1 import symbols
from tfmigrate.transform import load_transforms


@dataclass(frozen=True)
class Options:
    """with_callers: also change files outside the named paths. only: the transforms to run; empty is all of them.

    jobs: how many processes; 0 is as many as there are processors.
    """

    with_callers: bool = False
    only: tuple[str, ...] = ()
    jobs: int = 0


@dataclass
class _Read:
    """What was read: sources by path, what could not be read, and which files were named."""

    sources: dict[Path, source.Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)


def migrate(paths: Sequence[Path], options: Options = Options()) -> Migration:
    """Read the program that the paths belong to and work out its migration."""
    read = _Read()
    for path in source.find(paths):
        read.named.add(path)
    for path in [*sorted(read.named), *_rest_of_program(paths, read.named)]:
        try:
            read.sources[path] = source.read(path)
        except source.SourceError as error:
            if path in read.named:
                read.findings.append(error.finding)
    return _migrate(read, _roots(paths, read), options)


def migrate_text(name: str, text: str, options: Options = Options()) -> Migration:
    """The migration of one file that is not on the disk."""
    path = Path(name)
    read = _Read({path: source.Source(path, text, "utf-8", False, "\n", "")}, [], {path})
    return _migrate(read, {path: path.parent}, options)


def _migrate(read: _Read, roots: dict[Path, Path], options: Options) -> Migration:
    program = _parse(read, roots)
    if not program.modules:
        return Migration(findings=tuple(sorted(read.findings)), files_read=len(read.sources))
    walks, executor = walk_program(program)
    doubts: list[Doubt] = []
    while True:
        plan = Planner(program, walks, executor, doubts).plan()
        after = _rewritten(plan, read, options)
        fresh = prove(program, walks, plan, after)
        if not fresh:
            break
        doubts.extend(fresh)
    return _migration(read, plan, after, doubts, options)


def _parse(read: _Read, roots: dict[Path, Path]) -> Program:
    modules: dict[str, Module] = {}
    for path, text in read.sources.items():
        if not symbols.MARKER.search(text.text) and not _imports_any(text.text, read.sources):
            continue
        name = module_name(path, roots[path])
        while name in modules:
            name += "_"
        try:
            modules[name] = parse_module(name, path, text.text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None) or 1
            reason = getattr(error, "msg", None) or str(error)
            if path in read.named:
                column = max(0, (getattr(error, "offset", None) or 1) - 1)
                read.findings.append(Finding(str(path), line, column, "TFM003", f"{reason}"))
    return Program(modules)


def _imports_any(text: str, sources: Iterable[Path]) -> bool:
    return any(path.stem in text for path in sources)


def _rewritten(plan: Plan, read: _Read, options: Options) -> dict[Module, str]:
    transforms = load_transforms()
    return {module: _rewrite_one(module, sites, transforms) for module, sites in plan.sites.items()}


def _rewrite_one(module: Module, sites: Sequence[Site], transforms: list) -> str:  # type: ignore[type-arg]
    return rewrite(module.text, sites, transforms, indent_of(module))


def _migration(read: _Read, plan: Plan, after: dict[Module, str], doubts: list[Doubt], options: Options) -> Migration:
    changes = []
    callers = []
    for module, text in sorted(after.items(), key=lambda item: item[0].path):
        if text == module.text:
            continue
        changes.append(FileChange(module.path, module.text, text))
        if module.path not in read.named:
            callers.append(module.path)
    if callers and not options.with_callers:
        changes = []
    findings = {*read.findings, *plan.findings, *(doubt.finding for doubt in doubts)}
    return Migration(
        changes=tuple(changes),
        groups=tuple(groups_of(plan)),
        findings=tuple(sorted(findings)),
        variable_map=plan.variable_map if changes else {},
        callers=tuple(callers),
        files_read=len(read.sources),
    )


def _roots(paths: Sequence[Path], read: _Read) -> dict[Path, Path]:
    """For every file the folder from which its module name counts."""
    tops = [path if path.is_dir() else path.parent for path in paths]
    tops = [_above_packages(top) for top in tops]
    result = {}
    for path in read.sources:
        fitting = [top for top in tops if path.is_relative_to(top)]
        result[path] = min(fitting, key=lambda top: len(top.parts), default=path.parent)
    return result


def _above_packages(folder: Path) -> Path:
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _rest_of_program(paths: Sequence[Path], named: set[Path]) -> list[Path]:
    """Files beside the named ones that belong to the same program."""
    rest: set[Path] = set()
    for path in paths:
        if path.is_dir():
            folder = _above_packages(path)
            if folder != path:
                rest.update(source.find([path]))
            continue
        folder = _above_packages(path.parent)
        if folder == path.parent:
            rest.update(p for p in source.find([folder]) if p.parent == folder)
        else:
            rest.update(source.find([folder / path.relative_to(folder).parts[0]]))
            rest.update(p for p in folder.glob("*.py"))
    return sorted(rest - named)
