"""A run that is killed, at whatever moment, leaves nothing that can't be put right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_two_hundred_kills_and_one_before_each_change_of_the_disk(tmp_path: Path) -> None:
    """In a process of its own, as it forks."""
    command = [sys.executable, "-m", "tests.writing.killing", "--kills", "200", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    at_random, at_steps, in_undo, _ = done.stdout.splitlines()
    assert at_random.startswith("200 kills")
    # it would prove nothing if it came too early or too late
    half = re.search(r"'half': (\d+)", at_steps)
    assert half is not None
    assert int(half[1]) > 30
    assert int(at_steps.split()[0]) > 50
    assert int(in_undo.split()[0]) > 50


PROGRAM = """\
import tensorflow as tf


def {name}(x, reuse=None):
    with tf.variable_scope("{name}", reuse=reuse):
        w = tf.get_variable("w", [3, 4])
        return tf.matmul(x, w)


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    return {{"a": {name}(x), "b": {name}(x, reuse=True)}}
"""
KILLED = """\
import os, signal, sys
left = int(sys.argv[1])
def hook(event, arguments):
    global left
    if event == "os.rename" and ".tfmigrate-" in os.fspath(arguments[0]):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.addaudithook(hook)
from tfmigrate.cli import main
sys.exit(main(sys.argv[2:]))
"""


def _command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder)


def test_the_command_itself(tmp_path: Path) -> None:
    texts = {f"{name}.py": PROGRAM.format(name=name) for name in ("one", "two")}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)

    def found() -> dict[str, str]:
        return {path.name: path.read_text() for path in tmp_path.glob("*") if path.is_file()}

    for before in (0, 1):
        assert _command(tmp_path, "-c", KILLED, str(before), "apply", ".").returncode == -9
        assert sum(found()[name] != text for name, text in texts.items()) == before
        planned = _command(tmp_path, "-m", "tfmigrate", "plan", ".")
        assert planned.returncode == 2
        assert "`tfmigrate apply` was interrupted in ." in planned.stderr
        if before:
            undone = _command(tmp_path, "-m", "tfmigrate", "undo")
            assert (undone.returncode, undone.stdout) == (0, "Put back 1 file of a run that was interrupted.\n")
            assert found() == texts

    assert _command(tmp_path, "-c", KILLED, "1", "apply", ".").returncode == -9
    again = _command(tmp_path, "-m", "tfmigrate", "apply", ".")
    assert again.returncode == 0, again.stderr
    assert again.stderr == "an earlier run was interrupted; 1 file put back as before it\n"
    assert again.stdout.endswith("Changed 2 files.\n")
    assert all("keras.layers.Layer" in text for text in found().values())
    assert _command(tmp_path, "-m", "tfmigrate", "undo").stdout == "Put back 2 files of the last run.\n"
    assert found() == texts
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(texts)
