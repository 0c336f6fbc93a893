"""For programs: what the command line does, as functions with types. The command line is built on them.

    from tfmigrate import audit, check, migrate

    migration = migrate("src/")            # reads, writes nothing
    migration.changes                      # the whole text of each file, before and after
    migration.groups                       # who makes which variables, who shares them, which layer they become
    migration.findings                     # what was refused, and where to look
    verdict = check("src/", "migrated/")   # runs both sides
    verdict.status                         # Status.EQUIVALENT, DIFFERENT or COULD_NOT_TELL
    for path, outcome in migrate_many(["a/", "b/"]):
        outcome.patch                      # each on its own; one that fails stops no other
    audit("src/").findings                 # what is wrong or fragile in the program as it stands

Everything heavier than the standard library is imported when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfmigrate.model import EXPLICIT_REUSE, Audit, FileChange, Migration, Outcome

if TYPE_CHECKING:
    from tfmigrate.batch import Task
    from tfmigrate.pipeline import Options
    from tfmigrate.verify import CheckSpec, Verdict

AnyPath = str | os.PathLike[str]


class UsageError(Exception):
    """What was asked for can't be done; the text is one line for the user."""


def migrate(
    paths: AnyPath | Iterable[AnyPath],
    *,
    with_callers: bool = False,
    only: Iterable[str] | None = None,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    gitignore: bool | None = None,
    jobs: int = 1,
) -> Migration:
    """What files and directories, read as one program, would become. Writes nothing.

    with_callers: also change files outside the paths. only: the transforms that may run; none is all of them.
    include, exclude: patterns as in a .gitignore here, for files below the paths. gitignore: whether what git ignores
    is left out. What of these is not given is what pyproject.toml says. jobs: processes; 0 is one per core, which a
    script must be ready for (`if __name__ == "__main__":`). Raises
    UsageError.
    """
    named = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    must_exist(named)
    given = {"only": only, "include": include, "exclude": exclude, "gitignore": gitignore}
    return migrate_with(named, options(named, with_callers, jobs, given))


def migrate_many(
    checkouts: Iterable[AnyPath],
    *,
    only: Iterable[str] | None = None,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    gitignore: bool | None = None,
    jobs: int = 0,
    cluster: str | None = None,
    timeout: float = 600,
) -> Iterator[tuple[Path, Outcome]]:
    """What many checkouts would become, each on its own, in the order in which they are done. Writes nothing.

    Each has a process of its own: one that is missing, crashes or takes more than `timeout` seconds ends in an error,
    and the rest goes on. jobs: how many at a time, 0 is one per core. cluster: the address of a dask scheduler whose
    workers find the checkouts under the same paths. The rest is as in `migrate`. Raises UsageError.
    """
    from tfmigrate.batch import Task

    lists = {"only": only, "include": include, "exclude": exclude}
    given = {**{key: None if value is None else list(value) for key, value in lists.items()}, "gitignore": gitignore}
    tasks = (Task(Path(os.path.abspath(checkout)), given, timeout) for checkout in checkouts)
    for task, outcome in migrate_each(tasks, jobs, cluster):
        yield task.path, outcome


def check(
    before: AnyPath,
    after: AnyPath,
    *,
    entry: str | None = None,
    run: str | None = None,
    steps: int | None = None,
    timeout: float | None = None,
    before_python: AnyPath | None = None,
    variable_map: Mapping[str, str] | None = None,
) -> Verdict:
    """Runs two programs against each other, no matter who migrated. What is not given is what pyproject.toml says.

    entry: `module:function` that returns a dict of tensors and training ops; run: a script to start instead.
    variable_map: TF1 names to Keras paths; None is the map beside `after`, if there is one. Raises UsageError.
    """
    old, new = Path(before), Path(after)
    python = None if before_python is None else Path(before_python)
    must_exist(filter(None, [old, new, python]))
    given = {"entry": entry, "run": run, "steps": steps, "timeout": timeout}
    spec = spec_for([new, old], {key: value for key, value in given.items() if value is not None})
    return check_with(old, new, spec, python, read_map(None, new) if variable_map is None else variable_map)


def audit(
    paths: AnyPath | Iterable[AnyPath],
    *,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    gitignore: bool | None = None,
) -> Audit:
    """What is already wrong or fragile in a TensorFlow 1 program, as it stands. Reads, runs and writes nothing.

    select, ignore: codes, or how they begin; only these findings, or not these. include, exclude, gitignore: as
    `migrate` has them. What is not given is what pyproject.toml says. Raises UsageError.
    """
    named = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    must_exist(named)
    given = {"select": select, "ignore": ignore, "include": include, "exclude": exclude, "gitignore": gitignore}
    return audit_with(named, given)


def must_exist(paths: Iterable[Path]) -> None:
    """Raises UsageError."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or directory: {path}")


# --- what both are made of, for the command line


def options(
    paths: Sequence[Path],
    with_callers: bool,
    jobs: int,
    given: Mapping[str, Any],
    in_place: bool = False,
    cache: bool = False,
) -> Options:
    """What the pipeline is to do. given: only, include, exclude, gitignore, each None if unsaid. Raises UsageError."""
    from tfmigrate.configured import ConfigurationError, configured

    try:
        wanted, choice = configured(paths, given)
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    if wanted:
        from tfmigrate.report import page

        known = page.transforms()
        for name in wanted:
            if name not in known:
                raise UsageError(f"no transform is called {name!r}; there are {', '.join(known) or 'none'}")
    from tfmigrate.pipeline import Options

    if EXPLICIT_REUSE in wanted and len(wanted) > 1:
        raise UsageError(f"{EXPLICIT_REUSE} is for programs that stay on TensorFlow 1; it runs alone")
    return Options(with_callers=with_callers, only=wanted, jobs=jobs, in_place=in_place, choice=choice, cache=cache)


def audit_with(paths: Sequence[Path], given: Mapping[str, Any]) -> Audit:
    """given: select, ignore, include, exclude, gitignore, each None if unsaid. Raises UsageError."""
    from tfmigrate.configured import ConfigurationError, configured, configured_codes
    from tfmigrate.finding import of_audit
    from tfmigrate.pipeline import audit as run

    try:
        _, choice = configured(paths, {"only": None, **given})
        codes = configured_codes(paths, given, of_audit())
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    return run(paths, choice, codes)


def migrate_with(paths: Sequence[Path], options: Options) -> Migration:
    """The variable map is one more change. Raises UsageError."""
    from tfmigrate.pipeline import migrate as run

    return with_map(run(paths, options), paths)


def with_map(migration: Migration, paths: Sequence[Path]) -> Migration:
    """The map lies at the top of what was named; one of an earlier run is added to. Raises UsageError."""
    if not migration.variable_map:
        return migration
    return replace(migration, changes=(*migration.changes, *map_change(migration, paths)))


def map_change(migration: Migration, paths: Sequence[Path]) -> list[FileChange]:
    from tfmigrate import source
    from tfmigrate.report import variable_map

    root = source.common_root(paths)
    if not any(given.is_absolute() for given in paths):
        root = Path(os.path.relpath(root))  # as the other files are called
    path = root / variable_map.FILE_NAME
    try:
        old = source.read(path).text if path.exists() else None
        after = variable_map.render(migration, "{}" if old is None else old)
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    except ValueError:
        raise UsageError(f"{path} is in the way: it is not a variable map") from None
    return [] if after == old else [FileChange(path, old, after)]


def migrate_each(tasks: Iterable[Task], jobs: int, cluster: str | None) -> Iterator[tuple[Task, Outcome]]:
    """Tasks with their outcomes, as they are done. Raises UsageError."""
    from tfmigrate.batch import run
    from tfmigrate.jobs import ClusterError, crew

    try:
        with crew(jobs, cluster) as workers:
            yield from run(workers, tasks)
    except ClusterError as error:
        raise UsageError(str(error)) from None


def check_with(
    before: Path,
    after: Path,
    spec: CheckSpec,
    before_python: Path | None,
    names: Mapping[str, str],
    renamed_savers: bool = False,
) -> Verdict:
    from tfmigrate import verify

    return verify.check(
        before,
        after,
        spec=spec,
        before_python=before_python,
        variable_map=names,
        renamed_savers=renamed_savers or spec.renamed_savers,
    )


def spec_for(programs: Sequence[Path], given: Mapping[str, Any]) -> CheckSpec:
    """What the nearest pyproject.toml of the programs says, and over it what is given. Raises UsageError."""
    from tfmigrate.verify import CheckSpec, SpecError
    from tfmigrate.verify.settings import find_table

    try:
        found = find_table(programs)
    except SpecError as error:
        raise UsageError(str(error)) from None
    if found is not None:
        try:
            CheckSpec.from_table(found.values)  # what is given instead does not hide a mistake in the file
        except SpecError as error:
            raise UsageError(found.locate(error)) from None
    try:
        return CheckSpec.from_table(found.overridden_by(given) if found is not None else given)
    except SpecError as error:
        raise UsageError(str(error)) from None


def read_map(named: Path | None, after: Path) -> dict[str, str]:
    """The map of that name, else the one beside the program, if any. Raises UsageError."""
    from tfmigrate.report import variable_map

    path = named or (after if after.is_dir() else after.parent) / variable_map.FILE_NAME
    if named is None and not path.exists():
        return {}
    try:
        return variable_map.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None
