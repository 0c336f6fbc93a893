"""The whole process: how fast it is, what it loads, how it looks."""

from __future__ import annotations

import os
import pty
import resource
import subprocess
import sys
from pathlib import Path

import pytest


def _process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tfmigrate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_is_fast_and_says_what_the_status_means() -> None:
    def seconds() -> float:
        """Of the processor: the clock would also measure what else the machine does."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        shown = _process("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert shown.returncode == 0
        assert "exit status" in shown.stdout
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.2


@pytest.mark.parametrize("command", ["", "plan", "diff", "apply", "explain", "check", "probe", "checkpoint", "audit"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import sys\n"
        "from tfmigrate.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, *command.split(), "--help"], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in shown.stderr.split()}
    assert not loaded & {"libcst", "bowler", "fissix", "rich", "tensorflow", "keras", "numpy"}


def test_version() -> None:
    shown = _process("--version")
    assert shown.returncode == 0
    assert shown.stdout.startswith("tfmigrate ")


def _on_a_terminal(*arguments: str, **environment: str) -> bytes:
    """What the command shows to somebody who looks at it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tfmigrate", *arguments],
        stdout=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait() == 0
    return shown


def test_colours_only_for_a_terminal_that_wants_them(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, types\n"
        "from tfmigrate.model import *\n"
        "fake = types.ModuleType('tfmigrate.pipeline')\n"
        "fake.Options = lambda **_: None\n"
        "fake.migrate = lambda *_: Migration()\n"
        "sys.modules['tfmigrate.pipeline'] = fake\n"
    )
    site = {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()]), "NO_COLOR": ""}
    plan = ["plan", str(tmp_path)]
    assert b"\x1b[1m" in _on_a_terminal(*plan, **site)
    assert b"\x1b" not in _on_a_terminal(*plan, **{**site, "NO_COLOR": "1"})
    assert b"\x1b" not in _on_a_terminal(*plan, **{**site, "TERM": "dumb"})
    assert "\x1b" not in _process(*plan, **site).stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    shown = subprocess.run(
        f"{sys.executable} -m tfmigrate explain TFM001 | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
    assert shown.stdout in ("0\n", "1\n")
