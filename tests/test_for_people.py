"""What a person sees beside the result: a bar, how loud it is, what to do next, completion in the shell."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tfmigrate import progress
from tfmigrate.cli import main
from tfmigrate.commands import watching

PROGRAM = """\
import tensorflow as tf


def net(x, reuse=False):
    with tf.variable_scope("net", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def other(x, *sizes):
    with tf.variable_scope("other"):
        return tf.matmul(x, tf.get_variable("w", sizes))


def build():
    x = tf.placeholder(tf.float32, [2, 3])
    return {"a": net(x), "b": net(x, reuse=True), "c": other(x, 3, 4)}
"""


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)


def test_steps_are_told_to_who_listens() -> None:
    heard: list[tuple[str, int, int]] = []
    with progress.told_to(lambda *what: heard.append(what)):
        assert list(progress.steps("counting", "ab")) == ["a", "b"]
    assert list(progress.steps("counting", "ab")) == ["a", "b"]
    assert heard == [("counting", 0, 2), ("counting", 1, 2), ("counting", 2, 2)]


def test_quiet_says_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "."]) == 1
    assert "TFM406" in capsys.readouterr().err
    assert main(["plan", "--quiet", "."]) == 1
    quiet = capsys.readouterr()
    assert quiet.err == ""
    assert "1 refused" in quiet.out


def test_quiet_still_says_errors(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.py").write_text("def broken(:\n    import tensorflow\n")
    assert main(["plan", "-q", "net.py"]) == 2
    assert "net.py:1" in capsys.readouterr().err


def test_verbose_says_what_is_done_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan", "--verbose", "."])
    said = capsys.readouterr().err
    assert "parsing files, 1" in said
    assert "Next: `tfmigrate diff .`" in said
    assert "`tfmigrate explain TFM406` is about" in said


def test_not_a_terminal_gets_neither_bar_nor_advice(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan", "."])
    said = capsys.readouterr().err
    assert "parsing" not in said
    assert "Next:" not in said


def test_quiet_and_verbose_exclude_each_other() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["plan", "-q", "-v", "."])


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import sys; from tfmigrate.commands import watching; from tfmigrate.cli import main\n"
        "watching._PATIENCE = watching._PAUSE = 0\n"
        "sys.exit(main(['plan', '.']))\n"
    )
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    seen = on_terminal([sys.executable, "-c", script])
    assert "following calls" in seen
    assert "1/1" in seen
    assert "Next: `tfmigrate diff .`" in seen
    assert "\x1b[3" not in seen  # NO_COLOR: cursor movements, no colours


def on_terminal(command: list[str]) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if not data:
                break
            seen += data
        process.wait()
    os.close(ours)
    return seen.decode()


def test_a_short_run_shows_no_bar() -> None:
    bar = watching._Bar()
    bar("parsing files", 0, 1)
    assert bar.bar is None


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--print-completion", shell])
    script = capsys.readouterr().out
    assert "with-callers" in script
    assert "checkpoint" in script
