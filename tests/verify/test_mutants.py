"""A checker that can't fail is worthless: every wrong migration is rejected, for the right reason."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from tfmigrate.verify import KINDS, Status, Verdict, check_many

from .mutants import MUTANTS, Mutant
from .pairs import NAMES, case

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutants.md"

# one batch: starting TensorFlow takes longer than five of the cases
pytestmark = pytest.mark.xdist_group("verify")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Of all mutants and all right migrations, by name."""
    cases = [case(name) for name in NAMES]
    for mutant in MUTANTS:
        after = tmp_path_factory.mktemp("mutant") / "after.py"
        after.write_text(mutant.text(), encoding="utf-8")
        cases.append(replace(case(mutant.pair, after), name=mutant.name))
    return {verdict.name: verdict for verdict in check_many(cases)}


@pytest.mark.tensorflow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_is_rejected_for_the_right_reason(mutant: Mutant, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[mutant.name]
    assert verdict.status is Status.DIFFERENT, f"{verdict.reason}\n{verdict.tail}"
    assert verdict.differences[0].kind == mutant.expected, "\n".join(map(str, verdict.differences[:5]))
    assert mutant.says in str(verdict.differences[0])


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", NAMES)
def test_a_right_migration_is_accepted(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[name]
    assert verdict.status is Status.EQUIVALENT, "\n".join([verdict.reason, *map(str, verdict.differences)])
    assert {"initial", "outputs", "gradients", "checkpoint", "training"} <= set(verdict.compared)
    assert all(row.before and row.after and row.after.readers for row in verdict.variables if row.key.endswith("/w"))


@pytest.mark.tensorflow
def test_the_only_deviation_that_is_accepted_is_named(verdicts: dict[str, Verdict]) -> None:
    assert [name for name in NAMES if any("Bessel" in note for note in verdicts[name].notes)] == ["normalised"]


def test_the_catalogue_is_large_enough() -> None:
    assert len(MUTANTS) >= 40
    assert len({mutant.mistake for mutant in MUTANTS}) >= 12
    assert not [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1]


def test_every_right_migration_has_wrong_ones() -> None:
    assert {mutant.pair for mutant in MUTANTS} == set(NAMES)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_another_program(mutant: Mutant) -> None:
    compile(mutant.text(), "after.py", "exec")
    assert mutant.expected in KINDS


def test_the_page_is_current() -> None:
    if os.environ.get("UPDATE") == "1":
        PAGE.write_text(_page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == _page(), "UPDATE=1 pytest tests/verify/test_mutants.py writes it"


def _page() -> str:
    ordered = sorted(MUTANTS, key=lambda mutant: mutant.mistake)
    kinds = len({mutant.mistake for mutant in MUTANTS})
    lines = [
        "# Wrong migrations that the checker must reject",
        "",
        f"Made from `tests/verify/mutants.py`: {len(MUTANTS)} mutants of {kinds} kinds of mistake, applied to right",
        "migrations in `fixtures/verify/`. A test runs all of them: each must come out as *different*, with the first",
        "difference named here. The right migrations must come out as *equivalent*.",
    ]
    for mistake, mutants in groupby(ordered, key=lambda mutant: mutant.mistake):
        lines += ["", f"## {mistake[0].upper()}{mistake[1:]}", "", "| program | mistake | rejected for | which means |"]
        lines.append("|---|---|---|---|")
        lines += [f"| {m.pair} | {m.what} | {m.expected} | {KINDS[m.expected]} |" for m in mutants]
    return "\n".join(lines) + "\n"
