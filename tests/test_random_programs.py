"""Random TF1 programs: nothing comes out wrong. For hours by hand: `python benchmarks/random_programs.py`."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_tf1.choices import Choices
from random_tf1.constructs import CONSTRUCTS, constructs_of
from random_tf1.judging import Judged, analyse, compared, run
from random_tf1.programs import write_program
from random_tf1.results import Result, Results
from random_tf1.shrinking import shrink

SEEDS = range(7_000_000, 7_000_040)


def judged(choices: Choices, folder: Path, name: str = "program") -> Judged:
    return analyse(name, write_program(choices), folder / name)


# Hypothesis shows the smallest program that comes out wrong.
@settings(max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_program_is_rewritten_wrongly(data: st.DataObject) -> None:
    choices = Choices(lambda bound: data.draw(st.integers(0, bound - 1)))
    with tempfile.TemporaryDirectory() as folder:
        result = judged(choices, Path(folder))
        assert result.outcome != "wrong", "\n".join([result.why, *result.files.values()])


# One worker of pytest-xdist runs all that starts TensorFlow (`--dist loadgroup`).
@pytest.mark.xdist_group("tensorflow")
@pytest.mark.tensorflow
def test_both_sides_of_every_program_run_equal(tmp_path: Path) -> None:
    batch = [judged(Choices.seeded(seed), tmp_path, str(seed)) for seed in SEEDS]
    run([each for each in batch if each.migration is not None and each.migration.changes], tmp_path)
    assert [(each.name, each.why) for each in batch if each.outcome == "wrong"] == []
    assert len([each for each in batch if each.outcome == "migrated"]) >= len(batch) // 4


# --- the generator and what judges it


def test_a_seed_gives_the_same_program() -> None:
    assert write_program(Choices.seeded(3)) == write_program(Choices.seeded(3))


def test_decisions_can_be_played_again() -> None:
    choices = Choices.seeded(5)
    files = write_program(choices)
    assert write_program(Choices.replayed(choices.made)) == files


def test_every_program_is_python() -> None:
    for seed in range(50):
        for name, text in write_program(Choices.seeded(seed)).items():
            compile(text, name, "exec")


def test_every_construct_of_the_table_is_generated() -> None:
    found: Counter[str] = Counter()
    for seed in range(1000):
        found.update(constructs_of(write_program(Choices.seeded(seed))))
    assert [name for name in CONSTRUCTS if found[name] < 3] == []


def test_a_run_goes_on_where_it_stood(tmp_path: Path) -> None:
    result = Result(7_000_001, "partly", False, "", ["get_variable"], ["TFM401: not known"])
    Results(tmp_path / "results").add([result])
    again = Results(tmp_path / "results")
    assert again.rows == [result]
    assert again.missing([7_000_000, 7_000_001]) == [7_000_000]
    again.add([Result(7_000_000, "migrated", False, "", ["get_variable"])])
    assert list(again.summary("7"))[-1].startswith("| 7 | 2 | analysis only | 1 (50.0%) | 1 (50.0%) |")
    assert "| get_variable | 2 | 1 (50%) | 1 | 0 | 0 |" in list(again.constructs())
    assert list(again.refusals()) == ["TFM401 in 1 programs", "    1 TFM401: not known [7000001]"]


def test_what_fails_is_made_smaller() -> None:
    made = Choices.seeded(11)
    write_program(made)

    def judge(candidates: object) -> list[tuple[bool, list[int], int]]:
        assert isinstance(candidates, list)
        found = []
        for candidate in candidates:
            choices = Choices.replayed(candidate)
            text = "".join(write_program(choices).values())
            found.append(("tf.layers" in text, choices.made, len(text)))
        return found

    smallest = "".join(write_program(Choices.replayed(shrink(made.made, judge))).values())
    assert "tf.layers" in smallest
    assert len(smallest.splitlines()) < 20


@pytest.mark.parametrize(
    ("symbolic", "made", "difference"),
    [
        ([("a/w", ("8", "4"))], [("a/w", (8, 4))], ""),
        ([("a/{i}/w", None)], [("a/0/w", (2,)), ("a/1/w", (2,))], ""),
        ([("a/w", ("x.shape[-1]", "4"))], [("a/w", (8, 4)), ("a/w/Adam", (8, 4)), ("beta1_power", ())], ""),
        ([("a/w", ("8", "4"))], [("a/w", (8, 3))], "TensorFlow makes a/w (8, 3), the analysis ('8', '4')"),
        ([("a/w", None)], [("b/w", None)], "TensorFlow makes b/w, the analysis does not"),
        ([("a/w", None), ("b/w", None)], [("a/w", None)], "the analysis makes b/w, TensorFlow does not"),
    ],
)
def test_inventories_are_compared(
    symbolic: list[tuple[str, tuple[str, ...] | None]], made: list[tuple[str, tuple[int, ...] | None]], difference: str
) -> None:
    assert compared(symbolic, made) == difference
