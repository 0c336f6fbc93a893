"""The pre-commit hook and the GitHub Action, their steps run as a script. TFMIGRATE_FOR_REAL=1 also lets pre-commit
install the hook from this checkout, which takes a network and a minute."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfmigrate.cli import _parser, main

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BEFORE = ROOT / "fixtures" / "functions" / "called_once_under_literal_scope" / "before.py"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(BEFORE, tmp_path / "model.py")
    (tmp_path / "other.py").write_text("print(1)\n")
    return tmp_path


# --- pre-commit


def test_the_manifest_is_valid() -> None:
    library = pytest.importorskip("pre_commit.clientlib")
    library.load_manifest(ROOT / ".pre-commit-hooks.yaml")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_stops_a_commit_with_scopes_and_no_other(hook: dict[str, Any], program: Path) -> None:
    command, *arguments = shlex.split(hook["entry"])
    assert command == "tfmigrate"
    assert main([*arguments, "other.py"]) == 0
    status = main([*arguments, "model.py", "other.py"])
    changed = (program / "model.py").read_bytes() != BEFORE.read_bytes()
    assert status or changed  # pre-commit stops at both
    assert changed == (hook["id"] == "tfmigrate")


@pytest.mark.skipif(not os.environ.get("TFMIGRATE_FOR_REAL"), reason="needs a network and a minute")
def test_pre_commit_takes_the_hook_from_this_checkout(program: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    command = [
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(ROOT),
        "tfmigrate",
        "--files",
        "model.py",
        "other.py",
    ]
    environment = {**os.environ, "PRE_COMMIT_HOME": str(program / ".pre-commit-home")}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert "class Predict(keras.layers.Layer)" in (program / "model.py").read_text()


# --- the Action


def _scripts() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}


def _run(name: str, folder: Path, **inputs: str) -> tuple[int, str]:
    """One step as a runner starts it: `bash -e`, expressions filled in, the inputs' defaults where nothing is given."""
    values = {key: given["default"] for key, given in ACTION["inputs"].items()}
    values.update({key.replace("_", "-"): value for key, value in inputs.items()})
    step = _scripts()[name]
    environment = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: values[match[1]], text)
        for key, text in step["env"].items()
    }
    shim = folder.parent / "bin"
    shim.mkdir(exist_ok=True)
    python = shim / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        env={
            **os.environ,
            **environment,
            "PATH": f"{shim}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(folder.parent),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def checkout(program: Path) -> Path:
    folder = program / "checkout"
    folder.mkdir()
    (program / "model.py").rename(folder / "model.py")
    return folder


@pytest.mark.parametrize(("fail_on", "status"), [("different", 0), ("left", 1), ("never", 0)])
def test_the_plan_is_the_summary_of_the_job(checkout: Path, fail_on: str, status: int) -> None:
    assert _run("Plan", checkout, fail_on=fail_on)[0] == status
    text = (checkout.parent / "summary.md").read_text()
    assert "| `regression` | migrated | `Predict`, held by `build` | `model.py:15` | - |" in text
    assert "| `regression/w` |" in text


def test_what_cannot_be_planned_fails(checkout: Path) -> None:
    status, shown = _run("Plan", checkout, path="missing", fail_on="never")
    assert status == 2
    assert "no such file or directory: missing" in shown


def test_a_path_is_no_command(checkout: Path) -> None:
    _run("Plan", checkout, path="$(touch made); touch made")
    assert not (checkout / "made").exists()


def test_the_steps_use_what_is_there() -> None:
    """Inputs reach a script through its environment alone, and each line it runs is understood."""
    for step in _scripts().values():
        assert "${{" not in step["run"]
        for text in step["env"].values():
            assert re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)[1] in ACTION["inputs"]  # type: ignore[index]
        for line in re.findall(r"python -m tfmigrate (.*?)(?: \|\||$)", step["run"], re.MULTILINE):
            _parser().parse_args(shlex.split(line.replace('"${how[@]}"', "")))


@pytest.mark.tensorflow
def test_the_check_gives_its_verdict(checkout: Path) -> None:
    status, shown = _run("Check", checkout, check="true")
    assert status == 0, shown
    text = (checkout.parent / "summary.md").read_text()
    assert "✅ **equivalent**" in text
    assert "| `regression/w` | (3, 1) | float32 | yes |" in text
