"""Programs that misbehave end in a clear "could not tell"; well-behaved ones of the same batch are not disturbed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tfmigrate.verify import Case, Input, Status, Verdict, check, check_many

from .pairs import PAIRS, case

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]

MODEL = """import sys, os, time
import tensorflow{v1} as tf

def build():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    {code}
    w = tf.get_variable("w", [3, 2])
    return {{"y": tf.matmul(x, w)}}
"""
TIMEOUT = 8.0
CHILD = f"600.{os.getpid()}"  # seconds, by which a process can be told from all others


@dataclass(frozen=True)
class Program:
    """What the program does in `build`, on which side, and what must be said of it. top: what it does on import."""

    name: str
    says: str
    code: str = "pass"
    top: str = ""
    side: str = "before"
    tail: str = ""


NO_BUILD = "does not build: "
ARGUMENTS = "import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args()"
PROGRAMS = (
    Program("hangs", f"the before side takes more than {TIMEOUT:g} s", "print('zzz'); time.sleep(600)", tail="zzz"),
    Program("hangs later", f"the after side takes more than {TIMEOUT:g} s", "time.sleep(600)", side="after"),
    Program("dies", "the before side was killed by SIGABRT", "print('so long'); os.abort()", tail="so long"),
    Program("leaves by the back door", "the before side ended its process with exit status 7", "os._exit(7)"),
    Program("exits", NO_BUILD + "SystemExit at model.py:7: no GPU", "sys.exit('no GPU here')", tail="no GPU"),
    Program("raises", "the after side " + NO_BUILD + "ValueError at model.py:7: small", "raise ValueError('small')",
            side="after", tail="small"),
    Program("eats memory", NO_BUILD + "MemoryError", "bytearray(200_000_000_000)"),
    Program("wants arguments", "error: the following arguments are required: --data)", top=ARGUMENTS,
            tail="the following arguments are required"),
    Program("reads the keyboard", NO_BUILD + "EOFError", "input('your name? ')"),
    Program("wants a GPU", "AssertionError at model.py", "assert tf.test.is_gpu_available(), 'a GPU is needed'"),
    Program("wants a TPU", "tensorflow.contrib.tpu.shutdown_system is not in TensorFlow 2",
            "tf.contrib.tpu.shutdown_system()"),
    Program("wants a module", NO_BUILD + "ModuleNotFoundError at model.py:1: No module", top="import gone"),
    Program("has no build", "model has no function build()"),
    Program("is no Python", NO_BUILD + "SyntaxError", top="print 'hello'"),
    Program("feeds itself nonsense", "the before side fails in numbers: InvalidArgumentError",
            "x = tf.check_numerics(x / 0.0, 'not a number')"),
)  # fmt: skip


HARMLESS = (
    Program("shouts", "", "print('x' * 5_000_000)"),
    Program("asks for a GPU by name", "", "tf.device('/gpu:0').__enter__()"),
    Program("asks for a TPU and takes none", "", "use_tpu = bool(os.environ.get('TPU_NAME'))"),
    Program("leaves a child behind", "", f"import subprocess; subprocess.Popen(['sleep', '{CHILD}'])"),
    Program("leaves a session of its own behind", "",
            f"import subprocess; subprocess.Popen(['sleep', '{CHILD}'], start_new_session=True)"),
    Program("leaves a thread behind", "", "import threading; threading.Thread(target=time.sleep, args=[600]).start()"),
)  # fmt: skip
"""What these do is no reason not to judge them."""

SELFISH = """
import os, random, tempfile
import numpy as np
tf.disable_v2_behavior()
tf.app.flags.DEFINE_string("data", "here", "defined by each of the programs")
assert tf.app.flags.FLAGS.data == "here"
assert "SEEN" not in os.environ and random.random() == 0.8444218515250481 and not hasattr(tf, "seen")
os.environ["SEEN"] = "1"
os.chdir(tempfile.gettempdir())
sys.path[:] = []
sys.argv.append("--seen")
sys.modules["seen"] = sys
tf.seen = np.load = np.savez = tf.nn.relu = lambda *a, **k: sys.exit("seen")
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    cases = [replace(case("recurrent"), name="first")]
    for program in PROGRAMS:
        cases.append(_case(tmp_path_factory.mktemp("program"), program))
    for program in HARMLESS:
        cases.append(_case(tmp_path_factory.mktemp("program"), program))
    for name in ("selfish", "selfish too"):
        cases.append(_case(tmp_path_factory.mktemp("program"), Program(name, "")))
        for side in (cases[-1].before, cases[-1].after):
            text = side.read_text()
            side.write_text(text.replace("\ndef build", SELFISH + "\ndef build"))
    cases.append(replace(case("adversarial_pair"), name="last"))
    return {verdict.name: verdict for verdict in check_many(cases, timeout=TIMEOUT, memory_mb=3000)}


def _case(folder: Path, program: Program) -> Case:
    for side, v1 in (("before", ""), ("after", ".compat.v1")):
        mine = side == program.side
        text = (program.top + "\n") * mine + MODEL.format(v1=v1, code=program.code if mine else "pass")
        if program.name == "has no build" and mine:
            text = text.replace("def build()", "def make()")
        (folder / side).mkdir()
        (folder / side / "model.py").write_text(text)
    return Case(folder / "before" / "model.py", folder / "after" / "model.py", name=program.name)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_could_not_tell(program: Program, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[program.name]
    assert verdict.status is Status.COULD_NOT_TELL
    assert program.says in verdict.reason
    assert program.tail in verdict.tail


@pytest.mark.parametrize("name", ["first", *(p.name for p in HARMLESS), "selfish", "selfish too", "last"])
def test_the_others_are_judged(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].status is Status.EQUIVALENT, verdicts[name].reason


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_no_process_is_left(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["leaves a child behind"].status is Status.EQUIVALENT
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and _command(pid)[:2] == ["sleep", CHILD]]


def _command(pid: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return []


def test_what_can_not_even_start(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("def build(): pass\n")
    (tmp_path / "two.py").write_text("def build(): pass\n")
    good = PAIRS / "recurrent" / "before.py"
    cases = [
        Case(tmp_path / "nowhere", good),
        Case(tmp_path, good),
        Case(tmp_path, good, function="make"),
        Case(good, good, variable_map={"a": "x", "b": "x"}),
    ]
    verdicts = check_many(cases)
    assert {verdict.status for verdict in verdicts} == {Status.COULD_NOT_TELL}
    assert verdicts[0].reason.endswith("nowhere does not exist")
    assert verdicts[1].reason.endswith("has 2 modules with build(); name the one to run")
    assert verdicts[2].reason.endswith("has no module with make(); name the one to run")
    assert verdicts[3].reason == "the variable map gives one path to several variables"


def test_inputs_can_be_given(tmp_path: Path) -> None:
    """Without the range, all ids are below 5, and nobody would see that the high ones are mixed up."""
    text = """
import tensorflow.compat.v1 as tf

def build():
    ids = tf.placeholder(tf.int32, [None], name="ids")
    w = tf.get_variable("w", [100, 2])
    return {"y": tf.gather(w, %s)}
"""
    (tmp_path / "one.py").write_text(text % "ids")
    (tmp_path / "two.py").write_text(text % "tf.minimum(ids, 40)")
    pair = Case(tmp_path / "one.py", tmp_path / "two.py")
    inputs = {"ids": Input((20,), 0, 100)}
    blind, seeing = check_many([pair, replace(pair, inputs=inputs)])
    assert blind.status is Status.EQUIVALENT
    assert seeing.status is Status.DIFFERENT


def test_a_saver_of_names_may_become_a_checkpoint_of_objects(tmp_path: Path) -> None:
    pair = case("adversarial_pair")
    text = pair.after.read_text("utf-8")
    saver = "tf.train.Saver({v.path: v.value for v in critic.variables})"
    assert saver in text
    (tmp_path / "after.py").write_text(text.replace(saver, "tf.train.Checkpoint(critic=critic)"))
    (verdict,) = check_many([replace(pair, after=tmp_path / "after.py")])
    assert verdict.status is Status.EQUIVALENT, verdict.reason
    assert verdict.compared["saver"] == 1
    assert any("objects in place of names" in note for note in verdict.notes)


def test_one_pair(tmp_path: Path) -> None:
    folder = PAIRS / "double_precision"
    verdict = check(folder / "before.py", folder / "after.py")
    assert verdict.status is Status.EQUIVALENT
    assert verdict.to_json()["status"] == "equivalent"
    assert [row.key for row in verdict.variables] == ["line/w", "line/b"]
    before, after = verdict.variables[0].before, verdict.variables[0].after
    assert before is not None
    assert after is not None
    assert before.readers == ("before.py:9",)
    assert after.readers == ("after.py:16",)
