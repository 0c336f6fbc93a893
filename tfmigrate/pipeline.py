"""Read me first: the whole flow, from files to a migration. Nothing here writes; `tfmigrate/writing` does.

find files -> text filter -> parse -> walk (sharing) -> plan -> rewrite -> recount -> migration
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import caching, source
from tfmigrate.choosing import BY_DEFAULT, Choice, choose, ignored
from tfmigrate.finding import Finding, Related, Severity
from tfmigrate.model import EXPLICIT_REUSE, Audit, Cluster, FileChange, Migration, Place, SharingGroup, Step
from tfmigrate.notebook import Notebook, NotebookError
from tfmigrate.progress import steps
from tfmigrate.python2 import stays_python2, to_python3, told
from tfmigrate.source import UNPARSABLE, is_read_only
from tfmigrate.staying import links_out, too_deep, why_it_stays, why_left_out
from tfmigrate.tf1 import symbols

# A result that an earlier run kept needs nothing of what works one out, so that is imported where it is used.
if TYPE_CHECKING:
    from tfmigrate.explicit import Explicit
    from tfmigrate.planning.plan import Plan
    from tfmigrate.probing.probe import Probe
    from tfmigrate.program.link import Module, Program
    from tfmigrate.settling import Settled
    from tfmigrate.straightening import Straightening

_IMPORT = re.compile(r"\b(?:from|import)\s+[\w., ]+")
_STARRED = re.compile(r"\bfrom\s+(?:[\w.]*\.)?(\w+)\s+import\s+\*")


@dataclass(frozen=True)
class Options:
    """with_callers: also change files outside the named paths. only: the transforms to run; empty is all of them.

    jobs: how many processes; 0 is as many as there are processors. refuted: clusters of an earlier run that must stay
    as they are, each with what to say of it, if anything. in_place: the files themselves are to change, so what is
    read-only stays. choice: which files below the named folders are to change. cache: take the result from an earlier
    run, or keep it for a later one.
    """

    with_callers: bool = False
    only: tuple[str, ...] = ()
    jobs: int = 1
    refuted: tuple[tuple[Cluster, Finding | None], ...] = ()
    in_place: bool = False
    choice: Choice = BY_DEFAULT
    cache: bool = False


@dataclass
class _Read:
    """What was read: sources by path, what could not be read, which files were named, and which of all stay; the
    code of those in Python 2, and the notebooks."""

    sources: dict[Path, source.Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    kept: set[Path] = field(default_factory=set)
    python2: dict[Path, str] = field(default_factory=dict)
    notebooks: dict[Path, Notebook] = field(default_factory=dict)

    def placed(self, finding: Finding) -> Finding:
        """Where an editor finds it: a notebook is a file of its own form."""
        notebook = self.notebooks.get(Path(finding.path))
        related = tuple(self._placed_there(other) for other in finding.related)
        line = finding.line if notebook is None else notebook.line(finding.line)
        return replace(finding, line=line, related=related)

    def _placed_there(self, related: Related) -> Related:
        notebook = self.notebooks.get(Path(related.path))
        return related if notebook is None else replace(related, line=notebook.line(related.line))

    def misfit(self, path: Path, text: str) -> Finding | None:
        """Why the text that a file is to have cannot go back into it."""
        try:
            if path in self.notebooks:
                self.notebooks[path].rendered(text)
        except NotebookError as error:
            return Finding(str(path), 1, 0, "TFM902", f"the emitted text does not fit into the notebook: {error}")
        return None


def migrate(paths: Sequence[Path], options: Options = Options()) -> Migration:
    """Read the program that the paths belong to and work out its migration."""
    read = _read(paths, options.choice)
    key = caching.key(_all_that_matters(read, paths, options)) if options.cache else ""
    known = caching.load(key) if key else None
    if known is None:
        known = _work_out(read, paths, options)
        if key:
            caching.save(key, known)
    return known


def prepare(paths: Sequence[Path], options: Options) -> tuple[str, Callable[[], Migration]]:
    """A key of all that the result and its patch follow from, and what works the result out."""
    read = _read(paths, options.choice)
    digests = [(str(path), found.digest) for path, found in read.sources.items()]
    return caching.key([*_all_that_matters(read, paths, options), digests]), lambda: _work_out(read, paths, options)


def _work_out(read: _Read, paths: Sequence[Path], options: Options) -> Migration:
    with _few_collections():
        return Study(read, paths, options).migration()


def _all_that_matters(read: _Read, paths: Sequence[Path], options: Options) -> Iterator[object]:
    """Everything that the result follows from, but for the tool itself."""
    yield options.with_callers, options.in_place, sorted(options.only), sorted(map(str, paths)), sorted(read.findings)
    for cluster, finding in options.refuted:
        yield cluster.name, cluster.parts, sorted(cluster.variables), finding
    roots = _roots(paths, read)
    for path, text in read.sources.items():
        yield str(path), os.path.relpath(_absolute(path), roots[path]), roots[path].name, text.text
        yield path in read.named, path in read.kept, options.in_place and is_read_only(path)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Nearly all that is made lives until the end: to look for garbage at every turn costs time and finds none."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def study(paths: Sequence[Path], options: Options = Options()) -> Study:
    """Read the program that the paths belong to, for more than one migration of it."""
    return Study(_read(paths, options.choice), paths, options)


def probe_text(paths: Sequence[Path]) -> Probe:
    """A first version of a probe of the program that the paths belong to."""
    from tfmigrate.probing.probe import probe

    read = _read(paths)
    return probe(_parse(read, _roots(paths, read)))


def audit(paths: Sequence[Path], choice: Choice = BY_DEFAULT, codes: frozenset[str] | None = None) -> Audit:
    """What is wrong or fragile in the named files of the program. codes: of findings to tell; None is all."""
    from tfmigrate.auditing.audit import audit_program

    read = _read(paths, choice)
    with _few_collections():
        program = _parse(read, _roots(paths, read))
        found = audit_program(program) if program.modules else set()
    told = {read.placed(f) for f in found if Path(f.path) in read.named and (codes is None or f.code in codes)}
    unread = {finding for finding in read.findings if finding.severity is Severity.ERROR}
    return Audit(tuple(sorted(told | unread)), len(read.sources))


def migrate_text(name: str, text: str, options: Options = Options()) -> Migration:
    """The migration of one file that is not on the disk."""
    path = Path(name)
    read = _Read({path: source.Source(path, text, "utf-8", False, "\n", "")}, [], {path})
    return Study(read, [path], options).migration()


class Study:
    """A program that was read and walked once, and what it becomes with this or that of it left as it is."""

    def __init__(self, read: _Read, paths: Sequence[Path], options: Options) -> None:
        from tfmigrate.settling import Limits
        from tfmigrate.straightening import Straightening
        from tfmigrate.transform import load_transforms

        self._read = read
        self._options = options
        self._settling: Straightening | Explicit | None = None
        program = _parse(read, _roots(paths, read))
        if program.modules:
            limits = Limits(
                lambda path: path in read.named or (options.with_callers and path not in read.kept),
                frozenset(options.only),
                lambda path, text: why_it_stays(path, text, paths, options.in_place),
                lambda path: stays_python2(path, read.python2[path]) if path in read.python2 else None,
                read.misfit,
                jobs=options.jobs,
            )
            if EXPLICIT_REUSE in options.only:
                from tfmigrate.explicit import Explicit

                self._settling = Explicit(program, load_transforms(), limits)
            else:
                self._settling = Straightening(program, load_transforms(), limits)

    def migration(self, left: Iterable[tuple[Cluster, Finding | None]] = ()) -> Migration:
        """left: clusters of an earlier migration that stay, each with what to say of it, if anything."""
        from tfmigrate.proving.proof import doubt_cluster

        read = self._read
        if self._settling is None:
            return Migration(findings=tuple(sorted(read.findings)), files_read=len(read.sources))
        doubts = [doubt_cluster(cluster, finding) for cluster, finding in (*self._options.refuted, *left)]
        settled = self._settling.run_with(doubts)
        return _migration(read, self._settling.program, settled, self._options)


def _read(paths: Sequence[Path], choice: Choice = BY_DEFAULT) -> _Read:
    read = _Read()
    links: list[Path] = []
    chosen = choose(source.find(paths, links), paths, choice)
    read.named.update(chosen.wanted)
    read.kept.update(chosen.kept)
    for path in steps("reading files", [*sorted(read.named), *_rest_of_program(paths, read, choice)]):
        try:
            found = source.read(path)
            too_large = None if path.suffix == source.NOTEBOOK else why_left_out(found)
            if too_large is None:
                read.sources[path] = found
            elif path in read.named and symbols.MARKER.search(found.text):
                read.findings.append(too_large)
        except source.SourceError as error:
            if path in read.named:
                read.findings.append(error.finding)
    read.findings += links_out(links, paths)
    return read


_NO_ROOM = "nests too deeply for Python's parser"


def _parse(read: _Read, roots: dict[Path, Path]) -> Program:
    """All modules, if any of them is TF1's; the others may call it, or know what it needs."""
    from tfmigrate.program.link import Program, module_name

    if not any(symbols.MARKER.search(text.text) for text in read.sources.values()):
        return Program({})
    modules: dict[str, Module] = {}
    packages = set()
    for path, text in steps("parsing files", read.sources.items()):
        name = module_name(_absolute(path), roots[path])
        if path.name == "__init__.py":
            packages.add(name)
        while name in modules:
            name += "_"
        try:
            module = _module(name, text, read)
            if module is not None and not _left_out(module, read):
                modules[name] = module
        except UNPARSABLE as error:
            if path in read.named and symbols.MARKER.search(text.text):
                read.findings.append(read.placed(_syntax_error(path, error)))
    return Program(modules, frozenset(packages))


def _left_out(module: Module, read: _Read) -> bool:
    line = too_deep(module.tree) if symbols.MARKER.search(module.text) else None
    if line is not None and module.path in read.named:
        told = Finding(str(module.path), line, 0, "TFM008", "nests too deeply to be followed")
        read.findings.append(read.placed(told))
    return line is not None


def _module(name: str, text: source.Source, read: _Read) -> Module | None:
    """None for a notebook that has nothing to do with the program. Raises one of UNPARSABLE."""
    from tfmigrate.program.link import parse_module

    path, code = text.path, text.text
    if path.suffix == source.NOTEBOOK:
        if not _matters(text, read):
            return None
        read.notebooks[path] = Notebook.read(code)
        code = read.notebooks[path].text
    try:
        return parse_module(name, path, code)
    except UNPARSABLE:
        converted = to_python3(path, code) if _matters(text, read) else None
        if converted is None:
            raise
        read.python2[path] = code
        return parse_module(name, path, converted)


def _matters(text: source.Source, read: _Read) -> bool:
    """Whether a file that is no Python 3 may be part of a program of TensorFlow 1, by its text."""
    if symbols.MARKER.search(text.text):
        return True
    if any(text.path.stem in _STARRED.findall(other.text) for other in read.sources.values()):
        return True  # what it has may stand for any name of the file that takes all of it
    stems = {path.parent.name if path.name == "__init__.py" else path.stem for path in read.sources}
    return any(stems.intersection(re.findall(r"\w+", found[0])) for found in _IMPORT.finditer(text.text))


def _syntax_error(path: Path, error: Exception) -> Finding:
    line = getattr(error, "lineno", None) or 1
    column = max(0, (getattr(error, "offset", None) or 1) - 1)
    return Finding(str(path), line, column, "TFM003", getattr(error, "msg", None) or str(error) or _NO_ROOM)


def _migration(read: _Read, program: Program, settled: Settled, options: Options) -> Migration:
    from tfmigrate.planning.binding import together
    from tfmigrate.planning.outcome import clusters_of, groups_of
    from tfmigrate.settling import changes

    walked = list(changes(settled))
    changed = tuple(_on_disk(change, read) for change in walked)
    plan = settled.plan
    findings = {*settled.findings, *(plan.findings if plan is not None else ())}
    groups = tuple(groups_of(plan)) if plan is not None else ()
    callers = {*settled.callers, *(change.path for change in changed if change.path not in read.named)}
    if not options.with_callers:
        groups = tuple(group for group in groups if _concerns(group, read.named))
        codes = {code for group in groups for code in group.codes}
        findings = {f for f in findings if Path(f.path) in read.named or f.code in codes}
    return Migration(
        changes=changed,
        groups=tuple(_placed(group, read) for group in groups),
        findings=tuple(sorted({*read.findings, *map(read.placed, {*findings, *_of_python2(walked, read)})})),
        variable_map=plan.variable_map if plan is not None and changed else {},
        callers=tuple(sorted(callers)),
        clusters=tuple(clusters_of(plan)) if plan is not None and changed else (),
        together=tuple(together(program, plan, settled.after)) if plan is not None else (),
        steps=tuple(_steps(plan, changed, read)) if plan is not None else (),
        files_read=len(read.sources),
    )


def _on_disk(change: FileChange, read: _Read) -> FileChange:
    """What was walked is not what lies on the disk, where that is Python 2, a notebook, or takes detours."""
    path, before = change.path, change.before
    if before is None or not (path in read.python2 or path in read.notebooks):
        return replace(change, before=read.sources[path].text) if before is not None else change
    notebook = read.notebooks.get(path)
    after, python3 = (text if notebook is None else notebook.rendered(text) for text in (change.after, before))
    return FileChange(path, read.sources[path].text, after, python3=python3 if path in read.python2 else None)


def _of_python2(walked: Iterable[FileChange], read: _Read) -> Iterator[Finding]:
    for change in walked:
        if change.before is not None and change.path in read.python2:
            yield from told(change.path, read.python2[change.path], change.before)


def _placed(group: SharingGroup, read: _Read) -> SharingGroup:
    def place(found: Place) -> Place:
        notebook = read.notebooks.get(Path(found.path))
        return found if notebook is None else replace(found, line=notebook.line(found.line))

    return replace(group, creates=place(group.creates), reuses=tuple(map(place, group.reuses)))


def _steps(plan: Plan, changed: Iterable[FileChange], read: _Read) -> list[Step]:
    """What is done in the files that change, by the lines it is done to."""
    paths = {change.path for change in changed}
    spans = ((m.path, site) for m, sites in plan.sites.items() if m.path in paths for site in sites if site.span[0])
    lines = {path: notebook.line for path, notebook in read.notebooks.items()}

    def line(path: Path, number: int) -> int:
        return lines[path](number) if path in lines else number

    return sorted({Step(str(p), line(p, s.span[0]), line(p, s.span[2]), s.transform) for p, s in spans})


def _concerns(group: SharingGroup, named: set[Path]) -> bool:
    """Whether a sharing group is made or used in one of these files."""
    return any(Path(place.path) in named for place in (group.creates, *group.reuses))


def _roots(paths: Sequence[Path], read: _Read) -> dict[Path, Path]:
    """For every file the folder from which its module name counts; several programs are told apart by their folders."""
    tops = {_above_packages(_absolute(path if path.is_dir() else path.parent)) for path in paths}
    if len(tops) > 1:
        tops = {Path(os.path.commonpath(tops))}
    roots = {path: _absolute(path) for path in read.sources}
    return {path: next((top for top in tops if full.is_relative_to(top)), full.parent) for path, full in roots.items()}


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _above_packages(folder: Path) -> Path:
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _rest_of_program(paths: Sequence[Path], read: _Read, choice: Choice) -> list[Path]:
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
    rest -= read.named
    return sorted((rest - ignored(rest, paths, choice)) | read.kept)
