"""`apply --check` as a command, with a checker that reads the scratch copy instead of running it."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.small_programs import TWO_PARTS
from tfmigrate import pipeline, rewrite, settling
from tfmigrate.cli import main
from tfmigrate.verify import CheckSpec, Difference, SideOfVariable, Status, VariableRow, Verdict

WRONG = 'name="b", shape=[3], initializer="ones")'


@dataclass
class Checker:
    """Calls a wrong initialiser different; `answer` overrides that."""

    answer: Status | None = None
    variables: tuple[str, ...] = ("encoder/w", "decoder/w", "decoder/b")
    asked: list[tuple[Path, Path, CheckSpec, object]] = field(default_factory=list)
    copies: list[list[str]] = field(default_factory=list)
    renamed_savers: bool = False

    def __call__(
        self,
        before: Path,
        after: Path,
        *,
        spec: CheckSpec,
        before_python: Path | None,
        variable_map: object,
        renamed_savers: bool,
    ) -> Verdict:
        self.renamed_savers = renamed_savers
        self.asked.append((before, after, spec, before_python))
        folder = after if after.is_dir() else after.parent
        self.copies.append(sorted(os.listdir(folder)))
        side = SideOfVariable("", None, "float32", True, ())
        rows = tuple(VariableRow(key, side, side) for key in self.variables)
        wrong = any(WRONG in file.read_text() for file in folder.glob("*.py"))
        status = self.answer or (Status.DIFFERENT if wrong else Status.EQUIVALENT)
        first = Difference("initial", "decoder/b", "decoder/b starts as 0 before and as 1 after")
        differences = (first,) if status is Status.DIFFERENT else ()
        return Verdict(status, "a reason", differences=differences, variables=rows)


@pytest.fixture
def checker(monkeypatch: pytest.MonkeyPatch) -> Checker:
    fake = Checker()
    monkeypatch.setattr("tfmigrate.verify.check", fake)
    return fake


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "model.py").write_text(TWO_PARTS)
    (folder / "weights.bin").write_bytes(b"0" * 2**21)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two layers is emitted with an initialiser that the original does not have."""
    real = rewrite.rewrite
    right = 'name="b", shape=[3])'
    monkeypatch.setattr(settling, "rewrite", lambda text, *rest: real(text, *rest).replace(right, WRONG))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["apply", "--check", *map(str, arguments)])
        return status, *capfd.readouterr()

    return call


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_passed_is_written(checker: Checker, program: Path, run: Run) -> None:
    status, out, err = run("program")
    assert (status, err) == (0, "")
    assert out.startswith("EQUIVALENT: a reason")
    assert out.endswith("Changed 1 file.\n")
    assert "class Decoder" in (program / "model.py").read_text()
    [(before, after, _, _)] = checker.asked
    assert before == program
    assert after.name == "program"
    assert not after.exists()
    assert checker.copies == [["model.py", "weights.bin"]]


def test_a_refuted_cluster_stays_and_the_rest_is_written(
    checker: Checker, program: Path, run: Run, mistaken: None
) -> None:
    status, out, err = run("program")
    text = (program / "model.py").read_text()
    assert status == 1
    assert "class Encoder(keras.layers.Layer)" in text
    assert TWO_PARTS[TWO_PARTS.index("def decoder") : TWO_PARTS.index("def build")] in text
    assert "2 sharing groups: 1 migrated, 1 refused (1 TFM904)" in out
    assert err.startswith(
        "program/model.py:9:1: TFM904 migrated, decoder does something else: "
        "initial: decoder/b starts as 0 before and as 1 after\n"
    )
    assert len(checker.asked) == 2


def test_a_refuted_cluster_is_left_out_of_a_copy_too(checker: Checker, program: Path, run: Run, mistaken: None) -> None:
    before = state(program)
    assert run("program", "--out", "copy")[0] == 1
    assert state(program) == before
    assert "class Encoder" in Path("copy/model.py").read_text()
    assert "def decoder" in Path("copy/model.py").read_text()
    assert not Path("copy/weights.bin").is_symlink()


@pytest.mark.parametrize("out", [(), ("--out", "copy")])
def test_what_could_not_be_told_is_not_written(checker: Checker, program: Path, run: Run, out: tuple[str, ...]) -> None:
    checker.answer = Status.COULD_NOT_TELL
    before = state(program)
    status, shown, err = run("program", *out)
    assert status == 2
    assert "COULD NOT TELL: a reason" in shown
    assert err.startswith("tfmigrate: error: nothing was written: it could not be told")
    assert state(program) == before
    assert not Path("copy").exists()


def test_where_all_is_refuted_nothing_is_written(checker: Checker, program: Path, run: Run) -> None:
    checker.answer = Status.DIFFERENT
    checker.variables = ()
    before = state(program)
    status, shown, err = run("program")
    assert status == 1
    assert shown.endswith("Nothing to change.\n")
    assert err.count("TFM904") == 2
    assert state(program) == before


def test_what_the_check_did_not_reach_stays(checker: Checker, program: Path, run: Run) -> None:
    checker.variables = ("encoder/w",)
    status, _, err = run("program")
    assert status == 1
    assert "program/model.py:9:1: TFM905 the check ran nothing of decoder" in err
    assert "class Encoder" in (program / "model.py").read_text()
    assert "def decoder" in (program / "model.py").read_text()


def test_a_check_that_reaches_nothing_is_none(checker: Checker, program: Path, run: Run) -> None:
    checker.variables = ()
    before = state(program)
    status, _, err = run("program")
    assert status == 2
    assert "nothing was written: the check ran nothing of what would change" in err
    assert state(program) == before


def test_what_a_finding_says_of_a_saver_is_not_refuted(checker: Checker, program: Path, run: Run) -> None:
    run("program", "--out", "copy")
    assert not checker.renamed_savers
    training = "    tf.train.AdamOptimizer().minimize(decoder(h))\n    saver = tf.train.Saver()\n    return"
    (program / "model.py").write_text(TWO_PARTS.replace("    return {", f"{training} {{"))
    status, _, err = run("program")
    assert (status, checker.renamed_savers) == (1, True), err
    assert "TFM604" in err


def test_a_file_is_run_itself_beside_what_lies_with_it(checker: Checker, program: Path, run: Run) -> None:
    assert run("program/model.py")[0] == 0
    before, after, *_ = checker.asked[0]
    assert before == program / "model.py"
    assert after.name == "model.py"
    assert checker.copies == [["model.py", "weights.bin"]]


def test_options_reach_the_check(checker: Checker, program: Path, run: Run) -> None:
    python = Path("python")
    python.touch()
    (program / "pyproject.toml").write_text("[tool.tfmigrate.check]\nsteps = 2\ntimeout = 7\n")
    run("program", "--entry", "model:build", "--timeout", "9", "--before-python", "python")
    _, _, spec, given = checker.asked[0]
    assert (spec.module, spec.function, spec.steps, spec.timeout) == ("model", "build", 2, 9.0)
    assert given == python


def test_a_mistake_outside_of_all_layers_is_told(
    checker: Checker, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program / "model.py").write_text(TWO_PARTS + "\n\nsaver = tf.train.Saver\n")
    checker.answer = Status.DIFFERENT
    checker.variables = ()
    real = pipeline.migrate
    monkeypatch.setattr(pipeline, "migrate", lambda *given: replace(real(*given), clusters=()))
    before = state(program)
    status, shown, err = run("program")
    assert status == 2
    assert "DIFFERENT: a reason" in shown
    assert err.endswith("nothing was written: the two sides differ, whatever part of the migration is left out\n")
    assert state(program) == before


@pytest.mark.parametrize("option", [("--entry", "a:b"), ("--run", "x.py"), ("--steps", "2"), ("--timeout", "3")])
def test_how_to_check_needs_a_check(program: Path, option: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "program", *option]) == 2
    assert capfd.readouterr().err == f"tfmigrate: error: {option[0]} says how to check, so it needs --check\n"
    assert (program / "model.py").read_text() == TWO_PARTS


def test_nothing_to_do_needs_no_check(checker: Checker, program: Path, run: Run) -> None:
    (program / "model.py").write_text("print(1)\n")
    assert run("program")[0] == 0
    assert checker.asked == []


def test_a_python_2_program_is_checked_as_what_it_becomes_first(
    checker: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.py").write_text(TWO_PARTS + "\n\nprint 'ready'\n")
    monkeypatch.chdir(tmp_path)
    seen: list[str] = []

    def check(before: Path, after: Path, **rest: Any) -> Verdict:
        for side in (before, after):
            text = (side if side.is_file() else side / "model.py").read_text()
            ast.parse(text)
            seen.append(text)
        return checker(before, after, **rest)

    monkeypatch.setattr("tfmigrate.verify.check", check)
    main(["apply", "--check", "."])
    old, new = seen[:2]
    assert old == TWO_PARTS + "\n\nprint('ready')\n"
    assert "keras" in new
    assert (tmp_path / "model.py").read_text() == new
