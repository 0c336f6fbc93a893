"""The plan as text; the whole of it is tested in tests/commands."""

from __future__ import annotations

import pytest

from tfmigrate.finding import CODES, Code, Finding, Severity
from tfmigrate.model import Migration, Place, SharingGroup, State, Variable
from tfmigrate.report import as_json, terminal, variable_map


def _group(scope: str, state: State = State.MIGRATED, *names: str) -> SharingGroup:
    variables = tuple(Variable(name, ("2",), initializer="tf.constant_initializer(\n    0.0)") for name in names)
    return SharingGroup(scope, "Layer", "build", Place("a.py", 1), (), variables, state)


def test_the_totals_count_a_shared_variable_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODES, "TFM298", Code(Severity.REVIEW, "", "", ""))
    monkeypatch.setitem(CODES, "TFM299", Code(Severity.REFUSED, "", "", ""))
    migration = Migration(
        groups=(_group("a", State.MIGRATED, "a/w", "t"), _group("b", State.REFUSED, "b/w", "t")),
        findings=tuple(Finding("a.py", line, 0, code, "") for line, code in enumerate(["TFM299", "TFM298", "TFM299"])),
        files_read=1,
    )
    assert terminal.totals(migration) == (
        "2 sharing groups: 1 migrated, 1 refused (2 TFM299). 3 variable names. 0 of 1 file change."
    )


def test_a_variable_is_one_line_and_the_root_scope_has_a_name() -> None:
    text = terminal.render(Migration(groups=(_group("", State.MIGRATED, "w"),)))
    assert text.startswith("(no scope)  migrated\n")
    assert "w  (2)  float32, tf.constant_initializer( 0.0)\n" in text


def test_json_is_the_same_every_time_and_keeps_every_letter() -> None:
    migration = Migration(groups=(_group("gr\xf6\xdfe", State.MIGRATED, "w"),), variable_map={"b": "1", "a": "2"})
    assert as_json.render(migration) == as_json.render(migration)
    assert "gr\xf6\xdfe" in as_json.render(migration)


def test_the_map_wins_over_the_older_one_and_is_sorted() -> None:
    text = variable_map.render(Migration(variable_map={"b": "new"}), '{"b": "old", "c": "kept", "a": "kept"}')
    assert text == '{\n  "a": "kept",\n  "b": "new",\n  "c": "kept"\n}\n'


def test_another_files_text_is_no_map() -> None:
    with pytest.raises(ValueError, match="not a variable map"):
        variable_map.render(Migration(variable_map={"b": "new"}), "[]")
