"""Read me first: the whole flow, from files to a migration. Nothing here writes; `tfmigrate/writing` does.

find files -> text filter -> parse -> walk (sharing) -> plan -> rewrite -> recount -> migration
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import caching, source
from tfmigrate.choosing import BY_DEFAULT, Choice
from tfmigrate.finding import Finding, Severity
from tfmigrate.model import EXPLICIT_REUSE, Audit, Cluster, FileChange, Migration, Place, SharingGroup, Step
from tfmigrate.python2 import stays_python2, told
from tfmigrate.reading import Read, absolute, parse_files, read_files, roots_of
from tfmigrate.source import is_read_only
from tfmigrate.staying import why_it_stays

# A result that an earlier run kept needs nothing of what works one out, so that is imported where it is used.
if TYPE_CHECKING:
    from tfmigrate.explicit import Explicit
    from tfmigrate.planning.plan import Plan
    from tfmigrate.probing.probe import Probe
    from tfmigrate.program.link import Program
    from tfmigrate.settling import Settled
    from tfmigrate.straightening import Straightening


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


def migrate(paths: Sequence[Path], options: Options = Options()) -> Migration:
    """Read the program that the paths belong to and work out its migration."""
    read = read_files(paths, options.choice)
    key = caching.key(_all_that_matters(read, paths, options)) if options.cache else ""
    known = caching.load(key) if key else None
    if known is None:
        known = _work_out(read, paths, options)
        if key:
            caching.save(key, known)
    return known


def prepare(paths: Sequence[Path], options: Options) -> tuple[str, Callable[[], Migration]]:
    """A key of all that the result and its patch follow from, and what works the result out."""
    read = read_files(paths, options.choice)
    digests = [(str(path), found.digest) for path, found in read.sources.items()]
    return caching.key([*_all_that_matters(read, paths, options), digests]), lambda: _work_out(read, paths, options)


def _work_out(read: Read, paths: Sequence[Path], options: Options) -> Migration:
    with _few_collections():
        return Study(read, paths, options).migration()


def _all_that_matters(read: Read, paths: Sequence[Path], options: Options) -> Iterator[object]:
    """Everything that the result follows from, but for the tool itself."""
    yield options.with_callers, options.in_place, sorted(options.only), sorted(map(str, paths)), sorted(read.findings)
    for cluster, finding in options.refuted:
        yield cluster.name, cluster.parts, sorted(cluster.variables), finding
    roots = roots_of(paths, read)
    for path, text in read.sources.items():
        yield str(path), os.path.relpath(absolute(path), roots[path]), roots[path].name, text.text
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
    return Study(read_files(paths, options.choice), paths, options)


def probe_text(paths: Sequence[Path]) -> Probe:
    """A first version of a probe of the program that the paths belong to."""
    from tfmigrate.probing.probe import probe

    read = read_files(paths)
    return probe(parse_files(read, roots_of(paths, read)))


def audit(paths: Sequence[Path], choice: Choice = BY_DEFAULT, codes: frozenset[str] | None = None) -> Audit:
    """What is wrong or fragile in the named files of the program. codes: of findings to tell; None is all."""
    from tfmigrate.auditing.audit import audit_program

    read = read_files(paths, choice)
    with _few_collections():
        program = parse_files(read, roots_of(paths, read))
        found = audit_program(program) if program.modules else set()
    told = {read.placed(f) for f in found if Path(f.path) in read.named and (codes is None or f.code in codes)}
    unread = {finding for finding in read.findings if finding.severity is Severity.ERROR}
    return Audit(tuple(sorted(told | unread)), len(read.sources))


def migrate_text(name: str, text: str, options: Options = Options()) -> Migration:
    """The migration of one file that is not on the disk."""
    path = Path(name)
    read = Read({path: source.Source(path, text, "utf-8", False, "\n", "")}, [], {path})
    return Study(read, [path], options).migration()


class Study:
    """A program that was read and walked once, and what it becomes with this or that of it left as it is."""

    def __init__(self, read: Read, paths: Sequence[Path], options: Options) -> None:
        from tfmigrate.settling import Limits
        from tfmigrate.straightening import Straightening
        from tfmigrate.transform import load_transforms

        self._read = read
        self._options = options
        self._settling: Straightening | Explicit | None = None
        program = parse_files(read, roots_of(paths, read))
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


def _migration(read: Read, program: Program, settled: Settled, options: Options) -> Migration:
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


def _on_disk(change: FileChange, read: Read) -> FileChange:
    """What was walked is not what lies on the disk, where that is Python 2, a notebook, or takes detours."""
    path, before = change.path, change.before
    if before is None or not (path in read.python2 or path in read.notebooks):
        return replace(change, before=read.sources[path].text) if before is not None else change
    notebook = read.notebooks.get(path)
    after, python3 = (text if notebook is None else notebook.rendered(text) for text in (change.after, before))
    return FileChange(path, read.sources[path].text, after, python3=python3 if path in read.python2 else None)


def _of_python2(walked: Iterable[FileChange], read: Read) -> Iterator[Finding]:
    for change in walked:
        if change.before is not None and change.path in read.python2:
            yield from told(change.path, read.python2[change.path], change.before)


def _placed(group: SharingGroup, read: Read) -> SharingGroup:
    def place(found: Place) -> Place:
        notebook = read.notebooks.get(Path(found.path))
        return found if notebook is None else replace(found, line=notebook.line(found.line))

    return replace(group, creates=place(group.creates), reuses=tuple(map(place, group.reuses)))


def _steps(plan: Plan, changed: Iterable[FileChange], read: Read) -> list[Step]:
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
