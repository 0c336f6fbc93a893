"""What machines are told: each form as it was agreed on, and as its own schema or the tool that takes it wants it."""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tfmigrate.commands import formats
from tfmigrate.commands.auditing import show_audit_as
from tfmigrate.commands.migrating import migrate_paths
from tfmigrate.finding import CODES, Finding, Related
from tfmigrate.model import Audit, Migration
from tfmigrate.pipeline import Options
from tfmigrate.report import as_github, as_json, as_sarif
from tfmigrate.report.locating import Located, locate
from tfmigrate.verify.verdict import Difference, SideOfVariable, Status, VariableRow, Verdict

from . import small_program

HERE = Path(__file__).parent
SARIF = json.loads((HERE / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VERSION = re.compile(r'("name": "tfmigrate",\s+"version": )"[^"]+"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the program, in which the commands run."""
    folder = tmp_path_factory.mktemp("formats")
    small_program.write(folder)
    old = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(old)


Found = tuple[Migration, formats.Sources]


@pytest.fixture(scope="module")
def found(folder: Path) -> Found:
    return migrate_paths([Path(name) for name in small_program.FILES], Options())


Golden = Callable[[str, str], None]


@pytest.fixture
def golden() -> Golden:
    def compare(name: str, text: str) -> None:
        path = HERE / "golden" / name
        text = VERSION.sub(r'\1"0"', text)
        if os.environ.get("UPDATE"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def _shown(form: str, found: Found, whole: bool, capture: pytest.CaptureFixture[bytes]) -> str:
    arguments = Namespace(format=form, paths=[Path("model.py")], command="looking:plan", quiet=False, verbose=False)
    status = formats.show_as(arguments, *found, whole=whole)
    assert status == 1
    return capture.readouterr().out.decode()


@pytest.mark.parametrize(
    ("form", "whole", "name"),
    [
        ("json", False, "plan.json"),
        ("json", True, "diff.json"),
        ("sarif", False, "plan.sarif"),
        ("github", False, "plan.github"),
        ("patch", True, "diff.patch"),
    ],
)
def test_it_is_what_was_agreed_on(
    found: Found, golden: Golden, capfdbinary: pytest.CaptureFixture[bytes], form: str, whole: bool, name: str
) -> None:
    text = _shown(form, found, whole, capfdbinary)
    assert text == _shown(form, found, whole, capfdbinary)
    golden(name, text)


# --- JSON


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(files("tfmigrate.schema").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _strict(schema: Any) -> Any:
    """With no field but those that the schema names: what is not described is not published."""
    if isinstance(schema, list):
        return [_strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _strict(inner) for key, inner in schema.items()}
    if "properties" in schema and "type" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.mark.parametrize("hunks", [False, True])
def test_json_has_the_published_form(found: Found, hunks: bool) -> None:
    jsonschema.validate(json.loads(as_json.render(found[0], hunks)), _strict(_schema("migration-1")))


def test_a_diff_without_hunks_has_not(found: Found) -> None:
    document = json.loads(as_json.render(found[0]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "kind": "diff"}, _schema("migration-1"))


def test_the_hunks_lead_from_before_to_after(found: Found) -> None:
    for change, told in zip(found[0].changes, json.loads(as_json.render(found[0], hunks=True))["changes"]):
        lines = (change.before or "").split("\n")
        for hunk in reversed(told["hunks"]):
            old, new = ([line[1:] for line in hunk["lines"] if line[0] != sign] for sign in "+-")
            first = max(hunk["before"] - 1, 0)
            assert lines[first : first + len(old)] == old
            lines[first : first + len(old)] = new
        assert "\n".join(lines) == change.after


def _row(key: str, before: str | None, after: str | None) -> VariableRow:
    sides = [SideOfVariable(key, (3, None), "float32", True, (at,)) if at else None for at in (before, after)]
    return VariableRow(key, *sides)


DIFFERENT = Verdict(
    Status.DIFFERENT,
    "count: a variable more, 50%",
    differences=(
        Difference("count", "net/w", "one variable more"),
        Difference("outputs", "y", "far away", float("nan")),
    ),
    variables=(_row("net/v", "a.py:1", "a.py:2"), _row("net/w", "a.py:3", "sub/b c.py:4"), _row("x", None, None)),
    notes=("a note",),
    biggest=("y", float("inf")),
    compared={"count": 2},
    seconds=3.0,
)
FAILED = Verdict(Status.COULD_NOT_TELL, "it did not run", tail="Traceback\nValueError: no\n", seconds=4.0)
SAME = Verdict(Status.EQUIVALENT, "all is the same", compared={"count": 2, "outputs": 1}, seconds=2.0)


@pytest.mark.parametrize("verdict", [DIFFERENT, FAILED, SAME])
def test_a_verdict_has_the_published_form(verdict: Verdict) -> None:
    document = json.loads(as_json.render_verdict(verdict), parse_constant=lambda name: pytest.fail(name))
    jsonschema.validate(document, _strict(_schema("check-1")))


@pytest.mark.parametrize(("name", "verdict"), [("different", DIFFERENT), ("failed", FAILED), ("same", SAME)])
@pytest.mark.parametrize("form", ["json", "sarif", "github", "patch"])
def test_a_verdict_is_what_was_agreed_on(
    folder: Path, golden: Golden, capfdbinary: pytest.CaptureFixture[bytes], form: str, name: str, verdict: Verdict
) -> None:
    after = folder / "after"
    after.mkdir(exist_ok=True)
    (after / "model.py").write_text((folder / "model.py").read_text().replace('"encoder"', '"code"'))
    formats.show_verdict_as(form, verdict, folder, after)
    golden(f"check-{name}.{form}", capfdbinary.readouterr().out.decode())


# --- the audit

AUDIT = Audit(
    (
        Finding("a b/c%d.py", 3, 4, "TFM101", "made twice"),
        Finding(
            "model.py",
            12,
            0,
            "TFM705",
            "one name, 100%",
            (Related("sub/o.py", 3, 8, "here"), Related("m.py", 1, 0, "ö")),
        ),
        Finding("model.py", 20, 2, "TFM003", "no Python"),
    ),
    files_read=3,
)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_an_audit_is_what_was_agreed_on(
    folder: Path, golden: Golden, capfdbinary: pytest.CaptureFixture[bytes], form: str
) -> None:
    show_audit_as(form, AUDIT)
    golden(f"audit.{form}", capfdbinary.readouterr().out.decode())


@pytest.mark.parametrize("audit", [AUDIT, Audit()])
def test_an_audit_has_the_published_form(folder: Path, audit: Audit) -> None:
    jsonschema.validate(json.loads(as_json.render_audit(audit)), _strict(_schema("audit-1")))
    jsonschema.validate(json.loads(as_sarif.render(audit.findings)), SARIF)


# --- SARIF


def test_sarif_is_valid(found: Found) -> None:
    jsonschema.validate(json.loads(as_sarif.render(found[0].findings)), SARIF)


@pytest.mark.parametrize("verdict", [DIFFERENT, FAILED, SAME])
def test_a_verdict_is_valid_sarif(verdict: Verdict, tmp_path: Path) -> None:
    jsonschema.validate(json.loads(as_sarif.render_verdict(verdict, locate(verdict, tmp_path, tmp_path))), SARIF)


def test_every_finding_there_is_makes_valid_sarif(folder: Path) -> None:
    findings = [Finding("a b/c%d.py", 1, 0, code, "m\xfcll") for code in CODES]
    log = json.loads(as_sarif.render(findings))
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(CODES)
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/c%25d.py"


def test_a_finding_is_the_same_one_on_another_line(folder: Path) -> None:
    def marks(*lines: int) -> list[str]:
        log = json.loads(as_sarif.render(Finding("a.py", line, 0, "TFM201", "m") for line in lines))
        return [result["partialFingerprints"]["tfmigrate/v1"] for result in log["runs"][0]["results"]]

    assert marks(1, 2) == marks(5, 9)
    assert len(set(marks(1, 2))) == 2


# --- GitHub


def test_what_would_end_a_command_is_escaped(folder: Path) -> None:
    text = as_github.render(Migration(findings=(Finding("a,b:c.py", 3, 4, "TFM201", "100%\r\nof ::error::"),)))
    assert text.splitlines()[0].startswith(
        "::warning file=a%2Cb%3Ac.py,line=3,col=5,title=TFM201 name cannot be known::100%25%0D%0Aof ::error::%0A"
    )
    assert len(text.splitlines()) == 2


def test_files_are_called_as_from_the_top_of_the_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    finding = Finding("a.py", 3, 4, "TFM201", "m")
    assert "file=sub/a.py," in as_github.render(Migration(findings=(finding,)))
    assert '"uri": "sub/a.py"' in as_sarif.render([finding])


def test_a_difference_shows_where_the_variable_is_read(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    before, after = tmp_path / "old.py", tmp_path / "new"
    assert locate(DIFFERENT, before, after) == [Located(str(after / "sub/b c.py"), 4), Located(None, 0)]
