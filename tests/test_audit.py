"""The audit of the original: every rule by its fixtures, and that it is silent about all the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfmigrate import UsageError, audit
from tfmigrate.cli import main
from tfmigrate.finding import of_audit

from .fixture_cases import FIXTURES, Case, Expected, read

GROUPS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir() and any(path.glob("*/before*")))
_AUDIT = re.compile(r"#\s*audit:\s*(TFM\d{3}(?:[ ,]+TFM\d{3})*)")
PROGRAM = """\
import tensorflow as tf


def net(x):
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        return x + tf.Variable(tf.zeros([3])) + tf.get_variable("b", [3], resue=True)


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    return {"a": net(x), "b": net(x)}
"""


def _expected(case: Case) -> Iterator[Expected]:
    """What is marked, and what TF1 raises at, which is said of a migration too."""
    yield from (expected for expected in case.expected() if expected.code in of_audit())
    for path, text in read(case.before).items():
        for number, line in enumerate(text.splitlines(), start=1):
            for codes in _AUDIT.findall(line):
                yield from (Expected(path, number, code) for code in re.findall(r"TFM\d{3}", codes))


def _found(case: Case) -> Iterator[Expected]:
    root = case.before if case.before.is_dir() else case.before.parent
    for finding in audit(case.before, gitignore=False).findings:
        if finding.code in of_audit():
            yield Expected(Path(finding.path).relative_to(root).as_posix(), finding.line, finding.code)


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_found_is_what_the_fixtures_say(group: str) -> None:
    cases = [Case(folder) for folder in sorted((FIXTURES / group).iterdir()) if any(folder.glob("before*"))]
    assert {case.name: sorted(_found(case)) for case in cases} == {c.name: sorted(_expected(c)) for c in cases}


def test_every_code_is_raised_by_a_case() -> None:
    raised = {e.code for folder in (FIXTURES / "audit").iterdir() for e in _expected(Case(folder))}
    assert raised == set(of_audit())


def test_nearly_half_the_cases_say_nothing() -> None:
    cases = [Case(folder) for folder in (FIXTURES / "audit").iterdir()]
    assert len([case for case in cases if not list(_expected(case))]) >= 0.35 * len(cases)


# --- the command and the function


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("model.py")
    path.write_text(PROGRAM)
    return path


def test_the_command_says_where_and_what_to_do(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(program)]) == 1
    assert (
        capfd.readouterr().out
        == """\
model.py:6:20: TFM709 this makes one more trainable variable at each call, though net is reused
    model.py:11: made by this call
    model.py:11: and once more by this one
    Use tf.get_variable, or make the variable outside the function.

model.py:6:49: TFM710 tf.get_variable takes no argument resue, so Python raises TypeError; did you mean reuse?
    Write reuse.

2 findings (1 TFM709, 1 TFM710) in 1 file.
"""
    )


def test_nothing_to_say(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program.write_text(PROGRAM.replace("x + tf.Variable(tf.zeros([3])) + ", "x + ").replace(", resue=True", ""))
    assert main(["audit", str(program)]) == 0
    assert capfd.readouterr().out == "Nothing found in 1 file.\n"


def test_a_file_that_cannot_be_read_is_an_error(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program.write_text("import tensorflow as tf\ntf.get_variable(\n")
    assert main(["audit", str(program)]) == 2
    assert "TFM003" in capfd.readouterr().out


def test_codes_are_chosen(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def codes(*arguments: str) -> list[str]:
        main(["audit", "--format", "json", *arguments, str(program)])
        return [finding["code"] for finding in json.loads(capfd.readouterr().out)["findings"]]

    assert codes() == ["TFM709", "TFM710"]
    assert codes("--select", "TFM710") == ["TFM710"]
    assert codes("--ignore", "TFM709") == ["TFM710"]
    assert codes("--select", "TFM7", "--ignore", "TFM70", "--ignore", "TFM71") == []
    Path("pyproject.toml").write_text('[tool.tfmigrate.audit]\nignore = ["TFM710"]\n')
    assert codes() == ["TFM709"]
    assert codes("--ignore", "TFM709") == ["TFM710"]
    assert [finding.code for finding in audit(program).findings] == ["TFM709"]
    assert [finding.code for finding in audit(program, ignore=[]).findings] == ["TFM709", "TFM710"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('ignore = ["TFM201"]', "no finding of an audit is called 'TFM201'"),
        ("ignore = 3", "audit.ignore: expected a list of strings"),
        ("leave = []", "audit: expected a table of select and ignore"),
    ],
)
def test_what_makes_no_sense_is_said(program: Path, table: str, said: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.tfmigrate.audit]\n{table}\n")
    with pytest.raises(UsageError, match=said):
        audit(program)


def test_only_named_files_are_told_of(program: Path) -> None:
    Path("other.py").write_text("from model import build\n\nbuild()\n")
    assert audit("other.py").findings == ()
    assert {finding.path for finding in audit(["other.py", "model.py"]).findings} == {"model.py"}
