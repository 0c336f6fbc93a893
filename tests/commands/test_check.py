"""`check`, with a checker that answers what the test wants."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.fake_pipeline import Run
from tfmigrate.verify import CheckSpec, Status, Verdict

Asked = list[tuple[tuple[object, ...], dict[str, object]]]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the checker was asked; it answers with the status that the entry is called."""
    asked: Asked = []

    def check(*paths: Path, spec: CheckSpec, **options: object) -> Verdict:
        asked.append((paths, {"spec": spec, **options}))
        return Verdict(Status(spec.function.replace("_", " ")), "a reason")

    monkeypatch.setattr("tfmigrate.verify.check", check)
    return asked


@pytest.mark.parametrize(("answer", "status"), [("equivalent", 0), ("different", 1), ("could_not_tell", 2)])
def test_check_ends_with_the_verdict(checked: Asked, program: Path, run: Run, answer: str, status: int) -> None:
    found, out, _ = run("check", "--entry", answer, program, program)
    assert found == status
    assert out.endswith(f"{answer.upper().replace('_', ' ')}: a reason (0 s)\n")


def test_check_takes_the_map_that_the_migration_wrote(checked: Asked, program: Path, run: Run) -> None:
    Path("copy").mkdir()
    Path("copy/tfmigrate-map.json").write_text('{"a/w": "b/w"}')
    Path("other.json").write_text('{"c/w": "d/w"}')
    run("check", "--entry", "equivalent", ".", "copy")
    run("check", "--entry", "equivalent", ".", "copy", "--map", "other.json")
    run("check", "--entry", "equivalent", ".", ".")
    assert [options["variable_map"] for _, options in checked] == [{"a/w": "b/w"}, {"c/w": "d/w"}, {}]


def test_check_is_asked_what_the_user_asks(checked: Asked, program: Path, run: Run) -> None:
    Path("copy").mkdir()
    options = ["--entry", "net:equivalent", "--steps", "5", "--timeout", "9", "--before-python", program]
    run("check", ".", "copy", *options)
    spec = CheckSpec(function="equivalent", module="net", steps=5, timeout=9.0)
    asked = {"spec": spec, "before_python": program, "variable_map": {}, "renamed_savers": False}
    assert checked == [((Path(), Path("copy")), asked)]


def test_check_for_machines(checked: Asked, program: Path, run: Run) -> None:
    _, out, _ = run("check", "--entry", "different", "--format", "json", program, program)
    assert json.loads(out)["status"] == "different"


def test_check_without_training_is_one_line(checked: Asked, program: Path, run: Run) -> None:
    status, _, err = run("check", "--steps", "0", program, program)
    assert status == 2
    assert err == "tfmigrate: error: steps: expected a number above 0\n"
    assert checked == []


def test_a_broken_map_is_one_line(checked: Asked, program: Path, run: Run) -> None:
    Path("map.json").write_text('{"a": 1}')
    assert run("check", program, program, "--map", "map.json") == (
        2,
        "",
        "tfmigrate: error: map.json: not a variable map\n",
    )
    assert checked == []
