"""What is shown, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.commands.fake_pipeline import FINDING, GROUP, LEFT, Pipeline, Run
from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration


def test_nothing_to_do_is_0_and_silent_but_for_the_totals(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(files_read=1)
    assert run("plan", program) == (0, "Nothing to migrate: no sharing groups in 1 file.\n", "")
    assert run("diff", program) == (0, "", "")
    assert run("apply", program) == (
        0,
        "Nothing to migrate: no sharing groups in 1 file.\nNothing to change.\n",
        "",
    )


def test_plan_shows_who_creates_who_shares_and_what_becomes_of_it(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(
        changes=(FileChange(program, "a\nb\n", "c\n"),), groups=(GROUP, LEFT), findings=(FINDING,), files_read=2
    )
    status, out, err = run("plan", program)
    assert status == 1
    assert (
        out
        == """\
net  migrated
  becomes  Net, held by build
  created  net.py:3
  shared   net.py:4, 5; eval.py:2
           net/w  (x.shape[-1], 4)  float32
           net/step  (?)  int32, not trainable, tf.zeros_initializer()

rnn  refused TFM299
  created  net.py:3

2 sharing groups: 1 migrated, 1 refused (1 TFM299). 2 variable names. 1 of 2 files changes.
"""
    )
    assert err == "net.py:3:5: TFM299 the scope's name is computed\n    Do this.\n"


def test_plan_for_machines(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(groups=(GROUP,), findings=(FINDING,), variable_map={"b": "c", "a": "d"})
    status, out, _ = run("plan", "--format", "json", program)
    plan = json.loads(out)
    assert status == 1
    assert plan["version"] == 1
    assert plan["groups"][0]["state"] == "migrated"
    assert plan["groups"][0]["variables"][0]["shape"] == ["x.shape[-1]", "4"]
    assert plan["findings"][0] == {
        "path": "net.py",
        "line": 3,
        "column": 4,
        "code": "TFM299",
        "message": "the scope's name is computed",
        "severity": "refused",
        "todo": "Do this.",
    }
    assert list(plan["variable_map"]) == ["a", "b"]


def test_diff_writes_nothing(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "a\nc\n"),))
    assert run("diff", program) == (
        1,
        "diff --git a/net.py b/net.py\n--- a/net.py\n+++ b/net.py\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
        "",
    )
    assert program.read_text() == "a\nb\n"


def test_findings_come_sorted_and_apart_from_the_diff(pipeline: Pipeline, program: Path, run: Run) -> None:
    later = replace(FINDING, line=20, message="later")
    pipeline.result = Migration(findings=(later, FINDING))
    status, out, err = run("diff", program)
    assert (status, out) == (1, "")
    assert [line.split(" ", 2)[0] for line in err.splitlines()[::2]] == ["net.py:3:5:", "net.py:20:5:"]


def test_a_named_file_that_cannot_be_handled_is_an_error_one_of_many_is_not(
    pipeline: Pipeline, program: Path, run: Run
) -> None:
    pipeline.result = Migration(findings=(Finding("net.py", 1, 0, "TFM003", "cannot be parsed"),))
    assert run("diff", program)[0] == 2
    assert run("apply", program)[0] == 2
    assert run("diff", ".")[0] == 1
    assert run("apply", ".")[0] == 1


def test_callers_outside_the_named_paths_are_named(pipeline: Pipeline, program: Path, run: Run) -> None:
    caller = Path("train.py")
    pipeline.result = Migration(callers=(caller,))
    for command in "plan", "diff", "apply":
        status, _, err = run(command, program)
        assert status == 1
        assert err.endswith("name them too, or add --with-callers:\n    train.py\n")


def test_callers_that_change_with_it_are_not_complained_about(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), callers=(program,))
    status, _, err = run("apply", "--with-callers", program)
    assert (status, err) == (0, "")
    assert pipeline.asked[0][2].with_callers


def test_text_that_the_encoding_lacks_is_a_finding_of_diff_too(pipeline: Pipeline, program: Path, run: Run) -> None:
    text = "# coding: ascii\n"
    program.write_text(text)
    pipeline.result = Migration(changes=(FileChange(program, text, text + "# \xe9\n"),))
    status, out, err = run("diff", program)
    assert (status, out) == (2, "")
    assert err.startswith("net.py:2:1: TFM004 ")
