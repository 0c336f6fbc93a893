"""What `tfmigrate check` says about each of the three answers."""

from __future__ import annotations

from tfmigrate.report import verdict
from tfmigrate.verify import KINDS, Difference, SideOfVariable, Status, VariableRow, Verdict


def _side(*readers: str) -> SideOfVariable:
    return SideOfVariable("net/w", (4, 2), "float32", True, readers)


def test_equal_sides_show_what_was_compared() -> None:
    row = VariableRow("net/w", _side("before.py:5", "before.py:7", "ops.py:2"), _side("after.py:6"))
    text = verdict.render(
        Verdict(
            Status.EQUIVALENT,
            "all the same",
            variables=(row,),
            compared={"outputs": 3, "checkpoint": 1},
            biggest=("output/y", 1.5e-7),
            notes=("a note",),
            seconds=3.6,
        )
    )
    lines = text.splitlines()
    assert lines[0] == "variable  shape   read before at            read after at"
    assert lines[1] == "net/w     (4, 2)  before.py:5, 7; ops.py:2  after.py:6"
    assert [line.split()[0] for line in lines if "  same" in line] == ["outputs", "checkpoint"]
    assert [line.split()[0] for line in lines if "nothing to compare" in line] == [
        kind for kind in KINDS if kind not in ("outputs", "checkpoint")
    ]
    assert "outputs         same  3 compared" in lines
    assert "largest relative deviation: 1.5e-07 (output/y)" in lines
    assert lines[-2:] == ["note: a note", "EQUIVALENT: all the same (4 s)"]


def test_a_difference_is_named_and_nothing_is_called_the_same() -> None:
    rows = (VariableRow("net/w", _side("before.py:5"), None), VariableRow("net/v", None, _side()))
    text = verdict.render(
        Verdict(
            Status.DIFFERENT,
            "count: one is lost",
            differences=(Difference("count", "net/w", "1, then 0"),),
            variables=rows,
        )
    )
    assert "net/w     (4, 2)  before.py:5     MISSING\n" in text
    assert "net/v     (4, 2)  MISSING         -\n" in text
    assert "count: 1, then 0\n" in text
    assert "  same" not in text
    assert text.endswith("DIFFERENT: count: one is lost (0 s)\n")


def test_when_nothing_could_be_told_the_end_of_the_output_is_shown() -> None:
    text = verdict.render(Verdict(Status.COULD_NOT_TELL, "it failed", tail="Traceback\nValueError: no\n"))
    assert text == "Traceback\nValueError: no\nCOULD NOT TELL: it failed (0 s)\n"
