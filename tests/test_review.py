"""`review` in a real terminal: what a person types, what is on the disk afterwards."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tfmigrate.cli import _parser
from tfmigrate.commands.session import open_session
from tfmigrate.finding import Finding
from tfmigrate.model import Cluster, FileChange, Migration
from tfmigrate.reviewing.decisions import Answer, Decision
from tfmigrate.reviewing.hunks import Edit, edited, hunks_of

ROOT = Path(__file__).resolve().parent.parent
MODEL = """\
import tensorflow as tf

# a few lines
# that keep
# the hunks
# apart from
# each other
# in this file


def encoder(x, reuse=False):
    with tf.variable_scope("encoder", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def decoder(h):
    with tf.variable_scope("decoder"):
        return tf.matmul(h, tf.get_variable("w", [4, 3])) + tf.get_variable("b", [3])
"""
USE = """\
import tensorflow as tf

from model import decoder, encoder

# a few lines
# that keep
# the hunks
# apart from
# each other


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    h = encoder(x)
    again = encoder(2 * x, reuse=True)
    # a few lines
    # that keep
    # the hunks
    # apart from
    # each other
    # in this file
    return {"y": decoder(h), "again": again}
"""
ASKED = "Apply this hunk [y,N,q,a,d,e,?]? "
END = "Write it, save a patch, both, or later [w,p,b,L,?]? "


def _plain(data: bytes) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", data.decode().replace("\r\n", "\n"))


class Terminal:
    """A program in a pseudo-terminal, and what it showed."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tfmigrate", "review", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "dumb", "PYTHONPATH": str(ROOT), **environment},
        )
        os.close(slave)
        self.shown = ""
        self.read = 0

    def until(self, text: str, seconds: float = 60) -> str:
        """What was shown since the last call, up to and with this text."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.read :]:
            ready, _, _ = select.select([self.master], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{text!r} does not come: {self.shown[self.read :]}"
            try:
                data = os.read(self.master, 65536)
            except OSError:  # Linux says so when the other side is gone
                data = b""
            assert data, f"ended before {text!r}: {self.shown[self.read :]}"
            self.shown += _plain(data)
        start, self.read = self.read, self.shown.index(text, self.read) + len(text)
        return self.shown[start : self.read]

    def answer(self, text: str) -> None:
        os.write(self.master, text.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        rest = b""
        while select.select([self.master], [], [], 60)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            rest += data
        self.shown += _plain(rest)
        return self.process.wait(60), self.shown[self.read :]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("model.py", MODEL), ("use.py", USE)):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        if terminal.process.poll() is None:
            terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)


@pytest.fixture
def start(opened: list[Terminal], program: Path) -> type[Terminal]:
    class Kept(Terminal):
        def __init__(self, *arguments: str, **environment: str) -> None:
            super().__init__(*arguments, **environment)
            opened.append(self)

    return Kept


def decided(folder: Path) -> dict[str, str]:
    text = (folder / ".tfmigrate-review.json").read_text()
    return {key: row["answer"] for key, row in json.loads(text)["decisions"].items()}


def test_one_group_is_taken_the_other_stays(start: type[Terminal], program: Path) -> None:
    terminal = start(".")
    above = terminal.until(ASKED)
    assert "2 groups to decide on." in above
    assert "=== Group 1 of 2: encoder (4 hunks in model.py, use.py)" in above
    assert "shared   use.py:15" in above
    terminal.answer("y")
    above = terminal.until(ASKED)
    assert "why       A function that opens a scope, or makes variables, becomes a layer class." in above
    assert "variables encoder/w" in above
    assert "+class Encoder(keras.layers.Layer):" in above
    terminal.answer("a")
    above = terminal.until(ASKED)
    assert "sharing   encoder is made here: Encoder, held by build" in above
    assert "sharing   encoder is shared here, in line 15" in above
    assert "=== Group 2 of 2: decoder" in above
    terminal.answer("n")
    assert "decoder stays as it is.\n" in terminal.until(END)
    terminal.answer("w")
    status, shown = terminal.end()
    assert (status, "Changed 2 files.\n" in shown) == (0, True), shown
    text = (program / "model.py").read_text()
    assert "class Encoder(keras.layers.Layer)" in text
    assert MODEL[MODEL.index("def decoder") :] in text
    assert "decoder(h)" in (program / "use.py").read_text()
    assert decided(program) == {"decoder in model.py": "rejected"}


def test_a_group_is_not_taken_in_part(start: type[Terminal], program: Path) -> None:
    terminal = start(".", "--write")
    for answer in ("y", "y", "n"):  # the third hunk of the first group
        terminal.until(ASKED)
        terminal.answer(answer)
    assert "encoder stays as it is.\n\n=== Group 2 of 2" in terminal.until(ASKED)
    terminal.answer("n")
    status, shown = terminal.end()
    assert (status, shown.count("Nothing is chosen, so nothing is written.")) == (1, 1)
    assert (program / "model.py").read_text() == MODEL


def test_it_goes_on_where_it_was_stopped(start: type[Terminal], program: Path) -> None:
    terminal = start(".")
    for answer in ("y", "y", "q"):
        terminal.until(ASKED)
        terminal.answer(answer)
    status, shown = terminal.end()
    assert (status, "2 groups not decided yet; the same command goes on from here." in shown) == (1, True)
    assert decided(program) == {"encoder in model.py": "open"}
    terminal = start(".")
    above = terminal.until(ASKED)
    assert "Decisions of an earlier review are in .tfmigrate-review.json" in above
    assert "--- Hunk 3 of 4" in above
    terminal.answer("a")
    terminal.until(ASKED)
    terminal.answer("q")
    terminal.until(END)
    terminal.answer("l")
    assert terminal.end()[0] == 1
    assert decided(program) == {"encoder in model.py": "accepted", "decoder in model.py": "open"}
    assert (program / "model.py").read_text() == MODEL


def test_a_decision_about_other_code_is_asked_for_again(start: type[Terminal], program: Path) -> None:
    terminal = start(".")
    for answer in ("a", "n"):
        terminal.until(ASKED)
        terminal.answer(answer)
    terminal.until(END)
    terminal.answer("l")
    terminal.end()
    (program / "model.py").write_text(MODEL.replace("[3, 4]", "[3, 5]"))
    terminal = start(".")
    above = terminal.until(ASKED)
    assert "Group 1 of 2: encoder" in above
    assert "decided before, but it is another change now" in above
    terminal.answer("d")
    assert terminal.end()[0] == 1
    assert set(decided(program).values()) == {"rejected"}


def test_d_leaves_the_rest_of_the_file(start: type[Terminal], program: Path) -> None:
    terminal = start(".")
    terminal.until(ASKED)
    terminal.answer("d")
    status, shown = terminal.end()
    assert status == 1
    assert "encoder stays as it is.\ndecoder stays as it is, too.\n" in shown


def test_what_was_chosen_is_saved_as_a_patch_that_git_takes(start: type[Terminal], program: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    terminal = start(".", "--patch", "chosen.patch")
    for answer in ("n", "a"):
        terminal.until(ASKED)
        terminal.answer(answer)
    _, shown = terminal.end()
    assert "Saved chosen.patch; apply it with `git apply chosen.patch`\n" in shown, shown
    assert (program / "model.py").read_text() == MODEL
    subprocess.run(["git", "apply", "chosen.patch"], check=True)
    text = (program / "model.py").read_text()
    assert "class Decoder(keras.layers.Layer)" in text
    assert "def encoder(x, reuse=False)" in text


def test_a_hunk_can_be_edited(start: type[Terminal], program: Path) -> None:
    editor = program / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/class Encoder(/# looked at\\nclass Encoder(/" "$1"\n')
    editor.chmod(0o755)
    terminal = start(".", VISUAL=str(editor), EDITOR=str(editor))
    terminal.until(ASKED)
    terminal.answer("y")
    terminal.until(ASKED)
    terminal.answer("e")
    assert "+# looked at\n+class Encoder(" in terminal.until(ASKED)
    terminal.answer("a")
    terminal.until(ASKED)
    terminal.answer("a")
    assert "What you edited was not proved; run `tfmigrate check`" in terminal.until(END)
    terminal.answer("b")
    status, shown = terminal.end()
    assert status == 0, shown
    assert "\n# looked at\nclass Encoder(" in (program / "model.py").read_text()
    assert "+# looked at\n" in (program / "tfmigrate.patch").read_text()
    assert not (program / ".tfmigrate-review.json").exists()


def test_an_edit_that_is_no_python_is_not_taken(start: type[Terminal], program: Path) -> None:
    editor = program / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/class Encoder(/class class Encoder(/" "$1"\n')
    editor.chmod(0o755)
    terminal = start(".", VISUAL=str(editor), EDITOR=str(editor))
    terminal.until(ASKED)
    terminal.answer("y")
    terminal.until(ASKED)
    terminal.answer("e")
    assert "not taken: model.py would be no Python" in terminal.until(ASKED)
    terminal.answer("q")
    assert terminal.end()[0] == 1


def test_help_says_what_the_letters_do_here(start: type[Terminal]) -> None:
    terminal = start(".")
    terminal.until(ASKED)
    terminal.answer("?")
    shown = terminal.until(ASKED)
    assert [line.split(" - ")[0] for line in shown.split("\n") if " - " in line] == list("ynadqe?")
    terminal.answer("q")
    terminal.end()


# --- pieces

BEFORE = "".join(f"line {number}\n" for number in range(1, 31))


def test_hunks_hold_the_whole_change() -> None:
    after = BEFORE.replace("line 3\n", "line 3\nnew\n").replace("line 28\n", "\x0cform feed\n").removesuffix("\n")
    first, second = hunks_of([FileChange(Path("a.py"), BEFORE, after)])
    assert (first.line, list(first.touched), first.changed) == (1, [4], ("+new",))
    assert list(second.touched) == [28, 29, 30, 31]
    assert "\n".join(second.new) in after


def test_an_edit_finds_its_place_though_what_is_around_it_changed() -> None:
    edit = Edit(Path("a.py"), ("around", "b = 1", "c"), ("around", "b = 2", "c"))
    assert edited("x\naround\nb = 1\nc\n", edit) == "x\naround\nb = 2\nc\n"
    assert edited("another\nb = 1\nc\n", edit) == "another\nb = 2\nc\n"
    assert edited("another\nb = 1\nb = 1\n", edit) is None
    added = Edit(Path("a.py"), ("", "a", "b", "c"), ("", "a", "new", "b", "c"))
    assert edited("\na\nb\nd\n", added) == "\na\nnew\nb\nd\n"
    assert edited("\nd\n", added) is None


# --- two groups, of which one can't be taken alone


def test_a_group_that_needs_another_is_said_to_stay(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session(_parser().parse_args(["review", "."]))
    first = session.migration.clusters[0]
    real = session.study.migration

    def dependent(left: Iterable[tuple[Cluster, Finding | None]] = ()) -> Migration:
        """The first group is lost with any other."""
        gone = list(left)
        return real([*gone, (first, None)] if gone else gone)

    monkeypatch.setattr(session.study, "migration", dependent)
    proposal = session.proposal(0)
    assert {hunk.path.name for hunk in proposal.hunks} == {"model.py", "use.py"}
    session.decide(proposal, Decision(Answer.ACCEPTED))
    assert session.chosen().missing == (proposal,)
    session.decide(session.proposal(1), Decision(Answer.ACCEPTED))
    assert session.chosen().missing == ()
