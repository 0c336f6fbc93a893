"""Which files are to change: what is left out by default, what pyproject.toml says, and the command line over it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small_programs import shared
from tfmigrate.cli import main
from tfmigrate.model import EXPLICIT_REUSE
from tfmigrate.report import page

FILES = ("one.py", "models/two.py", "scratch/three.py", "third_party/four.py")


Changed = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(shared(Path(name).stem))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def changed(folder: Path, capfd: pytest.CaptureFixture[str]) -> Changed:
    def call(*arguments: str) -> list[str]:
        main(["diff", *(arguments or ["."])])
        out = capfd.readouterr().out
        return sorted(line.split(" b/")[1] for line in out.splitlines() if line.startswith("diff --git"))

    return call


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def _configure(text: str, place: str = "pyproject.toml") -> None:
    Path(place).write_text(text)


def test_vendored_code_is_left_out_unless_it_is_named(changed: Changed) -> None:
    assert changed() == ["models/two.py", "one.py", "scratch/three.py"]
    assert changed("third_party") == ["third_party/four.py"]
    assert changed("third_party/four.py") == ["third_party/four.py"]


def test_what_git_ignores_is_left_out_unless_it_is_named(changed: Changed) -> None:
    Path(".gitignore").write_text("scratch/\nmodels/\n")
    assert "scratch/three.py" in changed()  # no work tree, so nobody ignores anything
    _git("init", "-q")
    _git("add", "--force", "models")
    assert changed() == ["models/two.py", "one.py"]  # git holds models
    assert changed("scratch") == ["scratch/three.py"]
    assert changed("scratch/three.py") == ["scratch/three.py"]
    assert changed("--no-gitignore", ".") == ["models/two.py", "one.py", "scratch/three.py"]
    _configure("[tool.tfmigrate]\ngitignore = false\n")
    assert changed() == ["models/two.py", "one.py", "scratch/three.py"]


def test_the_configuration_chooses_files(changed: Changed) -> None:
    _configure('[tool.tfmigrate]\nexclude = ["scratch/", "/one.py"]\n')
    assert changed() == ["models/two.py"]
    assert changed("one.py") == ["one.py"]
    _configure('[tool.tfmigrate]\ninclude = ["third_party/", "models/*.py"]\nexclude = ["two.py"]\n')
    assert changed() == ["third_party/four.py"]


def test_patterns_count_from_the_file_that_they_stand_in(changed: Changed, folder: Path) -> None:
    _configure('[tool.tfmigrate]\nexclude = ["/models/two.py"]\n')
    assert changed("models") == []
    _configure('[tool.tfmigrate]\nexclude = ["/one.py"]\n', "models/pyproject.toml")
    assert changed("models") == ["models/two.py"]


def test_the_command_line_goes_before_the_configuration(changed: Changed) -> None:
    _configure('[tool.tfmigrate]\nonly = ["saver"]\n')
    assert changed() == []
    together = [name for name in page.transforms() if name != EXPLICIT_REUSE]
    assert len(changed(*(part for name in together for part in ("--only", name)), ".")) == 3
    _configure('[tool.tfmigrate]\nexclude = ["scratch/"]\n')
    assert changed("--exclude", "models", ".") == ["one.py", "scratch/three.py"]
    assert changed("--include", "one.py", ".") == ["one.py"]


def test_an_excluded_file_keeps_back_what_it_uses(changed: Changed, capfd: pytest.CaptureFixture[str]) -> None:
    both = shared("shared")
    Path("ops.py").write_text(both.partition("def build")[0].rstrip() + "\n")
    Path("train.py").write_text(
        "import tensorflow as tf\n\nfrom ops import shared\n\n\ndef build" + both.partition("def build")[2]
    )
    _configure('[tool.tfmigrate]\nexclude = ["train.py"]\n')
    assert main(["diff", "."]) == 1
    out, err = capfd.readouterr()
    assert "ops.py:4:1: TFM308" in err
    assert "ops.py" not in out
    assert "train.py" not in changed("--with-callers", ".")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tool.tfmigrate]\n\nexcludes = []\n", "pyproject.toml:3: [tool.tfmigrate] excludes: not known; there are"),
        ("[tool.tfmigrate]\nexclude = 'a'\n", "pyproject.toml:2: [tool.tfmigrate] exclude: expected a list of strings"),
        ("[tool.tfmigrate]\ngitignore = 1\n", "pyproject.toml:2: [tool.tfmigrate] gitignore: expected true or false"),
        ("[tool]\ntfmigrate = 1\n", "pyproject.toml: tool.tfmigrate is not a table"),
        ("[tool.tfmigrate]\nonly = ['nothing']\n", "no transform is called 'nothing'"),
    ],
)
def test_mistakes_are_told_with_their_line(
    folder: Path, capfd: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    _configure(text)
    assert main(["diff", "."]) == 2
    assert capfd.readouterr().err.startswith(f"tfmigrate: error: {problem}")
