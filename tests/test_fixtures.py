"""Every case of `fixtures/` is checked five ways. `UPDATE=1 pytest tests/test_fixtures.py` rewrites the after sides."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tfmigrate.finding import CODES, Severity
from tfmigrate.model import Migration
from tfmigrate.pipeline import Options, migrate
from tfmigrate.verify import Case as Pair
from tfmigrate.verify import Status, Verdict, check_many

from .fixture_cases import Case, Expected, Files, as_after, collect, has_build, read, write

UPDATE = os.environ.get("UPDATE") == "1"
TF1_PYTHON = os.environ.get("TFMIGRATE_TF1_PYTHON")
"""An interpreter that has TensorFlow 1.15: with it the before sides run there, otherwise under compat.v1."""

CASES = collect()
CHANGING = [case for case in CASES if not case.must_not_change]
RUNNABLE = [case for case in CHANGING if has_build(read(case.before))]


@dataclass(frozen=True)
class Run:
    """One migration of one case: `program` is the copy that was migrated, `files` what it would be afterwards."""

    program: Path
    migration: Migration
    files: Files

    @property
    def changed(self) -> bool:
        return bool(self.migration.changes)

    @property
    def root(self) -> Path:
        return self.program if self.program.is_dir() else self.program.parent


def run(program: Path, options: Options) -> Run:
    migration = migrate([program], options)
    files = read(program)
    root = program if program.is_dir() else program.parent
    for change in migration.changes:
        files[change.path.resolve().relative_to(root.resolve()).as_posix()] = change.after
    return Run(program, migration, files)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Run]:
    """Migrates a case, once."""
    known: dict[Case, Run] = {}

    def of(case: Case) -> Run:
        if case not in known:
            known[case] = run(case.copy_before(tmp_path_factory.mktemp("case") / "program"), Options(only=case.only))
        return known[case]

    return of


# the checks of one case go to one worker of pytest-xdist, which migrates it once
each_case = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=pytest.mark.xdist_group(case.name)) for case in CASES]
)


@each_case
def test_text(case: Case, runs: Callable[[Case], Run]) -> None:
    result = runs(case)
    files = as_after(result.files) if result.changed else {}
    if UPDATE and not case.must_not_change:
        case.write_after(files)
    after = read(case.after) if case.after else {}
    assert after or case.must_not_change, "there is no after side: UPDATE=1 writes it, then look at it"
    assert files == after


@each_case
def test_findings(case: Case, runs: Callable[[Case], Run]) -> None:
    result = runs(case)
    root = result.root.resolve()
    findings = sorted(
        Expected(Path(finding.path).resolve().relative_to(root).as_posix(), finding.line, finding.code)
        for finding in result.migration.findings
    )
    assert findings == case.expected(), "\n".join(f.message for f in result.migration.findings)


@each_case
def test_output_parses(case: Case, runs: Callable[[Case], Run]) -> None:
    for change in runs(case).migration.changes:
        ast.parse(change.after, str(change.path))


@each_case
def test_second_run_changes_nothing(case: Case, runs: Callable[[Case], Run], tmp_path: Path) -> None:
    first = runs(case)
    if not first.changed:
        pytest.skip("the first run changes nothing")
    write(first.files, tmp_path / "again")
    program = tmp_path / "again" if first.program.is_dir() else tmp_path / "again" / first.program.name
    assert not run(program, Options(only=case.only)).migration.changes


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, runs: Callable[[Case], Run], tmp_path_factory: pytest.TempPathFactory
) -> dict[Case, Verdict]:
    """Both sides of the selected cases in one batch: two processes in all, not two for every case."""
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    mine = [item for item in functions if item.function is test_both_sides_run_equal]
    selected = {item.callspec.params["case"] for item in mine}
    changed = [case for case in RUNNABLE if case in selected and runs(case).changed]
    pairs = []
    for case in changed:
        after = tmp_path_factory.mktemp("after")
        write(runs(case).files, after)
        result = runs(case)
        variable_map = result.migration.variable_map
        pairs.append(Pair(result.root / "before.py", after / "before.py", case.name, variable_map=variable_map))
    python = Path(TF1_PYTHON) if TF1_PYTHON else None
    return dict(zip(changed, check_many(pairs, before_python=python), strict=True))


# One worker of pytest-xdist runs all of these (`--dist loadgroup`), so that there is one batch.
@pytest.mark.xdist_group("tensorflow")
@pytest.mark.tensorflow
@pytest.mark.parametrize("case", RUNNABLE, ids=lambda case: case.name)
def test_both_sides_run_equal(case: Case, verdicts: dict[Case, Verdict]) -> None:
    assert case in verdicts, "nothing was migrated"
    verdict = verdicts[case]
    said = "\n".join([verdict.reason, *map(str, verdict.differences), verdict.tail])
    assert verdict.status is Status.EQUIVALENT, said


# --- the set as a whole


def test_names_tell_whether_a_case_changes() -> None:
    assert [case.name for case in CASES if case.must_not_change and case.after] == []


def test_every_refusing_case_says_where() -> None:
    refusing = [case for case in CASES if case.folder.name.startswith("refuses_")]
    assert [case.name for case in refusing if not case.expected()] == []


def test_every_leaving_case_is_silent() -> None:
    leaving = [case for case in CASES if case.folder.name.startswith("leaves_")]
    assert [case.name for case in leaving if case.expected()] == []


def test_nearly_half_the_cases_say_no() -> None:
    assert len([case for case in CASES if case.must_not_change]) >= 0.4 * len(CASES)


def test_every_refusal_is_raised_by_a_case() -> None:
    raised = {expected.code for case in CASES for expected in case.expected()}
    refusals = {code for code, row in CODES.items() if row.severity in (Severity.REFUSED, Severity.REVIEW)}
    # only when some files of a program are named, when rounds run out, or when what it does is checked:
    # test_pipeline.py, test_settling.py, test_refuting.py
    by_commands = {"TFM308", "TFM309", "TFM905"}
    # of files that have to stay, and of Python 2: test_staying.py, test_python2.py
    by_commands |= {"TFM009", "TFM010", "TFM011", "TFM012", "TFM310"}
    assert refusals - by_commands - raised == set()
    assert raised - set(CODES) == set()
