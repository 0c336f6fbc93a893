"""The Markdown of a job's summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.finding import Finding
from tfmigrate.model import Migration, Place, SharingGroup, State, Variable
from tfmigrate.report import summary
from tfmigrate.verify import Difference, SideOfVariable, Status, VariableRow, Verdict

GROUP = SharingGroup(
    scope="disc",
    layer="Disc",
    owner="build",
    creates=Place("gan.py", 12),
    reuses=(Place("gan.py", 13), Place("gan.py", 15)),
    variables=(Variable("disc/w", ("x.shape[-1]", "4")), Variable("disc/b", None, "float64", trainable=False)),
    state=State.MIGRATED,
)
PLAN = """\
## tfmigrate: plan

1 sharing group: 1 migrated (1 TFM201). 2 variable names. 0 of 3 files change.

| scope | state | becomes | created | shared |
| --- | --- | --- | --- | --- |
| `disc` | migrated | `Disc`, held by `build` | `gan.py:12` | gan.py:13, 15 |

<details><summary>2 variables</summary>

| TF1 name | Keras path | shape | dtype | trainable |
| --- | --- | --- | --- | --- |
| `disc/w` | `disc/kernel` | `(x.shape[-1], 4)` | float32 | yes |
| `disc/b` | `disc/b` | `?` | float64 | no |

</details>

<details><summary>1 finding</summary>

| where | code | what | what to do |
| --- | --- | --- | --- |
| `gan.py:4` | TFM201 | a \\| \\<b\\> \\_c\\_ | Write the name as a literal or pass it as one through the calls. |

</details>
"""


def test_a_plan() -> None:
    finding = Finding("gan.py", 4, 0, "TFM201", "a | <b> _c_")
    migration = Migration(groups=(GROUP,), findings=(finding,), variable_map={"disc/w": "disc/kernel"}, files_read=3)
    assert summary.of_migration(migration) == PLAN


def test_a_program_without_scopes_is_one_line() -> None:
    assert summary.of_migration(Migration(files_read=1)).count("\n") == 3


def test_a_verdict() -> None:
    side = SideOfVariable("disc/w", (3, 4), "float32", True, ("gan.py:12",))
    text = summary.of_verdict(
        Verdict(
            Status.DIFFERENT,
            "it differs",
            differences=(Difference("initial", "disc/w", "starts as 0"),),
            variables=(VariableRow("disc/w", side, None),),
            notes=("a note",),
            compared={"outputs": 2},
        )
    )
    assert "❌ **different**: it differs\n" in text
    assert "- initial: starts as 0\n" in text
    assert "> a note\n" in text
    assert "| outputs | 2 |\n" in text
    assert "| `disc/w` | (3, 4) | float32 | yes | `gan.py:12` | **missing** |\n" in text


def test_what_is_too_long_is_cut_off() -> None:
    variables = tuple(Variable(f"disc/w{number}", ("1",)) for number in range(600))
    group = SharingGroup("disc", "Disc", "build", Place("a.py", 1), (), variables, State.MIGRATED)
    text = summary.of_migration(Migration(groups=(group,)))
    assert "600 variables" in text
    assert "100 more." in text


def test_steps_add_to_one_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program, out = tmp_path / "a.py", tmp_path / "summary.md"
    program.write_text("print(1)\n")
    out.write_text("# the step before\n")
    assert main(["plan", "--summary", str(out), str(program)]) == 0
    assert out.read_text().startswith("# the step before\n\n## tfmigrate: plan\n")
