"""The command line: arguments in, exit status out. What the commands do is in `tfmigrate/commands`.

Everything heavier than argparse is imported by the command that needs it, so that `--help` costs nothing.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from tfmigrate.commands.status import FAILED, LEFT, UsageError

_DESCRIPTION = """\
Rewrites TensorFlow 1 variable_scope, get_variable and reuse into Keras 3 layers that are reused by instance.
What it can't show to be the same, it leaves as it is, and says why.
"""
_BEGIN = """\
to begin:
  tfmigrate plan src/                what would happen, and what is refused; writes nothing
  tfmigrate review src/              decide on each part
  tfmigrate apply src/ --out new/    or write all of it, here into a copy
  tfmigrate check src/ new/          run both sides: do they do the same?

"""
_EPILOG = """\
exit status:
  0  nothing left to do or to say
  1  there are changes (plan, diff, batch) or findings (audit too) that need a person; the two sides differ (check)
  2  an error; it could not be told whether the two sides do the same (check, apply --check)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    module, function = options.command.split(":")
    try:
        status: int = getattr(importlib.import_module(f"tfmigrate.commands.{module}"), function)(options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        return _fail(str(error))
    except BrokenPipeError:  # `tfmigrate diff | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return LEFT
    except KeyboardInterrupt:
        return _fail("interrupted")
    except Exception:  # noqa: BLE001  (Python itself would exit with 1, which means something else here)
        traceback.print_exc()
        return _fail("this is a mistake of tfmigrate, please report it with the lines above")


def _fail(message: str) -> int:
    sys.stderr.write(f"tfmigrate: error: {message}\n")
    return FAILED


# --- arguments


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="tfmigrate", description=_DESCRIPTION, epilog=_BEGIN + _EPILOG, formatter_class=raw, allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version)
    parser.add_argument("--print-completion", action=_Completion)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command: str, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=summary, description=summary, epilog=_EPILOG, formatter_class=raw, allow_abbrev=False
        )
        added.set_defaults(command=command)
        return added

    plan = add("plan", "looking:plan", "show what would be migrated, what refused, and who shares what; writes nothing")
    _add_paths(plan, stdin=True)
    _add_summary(plan)
    _add_format(plan)

    audit = add("audit", "auditing:audit", "report what is already wrong or fragile in the TensorFlow 1 program itself")
    audit.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a Python file or a directory")
    _add_choice(audit)
    _add_loudness(audit)
    for name, meaning in (("select", "only findings whose code begins so"), ("ignore", "none whose code begins so")):
        audit.add_argument(f"--{name}", action="append", metavar="CODE", help=f"{meaning}; may be repeated")
    audit.add_argument("--format", choices=["text", "json", "sarif", "github"], default="text", help="as `plan` has it")

    diff = add("diff", "looking:diff", "print the whole change as one patch for `git apply`; writes nothing")
    _add_paths(diff, stdin=True)
    _add_format(diff)
    diff.add_argument(
        "--split", choices=["group"], help="a patch for each part that can be taken on its own, each with its message"
    )
    diff.add_argument("--html", type=Path, metavar="FILE", help="write a page instead, to be read without a network")
    diff.add_argument(
        "--verdict", type=Path, metavar="FILE", help="with --html: what `check --format json` found, to be shown too"
    )
    diff.add_argument("--out", type=Path, metavar="DIR", help="with --split: a file for each; default: standard output")

    apply = add("apply", "applying:apply", "write the change")
    _add_paths(apply, stdin=False)
    apply.add_argument("--out", type=Path, metavar="DIR", help="write a copy of the tree, leave the original as it is")
    _add_dirty(apply)
    apply.add_argument("--check", action="store_true", help="run both sides first, and write only what did the same")
    _add_how_to_run(apply)

    review = add("review", "reviewing:review", "decide group by group and hunk by hunk; writes what you chose")
    _add_paths(review, stdin=False)
    _add_review(review)

    batch = add("batch", "batching:batch", "a report and a patch for each of many checkouts; writes into --out only")
    batch.add_argument("list", type=Path, metavar="LIST", help="a file that names directories, a line each")
    _add_batch(batch)

    undo = add("undo", "undoing:undo", "put all files back as they were before the last apply, or one that was killed")
    undo.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="at or below what was migrated; default: here",
    )

    explain = add("explain", "looking:explain", "explain a finding (TFM201) or a transform; without a topic, list them")
    explain.add_argument("topic", nargs="?", metavar="CODE")

    check = add(
        "check", "checking:check", "run two programs against each other: same variables, sharing, outputs, training?"
    )
    check.add_argument("before", type=Path, metavar="BEFORE", help="the TensorFlow 1 program, a file or a directory")
    check.add_argument("after", type=Path, metavar="AFTER", help="the migrated program")
    _add_how_to_run(check)
    check.add_argument("--map", type=Path, metavar="FILE", help="the variable map; default: the one in AFTER, if any")
    _add_summary(check)
    _add_format(check)

    probe = add("probe", "probing:probe", "write a first version of the build() that `check` runs on both sides")
    probe.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="the TensorFlow 1 program")
    probe.add_argument("-o", "--out", type=Path, metavar="FILE", help="where to; default: standard output")
    probe.add_argument("--force", action="store_true", help="write over FILE if it exists")

    _add_checkpoint(
        add("checkpoint", "checkpoints:checkpoint", "turn a checkpoint into one for the migrated program, or back")
    )
    return parser


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "json", "sarif", "github", "patch"],
        default="text",
        help="json and sarif have published schemas; github: annotations of a workflow; patch: for `git apply`",
    )


def _add_how_to_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--entry", metavar="MODULE:FUNCTION", help="returns a dict of tensors and training ops; default: build"
    )
    parser.add_argument("--run", metavar="COMMAND", help='instead: a script to start, "train.py --batch 2"')
    parser.add_argument("--steps", type=int, metavar="N", help="training steps to compare; default: 3")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for each side; default: 120")
    parser.add_argument(
        "--before-python", type=Path, metavar="PYTHON", help="an interpreter with TensorFlow 1.15 for the old program"
    )


def _add_summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="add the result to FILE as Markdown, as the summary of a job"
    )


def _add_dirty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-dirty", action="store_true", help="write over uncommitted changes in a git work tree too"
    )


def _add_review(parser: argparse.ArgumentParser) -> None:
    _add_dirty(parser)
    parser.add_argument("--write", action="store_true", help="write what was chosen, and do not ask")
    parser.add_argument("--patch", type=Path, metavar="FILE", help="save what was chosen as a patch, and do not ask")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write a copy of the tree, leave the original as it is")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="where decisions are kept; default: .tfmigrate-review.json in PATH"
    )
    parser.add_argument("--restart", action="store_true", help="forget what was decided before")
    parser.add_argument(
        "--web", action="store_true", help="on a page in the browser, which only this machine can reach"
    )
    parser.add_argument("--no-browser", action="store_true", help="with --web: only print the address")


def _add_batch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="where reports and patches go")
    _add_only(parser)
    _add_choice(parser)
    _add_loudness(parser)
    parser.add_argument(
        "--jobs", type=_number, default=0, metavar="N", help="checkouts at a time; default: one per core"
    )
    parser.add_argument("--cluster", metavar="ADDRESS", help="let the workers of this dask scheduler do it")
    parser.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help="for each checkout; default: %(default)s"
    )


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "map", type=Path, metavar="MAP", help="the variable map, or the folder or file whose migration may have one"
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="a TensorFlow checkpoint by its prefix, or x.weights.h5")
    parser.add_argument("new", type=Path, metavar="NEW", help="what to write; x.weights.h5 is a Keras weight file")
    parser.add_argument(
        "--program", type=Path, metavar="PATH", help="the migrated program; all formats need it but names"
    )
    parser.add_argument("--entry", metavar="MODULE:FUNCTION", help="builds the program; default: build")
    parser.add_argument(
        "--format",
        choices=["weights", "objects", "names"],
        help="of the migrated program's side: a Keras weight file, a tf.train.Checkpoint of layers, or variables by"
        " name for tf.train.Saver; default: by its suffix, objects with --program, else names",
    )
    parser.add_argument("--back", action="store_true", help="from the migrated program to TensorFlow 1 names")
    parser.add_argument("--force", action="store_true", help="write over NEW if it exists")


def _add_paths(parser: argparse.ArgumentParser, stdin: bool) -> None:
    what = "a Python file or a directory"
    what = f"{what}, or - for standard input" if stdin else what
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=what)
    parser.add_argument(
        "--with-callers", action="store_true", help="also change files outside PATH that use what changes"
    )
    _add_only(parser)
    _add_choice(parser)
    _add_loudness(parser)
    parser.add_argument("--no-cache", action="store_true", help="work everything out anew, and keep nothing of it")
    parser.add_argument("--jobs", type=_number, default=0, metavar="N", help="processes; default: one per core")
    if stdin:
        parser.add_argument(
            "--stdin-filename", type=Path, default=Path("stdin.py"), metavar="NAME", help="what to call standard input"
        )


def _add_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", action="append", metavar="NAME", help="only this transform; this may be repeated")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    """Which files below what is named."""
    parser.add_argument(
        "--include", action="append", metavar="PATTERN", help="only such files below it; this may be repeated"
    )
    parser.add_argument("--exclude", action="append", metavar="PATTERN", help="no such files below it; likewise")
    parser.add_argument(
        "--no-gitignore", dest="gitignore", action="store_false", default=None, help="also take what git ignores"
    )


def _add_loudness(parser: argparse.ArgumentParser) -> None:
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="no bar and no findings; errors and results only")
    loudness.add_argument("-v", "--verbose", action="store_true", help="say what is being done, and what to do next")


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


class _Version(argparse.Action):
    """argparse's own wants the number before it is asked for, which costs `--help` a search of the installation."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"tfmigrate {version('tfmigrate')}\n")
        parser.exit()


class _Completion(argparse.Action):
    """The script that completes commands, options and files in a shell."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        shells = ("bash", "zsh", "tcsh")
        super().__init__(option_strings, dest, choices=shells, help="print what completes arguments in this shell")

    def __call__(self, parser: argparse.ArgumentParser, _: object, values: object, *__: object) -> None:
        import shtab

        _complete_files(parser, shtab.FILE)
        sys.stdout.write(shtab.complete(parser, str(values)) + "\n")
        parser.exit()


def _complete_files(parser: argparse.ArgumentParser, how: object) -> None:
    for action in parser._actions:
        if action.type is Path:
            action.complete = how  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _complete_files(inner, how)
