"""The command line, with a pipeline that says what the test wants: streams, exit status, what is on the disk."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tfmigrate.choosing import BY_DEFAULT, Choice
from tfmigrate.cli import main
from tfmigrate.finding import CODES, Code, Finding, Severity
from tfmigrate.model import Cluster, FileChange, Migration, Part, Place, SharingGroup, State, Variable
from tfmigrate.verify import CheckSpec, Status, Verdict


@dataclass(frozen=True)
class Options:
    with_callers: bool = False
    only: tuple[str, ...] = ()
    jobs: int = 0
    in_place: bool = False
    choice: Choice = BY_DEFAULT
    cache: bool = False


@dataclass
class Pipeline:
    """Stands in for tfmigrate.pipeline: gives the result it was told, remembers what it was asked."""

    result: Migration = field(default_factory=Migration)
    asked: list[tuple[object, object, Options]] = field(default_factory=list)

    def migrate(self, paths: Sequence[Path], options: Options) -> Migration:
        self.asked.append((list(paths), None, options))
        return self.result

    def migrate_text(self, name: str, text: str, options: Options) -> Migration:
        self.asked.append((name, text, options))
        return self.result


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    fake = Pipeline()
    module = ModuleType("tfmigrate.pipeline")
    module.__dict__.update(migrate=fake.migrate, migrate_text=fake.migrate_text, Options=Options)
    monkeypatch.setitem(sys.modules, "tfmigrate.pipeline", module)
    monkeypatch.setitem(CODES, "TFM299", Code(Severity.REFUSED, "a refusal", "Because.", "Do this."))
    return fake


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("net.py")
    path.write_text("a\nb\n")
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call


_GROUP = SharingGroup(
    scope="net",
    layer="Net",
    owner="build",
    creates=Place("net.py", 3),
    reuses=(Place("net.py", 4), Place("net.py", 5), Place("eval.py", 2)),
    variables=(
        Variable("net/w", ("x.shape[-1]", "4")),
        Variable("net/step", None, "int32", False, "tf.zeros_initializer()"),
    ),
    state=State.MIGRATED,
)
_LEFT = replace(_GROUP, scope="rnn", state=State.REFUSED, codes=("TFM299",), reuses=(), variables=())
_FINDING = Finding("net.py", 3, 4, "TFM299", "the scope's name is computed")


# --- streams and exit status


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
        changes=(FileChange(program, "a\nb\n", "c\n"),), groups=(_GROUP, _LEFT), findings=(_FINDING,), files_read=2
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
    pipeline.result = Migration(groups=(_GROUP,), findings=(_FINDING,), variable_map={"b": "c", "a": "d"})
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
    later = replace(_FINDING, line=20, message="later")
    pipeline.result = Migration(findings=(later, _FINDING))
    status, out, err = run("diff", program)
    assert (status, out) == (1, "")
    assert [line.split(" ", 2)[0] for line in err.splitlines()[::2]] == ["net.py:3:5:", "net.py:20:5:"]


def test_apply_writes_and_is_done(pipeline: Pipeline, program: Path, run: Run) -> None:
    added = FileChange(Path("layers.py"), None, "new\n")
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"), added), groups=(_GROUP,), files_read=1)
    status, out, err = run("apply", program)
    assert (status, err) == (0, "")
    assert out.endswith("Changed 1 file, added 1.\n")
    assert program.read_text() == "c\n"
    assert Path("layers.py").read_text() == "new\n"


def test_apply_with_findings_writes_and_needs_a_person(pipeline: Pipeline, program: Path, run: Run) -> None:
    pipeline.result = Migration(changes=(FileChange(program, "a\nb\n", "c\n"),), findings=(_FINDING,))
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


# --- input


def test_options_reach_the_pipeline(
    pipeline: Pipeline, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfmigrate.report.page.transforms", lambda: {"weights": "", "reuse": ""})
    run("plan", "--with-callers", "--only", "weights", "--only", "reuse", "--jobs", "2", program, ".")
    assert pipeline.asked == [([program, Path()], None, Options(True, ("weights", "reuse"), 2, cache=True))]


def test_standard_input(pipeline: Pipeline, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = b"# coding: latin-1\r\n# \xe9\r\n"
    text = "# coding: latin-1\n# \xe9\n"
    pipeline.result = Migration(changes=(FileChange(Path("stdin.py"), text, text + "x\n"),))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    status = main(["diff", "-"])
    assert status == 1
    assert pipeline.asked[0][:2] == ("stdin.py", text)


def test_the_diff_of_standard_input_has_its_bytes(
    pipeline: Pipeline, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "# coding: latin-1\n# \xe9\n"
    pipeline.result = Migration(changes=(FileChange(Path("a.py"), text, text + "x\n"),))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"# coding: latin-1\r\n# \xe9\r\n")))
    assert main(["diff", "--stdin-filename", "a.py", "-"]) == 1
    assert capfdbinary.readouterr().out.endswith(b" # coding: latin-1\r\n # \xe9\r\n+x\r\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "missing.py"], "no such file or directory: missing.py"),
        (["check", "net.py", "missing"], "no such file or directory: missing"),
        (["apply", "-"], "apply writes files; use `tfmigrate diff -` for standard input"),
        (["diff", "-", "net.py"], "- can't be combined with other paths"),
        (["diff", "--only", "weihgts", "net.py"], "no transform is called 'weihgts'; there are reuse, weights"),
        (["explain", "weigths"], "nothing is called 'weigths'; did you mean weights?"),
        (["explain", "zzz"], "nothing is called 'zzz'; `tfmigrate explain` lists all."),
    ],
)
def test_what_cannot_be_done_is_one_line(
    pipeline: Pipeline,
    program: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr("tfmigrate.report.page.transforms", lambda: {"reuse": "", "weights": ""})
    assert run(*arguments) == (2, "", f"tfmigrate: error: {message}\n")
    assert pipeline.asked == []


@pytest.mark.parametrize(
    "arguments", [[], ["plna", "."], ["plan"], ["plan", "--jobs", "-1", "."], ["plan", "--o", "."]]
)
def test_wrong_usage_is_an_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_our_own_mistakes_are_told_from_changes(
    pipeline: Pipeline, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "result", None)
    status, _, err = run("plan", program)
    assert status == 2
    assert "Traceback" in err
    assert "this is a mistake of tfmigrate" in err


def test_text_that_the_encoding_lacks_is_a_finding_of_diff_too(pipeline: Pipeline, program: Path, run: Run) -> None:
    text = "# coding: ascii\n"
    program.write_text(text)
    pipeline.result = Migration(changes=(FileChange(program, text, text + "# \xe9\n"),))
    status, out, err = run("diff", program)
    assert (status, out) == (2, "")
    assert err.startswith("net.py:2:1: TFM004 ")


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


# --- the variable map


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


# --- check


Asked = list[tuple[tuple[object, ...], dict[str, object]]]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the checker was asked; it answers with the status that the entry is called."""
    asked: Asked = []

    def check(*paths: Path, spec: CheckSpec, **options: object) -> Verdict:
        asked.append((paths, {"spec": spec, **options}))
        return Verdict(Status(spec.function.replace("_", " ")), "a reason")

    monkeypatch.setattr("tfmigrate.verify.check", check)
    return asked


@pytest.mark.parametrize(("answer", "status"), [("equivalent", 0), ("different", 1), ("could_not_tell", 2)])
def test_check_ends_with_the_verdict(checked: Asked, program: Path, run: Run, answer: str, status: int) -> None:
    found, out, _ = run("check", "--entry", answer, program, program)
    assert found == status
    assert out.endswith(f"{answer.upper().replace('_', ' ')}: a reason (0 s)\n")


def test_check_takes_the_map_that_the_migration_wrote(checked: Asked, program: Path, run: Run) -> None:
    Path("copy").mkdir()
    Path("copy/tfmigrate-map.json").write_text('{"a/w": "b/w"}')
    Path("other.json").write_text('{"c/w": "d/w"}')
    run("check", "--entry", "equivalent", ".", "copy")
    run("check", "--entry", "equivalent", ".", "copy", "--map", "other.json")
    run("check", "--entry", "equivalent", ".", ".")
    assert [options["variable_map"] for _, options in checked] == [{"a/w": "b/w"}, {"c/w": "d/w"}, {}]


def test_check_is_asked_what_the_user_asks(checked: Asked, program: Path, run: Run) -> None:
    Path("copy").mkdir()
    options = ["--entry", "net:equivalent", "--steps", "5", "--timeout", "9", "--before-python", program]
    run("check", ".", "copy", *options)
    spec = CheckSpec(function="equivalent", module="net", steps=5, timeout=9.0)
    asked = {"spec": spec, "before_python": program, "variable_map": {}, "renamed_savers": False}
    assert checked == [((Path(), Path("copy")), asked)]


def test_check_for_machines(checked: Asked, program: Path, run: Run) -> None:
    _, out, _ = run("check", "--entry", "different", "--format", "json", program, program)
    assert json.loads(out)["status"] == "different"


def test_check_without_training_is_one_line(checked: Asked, program: Path, run: Run) -> None:
    status, _, err = run("check", "--steps", "0", program, program)
    assert status == 2
    assert err == "tfmigrate: error: steps: expected a number above 0\n"
    assert checked == []


def test_a_broken_map_is_one_line(checked: Asked, program: Path, run: Run) -> None:
    Path("map.json").write_text('{"a": 1}')
    assert run("check", program, program, "--map", "map.json") == (
        2,
        "",
        "tfmigrate: error: map.json: not a variable map\n",
    )
    assert checked == []


# --- the whole process


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


def test_explain_lists_every_code_and_every_transform(run: Run) -> None:
    status, out, _ = run("explain")
    assert status == 0
    assert set(CODES) <= set(out.split())
    installed = {path.stem for path in Path(__file__).parent.parent.glob("transforms/[!_]*.py")}
    assert installed <= set(out.split())


@pytest.mark.parametrize("topic", ["TFM005", "tfm005"])
def test_explain_a_finding(run: Run, topic: str) -> None:
    status, out, _ = run("explain", topic)
    assert status == 0
    assert out.startswith("TFM005  ")
    assert CODES["TFM005"].todo in out
    assert CODES["TFM005"].why in out


def test_explain_a_transform_from_any_pack(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = tmp_path / "acme_pack"
    pack.mkdir()
    (pack / "__init__.py").write_text("raise SystemExit('a page must not run the pack')")
    (pack / "widgets.py").write_text('"""Turns widgets into layers.\n\nBefore::\n\n    widget(x)\n"""\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("tfmigrate.report.page.entry_points", lambda group: [SimpleNamespace(value="acme_pack")])
    assert run("explain", "widgets") == (
        0,
        "widgets\n\nTurns widgets into layers.\n\nBefore::\n\n    widget(x)\n",
        "",
    )


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
