"""What `apply` and `undo` write, the variable map with it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from tests.commands.fake_pipeline import FINDING, GROUP, Pipeline, Run
from tfmigrate.model import Cluster, FileChange, Migration, Part


def test_apply_writes_and_is_done(pipeline: Pipeline, program: Path, run: Run) -> None:
    added = FileChange(Path("layers.py"), None, "new\n")
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"), added), groups=(GROUP,), files_read=1)
    status, out, err = run("apply", program)
    assert (status, err) == (0, "")
    assert out.endswith("Changed 1 file, added 1.\n")
    assert program.read_text() == "c\n"
    assert Path("layers.py").read_text() == "new\n"


def test_apply_with_findings_writes_and_needs_a_person(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), findings=(FINDING,))
    status, _, err = run("apply", program)
    assert status == 1
    assert "TFM299" in err
    assert program.read_text() == "c\n"


def test_apply_into_a_copy(pipeline: Pipeline, program: Path, run: Run) -> None:
    Path("data.txt").write_text("d")
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), variable_map={"net/w": "net/x/w"})
    status, out, _ = run("apply", ".", "--out", "copy")
    assert status == 0
    assert "Changed 1 file, added 1; the copy is in copy.\n" in out
    assert program.read_text() == "a\nb\n"
    assert sorted(os.listdir("copy")) == ["data.txt", "net.py", "tfmigrate-map.json"]
    assert Path("copy/net.py").read_text() == "c\n"


def test_a_file_that_changed_meanwhile_is_an_error(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "older\n", "c\n"),))
    status, out, err = run("apply", program)
    assert (status, out) == (2, "")
    assert err.startswith("net.py:1:1: TFM005 ")
    assert err.endswith("tfmigrate: error: nothing was written\n")
    assert program.read_text() == "a\nb\n"


def test_what_shares_nothing_with_a_file_that_changed_meanwhile_is_written(
    pipeline: Pipeline, program: Path, run: Run
) -> None:
    others = [Path(f"{name}.py") for name in ("a", "b", "c")]
    for path in others:
        path.write_text("x\n")
    pipeline.result = Migration(
        changes=(FileChange(program, "older\n", "c\n"), *(FileChange(path, "x\n", "y\n") for path in others)),
        together=(frozenset({program, others[0]}), frozenset({others[1], others[2]})),
        clusters=tuple(Cluster(p.stem, (Part(str(p), 1, 2),), frozenset({f"{p.stem}/w"})) for p in others),
        variable_map={f"{path.stem}/w": f"{path.stem}/x/w" for path in others},
        files_read=4,
    )
    status, out, err = run("apply", ".")
    assert status == 2
    assert out.endswith("Changed 2 files, added 1; 2 files stayed as before.\n")
    assert err.startswith("net.py:1:1: TFM005 ")
    assert [path.read_text() for path in others] == ["x\n", "y\n", "y\n"]
    assert json.loads(Path("tfmigrate-map.json").read_text()) == {"b/w": "b/x/w", "c/w": "c/x/w"}
    assert run("undo") == (0, "Put back 3 files of the last run.\n", "")
    assert [path.read_text() for path in others] == ["x\n", "x\n", "x\n"]
    assert sorted(os.listdir(".")) == ["a.py", "b.py", "c.py", "net.py"]


@pytest.mark.parametrize("failing", ["net.py", "tfmigrate-map.json"])
def test_without_the_map_nothing_is_written(
    pipeline: Pipeline, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    replace = os.replace

    def full(old: Path, new: Path) -> None:
        if new.name == failing and not str(old).endswith("-undo"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(old, new)

    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), variable_map={"net/w": "net/x/w"})
    monkeypatch.setattr(os, "replace", full)
    status, _, err = run("apply", ".")
    assert status == 2
    assert f"{failing}:1:1: TFM004 cannot be written: No space left on device\n" in err
    assert os.listdir(".") == ["net.py"]
    assert program.read_text() == "a\nb\n"


def test_undo_says_what_it_could_not_put_back(pipeline: Pipeline, program: Path, run: Run) -> None:
    assert run("undo") == (
        2,
        "",
        "tfmigrate: error: no run to undo at or above .; name the folder that was migrated\n",
    )
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),))
    assert run("apply", program)[0] == 0
    program.write_text("mine\n")
    status, out, err = run("undo", program)
    assert (status, out) == (2, "Put back 0 files of the last run.\n")
    assert err.startswith("net.py:1:1: TFM007 changed since it was written, so it is not put back; its old text is in ")
    assert err.endswith("tfmigrate: error: not put back, as they were written together: net.py\n")


def test_the_map_is_part_of_the_change(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), variable_map={"net/w": "net/x/w"})
    assert '+++ b/tfmigrate-map.json\n@@ -0,0 +1,3 @@\n+{\n+  "net/w": "net/x/w"\n+}\n' in run("diff", ".")[1]
    run("apply", ".")
    assert json.loads(Path("tfmigrate-map.json").read_text()) == {"net/w": "net/x/w"}


def test_a_later_run_adds_to_the_map(pipeline: Pipeline, program: Path, run: Run) -> None:
    Path("tfmigrate-map.json").write_text('{"old/w": "older/w", "net/w": "stale"}\n')
    pipeline.result = Migration(variable_map={"net/w": "net/x/w"})
    assert run("apply", program)[0] == 0
    assert json.loads(Path("tfmigrate-map.json").read_text()) == {"net/w": "net/x/w", "old/w": "older/w"}
    assert run("diff", program) == (0, "", "")


@pytest.mark.parametrize("text", ["[1]", "not json"])
def test_somebody_elses_file_is_not_the_map(pipeline: Pipeline, program: Path, run: Run, text: str) -> None:
    Path("tfmigrate-map.json").write_text(text)
    pipeline.result = Migration(variable_map={"net/w": "net/x/w"})
    status, _, err = run("apply", program)
    assert status == 2
    assert "is in the way" in err
    assert Path("tfmigrate-map.json").read_text() == text
