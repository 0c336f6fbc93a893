"""What git has no copy of is not written over."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.small_programs import shared
from tfmigrate.cli import main
from tfmigrate.commands.writing import uncommitted_changes
from tfmigrate.model import FileChange, Migration
from tfmigrate.writing.uncommitted import uncommitted


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.com")
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(shared(name))
    (tmp_path / "notes.txt").write_text("a\n")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _problems(*paths: str) -> list[str]:
    return [f"{finding.path}: {finding.message}" for finding in uncommitted(map(Path, paths))]


def test_committed_files_are_free(tree: Path) -> None:
    assert _problems("one.py", "two.py") == []


def test_each_kind_of_change_counts(tree: Path) -> None:
    (tree / "one.py").write_text("mine\n")
    (tree / "two.py").write_text("mine\n")
    _git(tree, "add", "two.py")
    (tree / "new [1].py").write_text("mine\n")
    (tree / "link.py").symlink_to("one.py")
    assert _problems("one.py", "two.py", "new [1].py", "missing.py") == [
        "new [1].py: is not in git yet",
        "one.py: has uncommitted changes",
        "two.py: has uncommitted changes",
    ]
    assert _problems("link.py") == ["link.py: has uncommitted changes"]


def test_what_git_ignores_or_does_not_hold_is_free(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (tree / ".gitignore").write_text("made.py\n")
    (tree / "made.py").write_text("mine\n")
    other = tmp_path_factory.mktemp("other") / "a.py"
    other.write_text("mine\n")
    assert _problems("made.py", str(other)) == []


def test_more_files_than_a_command_line_holds(tree: Path) -> None:
    names = [f"m{number}.py" for number in range(450)]
    for name in names:
        (tree / name).write_text("x\n")
    assert len(_problems(*names)) == 450


def test_when_git_cannot_tell_it_is_not_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".git" / "HEAD").write_text("broken\n")
    [problem] = _problems("one.py", "two.py")
    assert problem.startswith("one.py: git could not tell whether there are uncommitted changes: fatal:")
    monkeypatch.setenv("PATH", "")
    [problem] = _problems("one.py")
    assert "No such file or directory" in problem


def test_apply_refuses_and_names_only_what_it_would_write(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine = (tree / "one.py").read_text() + "# mine\n"
    (tree / "one.py").write_text(mine)
    (tree / "notes.txt").write_text("mine\n")
    assert main(["apply", "."]) == 2
    err = capfd.readouterr().err
    assert err.startswith("one.py:1:1: TFM006 has uncommitted changes\n")
    assert err.endswith("tfmigrate: error: nothing was written\n")
    assert "notes" not in err
    assert (tree / "one.py").read_text() == mine
    assert "variable_scope" in (tree / "two.py").read_text()

    assert main(["apply", "two.py"]) == 0
    assert main(["apply", "--allow-dirty", "one.py"]) == 0
    assert (tree / "one.py").read_text().endswith("# mine\n")
    assert main(["undo"]) == 0
    assert (tree / "one.py").read_text() == mine


def test_what_an_earlier_run_wrote_may_be_written_again(tree: Path) -> None:
    assert main(["apply", "one.py"]) == 0
    assert _problems("one.py") == ["one.py: has uncommitted changes"]
    again = Migration(changes=(FileChange(Path("one.py"), "before", "after"),))
    assert uncommitted_changes(again) == []
    with open("one.py", "a") as file:
        file.write("# mine\n")
    assert [finding.code for finding in uncommitted_changes(again)] == ["TFM006"]
