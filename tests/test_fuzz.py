"""Inputs that nobody would write. For hours by hand: `python benchmarks/fuzz.py --count 100000`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fuzz import signature
from fuzzing import judging
from fuzzing.inputs import BYSTANDER, Input, Material, make
from fuzzing.judging import judge
from fuzzing.layouts import BREAKS, LAYOUTS
from fuzzing.mutations import STRUCTURAL, Mutation
from fuzzing.pieces import parsed, pieces_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_tf1.choices import Choices

from tests.small_programs import shared
from tfmigrate.finding import Finding
from tfmigrate.model import Cluster, FileChange, Migration
from tfmigrate.pipeline import Options

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
MATERIAL = Material.read([FIXTURES / name for name in ("functions", "methods", "reuse", "modules")], longest=3000)


# Hypothesis shows the smallest input for which something does not hold.
@settings(max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_comes_nothing_breaks(data: st.DataObject) -> None:
    made = make(Choices(lambda bound: data.draw(st.integers(0, bound - 1))), MATERIAL)
    with tempfile.TemporaryDirectory() as folder:
        judged = judge(made, Path(folder) / "input")
    assert judged.outcome != "wrong", (judged.why, made)


def test_a_seed_gives_the_same_input() -> None:
    assert make(Choices.seeded(3), MATERIAL) == make(Choices.seeded(3), MATERIAL)
    choices = Choices.seeded(5)
    assert make(choices, MATERIAL) == make(Choices.replayed(choices.made), MATERIAL)


@pytest.mark.parametrize("mutation", STRUCTURAL)
def test_a_changed_program_is_another_one_and_often_python(mutation: Mutation) -> None:
    texts = [text for program in MATERIAL.programs[:30] for text in program.values()]
    changed = []
    for number, text in enumerate(texts):
        pieces = pieces_of(text)
        if pieces is not None and pieces.statements:
            changed += [(text, mutation(Choices.seeded(number), pieces, MATERIAL.stock))]
    different = [after for before, after in changed if after != before]
    assert different
    assert any(parsed(text) is not None for text in different)


def test_layouts_and_breaks_take_every_text() -> None:
    for number, text in enumerate(["", "x", shared("net"), "# é\n"]):
        for layout in LAYOUTS:
            for break_ in BREAKS:
                assert isinstance(break_(Choices.seeded(number), layout(Choices.seeded(number), text)), bytes)


# --- what judges them


def _judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Callable[[Path], Migration], named: str | None = None
) -> str:
    made = Input({"net.py": shared("net").encode(), "other.py": b"x = 1\n", BYSTANDER: b"y = 1\n"}, named, False, ())

    def migrate(paths: Sequence[Path], options: Options) -> Migration:
        return fake(tmp_path / "input")

    monkeypatch.setattr(judging, "migrate", migrate)
    judged = judge(made, tmp_path / "input")
    assert judged.outcome == "wrong"
    return judged.why


def _changing(folder: Path, name: str = "net.py", after: str = "x = 2\n", clusters: bool = True) -> Migration:
    path = folder / name
    before = path.read_text() if path.exists() else None
    return Migration((FileChange(path, before, after),), clusters=(Cluster("net", (), frozenset()),) * clusters)


def test_what_must_hold_is_missed_where_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(folder: Path) -> Migration:
        raise KeyError("lost")

    def writes(folder: Path) -> Migration:
        (folder / "net.py").write_text("")
        return Migration()

    def loops(folder: Path) -> Migration:
        while True:
            pass

    def told(folder: Path) -> Migration:
        return Migration(findings=(Finding(str(folder / "net.py"), 1, 0, "TFM903", "KeyError: 'lost'"),))

    def ever(folder: Path) -> Migration:
        return _changing(folder, after=f"x = {time.monotonic_ns()}\n")

    cases: list[tuple[Callable[[Path], Migration], str | None, str]] = [
        (fails, None, "crash: KeyError: 'lost'"),
        (told, None, "crash: KeyError: 'lost'"),
        (writes, None, "files were written"),
        (loops, None, "hang"),
        (ever, None, "a second run changes something"),
        (lambda folder: _changing(folder, "new.py"), None, "a file changes that does not exist"),
        (lambda folder: _changing(folder, BYSTANDER), None, "a bystander changes"),
        (lambda folder: _changing(folder, "other.py"), "net.py", "a file changes that was not named"),
        (lambda folder: _changing(folder, clusters=False), None, "something changes and nothing migrates"),
        (lambda folder: _changing(folder, after="x = (\n"), None, "no Python"),
        (lambda folder: _changing(folder, after="def f(a, a): pass\n"), None, "no Python"),
        (lambda folder: _changing(folder, after="x = 1\r\n"), None, "what is written is read as something else"),
    ]
    monkeypatch.setattr(judging, "LONGEST", 0.3)
    for number, (fake, named, why) in enumerate(cases):
        assert _judged(tmp_path / str(number), monkeypatch, fake, named).startswith(why)


def test_mistakes_are_told_apart_by_what_they_say() -> None:
    assert signature("crash: KeyError: 'a' (x.py:3)") == signature("crash: KeyError: 'b' (x.py:4)")
    assert signature("crash: KeyError: 'a' (x.py:3)") != signature("crash: KeyError: 'a' (y.py:3)")
