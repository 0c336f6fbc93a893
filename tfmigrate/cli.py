"""The command line: arguments in, exit status out.

Everything heavier than argparse is imported by the command that needs it, so that `--help` costs nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfmigrate.finding import Finding
    from tfmigrate.model import FileChange, Migration
    from tfmigrate.pipeline import Options
    from tfmigrate.source import Source
    from tfmigrate.verify import CheckSpec

DONE, LEFT, FAILED = 0, 1, 2
_STDIN = Path("-")

_DESCRIPTION = """\
Rewrites TensorFlow 1 variable_scope, get_variable and reuse into Keras 3 layers that are reused by instance.
What it can't show to be the same, it leaves as it is, and says why.
"""
_EPILOG = """\
exit status:
  0  nothing left to do or to say
  1  there are changes (plan, diff) or findings that need a person; the two sides differ (check)
  2  an error
"""


class UsageError(Exception):
    """What was asked for can't be done; the text is one line for the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        status = command(options)
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
        prog="tfmigrate", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=raw, allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=summary, description=summary, epilog=_EPILOG, formatter_class=raw, allow_abbrev=False
        )
        added.set_defaults(command=command)
        return added

    plan = add("plan", _plan, "show what would be migrated, what refused, and who shares what; writes nothing")
    _add_paths(plan, stdin=True)
    plan.add_argument("--format", choices=["text", "json"], default="text")

    diff = add("diff", _diff, "print the whole change as one patch for `git apply`; writes nothing")
    _add_paths(diff, stdin=True)

    apply = add("apply", _apply, "write the change")
    _add_paths(apply, stdin=False)
    apply.add_argument("--out", type=Path, metavar="DIR", help="write a copy of the tree, leave the original as it is")

    explain = add("explain", _explain, "explain a finding (TFM201) or a transform; without a topic, list them")
    explain.add_argument("topic", nargs="?", metavar="CODE")

    check = add("check", _check, "run two programs against each other: same variables, sharing, outputs, training?")
    _add_check_arguments(check)
    return parser


def _add_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", type=Path, metavar="BEFORE", help="the TensorFlow 1 program, a file or a directory")
    parser.add_argument("after", type=Path, metavar="AFTER", help="the migrated program")
    parser.add_argument(
        "--entry", metavar="MODULE:FUNCTION", help="returns a dict of tensors and training ops; default: build"
    )
    parser.add_argument("--run", metavar="COMMAND", help='instead: a script to start, "train.py --batch 2"')
    parser.add_argument("--steps", type=int, metavar="N", help="training steps to compare; default: 3")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for each side; default: 120")
    parser.add_argument("--map", type=Path, metavar="FILE", help="the variable map; default: the one in AFTER, if any")
    parser.add_argument(
        "--before-python", type=Path, metavar="PYTHON", help="an interpreter with TensorFlow 1.15 to run BEFORE in"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")


def _add_paths(parser: argparse.ArgumentParser, stdin: bool) -> None:
    what = "a Python file or a directory"
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=f"{what}, or - for standard input" if stdin else what
    )
    parser.add_argument(
        "--with-callers", action="store_true", help="also change files outside PATH that use what changes"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only this transform; may be given several times"
    )
    parser.add_argument("--jobs", type=_number, default=0, metavar="N", help="processes; default: one per core")
    if stdin:
        parser.add_argument(
            "--stdin-filename", type=Path, default=Path("stdin.py"), metavar="NAME", help="what to call standard input"
        )


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


# --- commands


def _plan(arguments: argparse.Namespace) -> int:
    migration, _ = _migrate(arguments)
    if arguments.format == "json":
        from tfmigrate.report import as_json

        _print([(as_json.render(migration), "")], plain=True)
    else:
        from tfmigrate.report import terminal

        _print(terminal.pieces(migration))
    _say(migration)
    return _status(migration, arguments.paths, bool(migration.changes))


def _diff(arguments: argparse.Namespace) -> int:
    from tfmigrate import source
    from tfmigrate.report import patch

    migration, sources = _migrate(arguments)
    problems = source.check(migration.changes, sources)
    if problems:
        _say_findings(problems)
        return FAILED
    base = patch.base_of(change.path for change in migration.changes)
    _print(patch.pieces(patch.render(migration, sources, base)))
    _say(migration)
    return _status(migration, arguments.paths, bool(migration.changes))


def _apply(arguments: argparse.Namespace) -> int:
    if _STDIN in arguments.paths:
        raise UsageError("apply writes files; use `tfmigrate diff -` for standard input")
    from tfmigrate import source
    from tfmigrate.report import terminal

    migration, sources = _migrate(arguments)
    problems = source.write(migration.changes, sources, arguments.out, arguments.paths)
    if problems:
        _say_findings(problems)
        return _fail("nothing was written")
    _say(migration)
    written = _written(migration, arguments.out)
    _print([(f"{terminal.totals(migration)}\n", ""), (f"{written}\n", "bold")])
    return _status(migration, arguments.paths, more=False)


def _explain(arguments: argparse.Namespace) -> int:
    from tfmigrate.report import page

    if arguments.topic is None:
        _print([(page.contents(), "")])
        return DONE
    text = page.render(arguments.topic)
    if text is None:
        from difflib import get_close_matches

        near = get_close_matches(arguments.topic, page.topics(), 1)
        hint = f"did you mean {near[0]}?" if near else "`tfmigrate explain` lists all."
        raise UsageError(f"nothing is called {arguments.topic!r}; {hint}")
    _print([(text, "")])
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    _must_exist(filter(None, [arguments.before, arguments.after, arguments.map, arguments.before_python]))
    import json

    from tfmigrate.report import verdict
    from tfmigrate.verify import check

    found = check(
        arguments.before,
        arguments.after,
        spec=_check_spec(arguments),
        before_python=arguments.before_python,
        variable_map=_read_map(arguments.map, arguments.after),
    )
    if arguments.format == "json":
        _print([(json.dumps(found.to_json(), indent=2) + "\n", "")], plain=True)
    else:
        _print(verdict.pieces(found))
    return found.status.exit_code


# --- from arguments to a migration


def _migrate(arguments: argparse.Namespace) -> tuple[Migration, dict[Path, Source]]:
    """Runs the pipeline; the variable map is one more change. With the files behind the changes, as they are now."""
    if _STDIN not in arguments.paths:
        _must_exist(arguments.paths)
    _must_be_transforms(arguments.only)
    from tfmigrate.pipeline import Options, migrate

    options = Options(with_callers=arguments.with_callers, only=tuple(arguments.only), jobs=arguments.jobs)
    if _STDIN in arguments.paths:
        if len(arguments.paths) > 1:
            raise UsageError("- can't be combined with other paths")
        return _migrate_stdin(arguments.stdin_filename, options)
    migration = migrate(arguments.paths, options)
    if migration.variable_map:
        migration = replace(migration, changes=(*migration.changes, *_map_change(migration, arguments.paths)))
    return migration, _sources(migration.changes)


def _migrate_stdin(name: Path, options: Options) -> tuple[Migration, dict[Path, Source]]:
    from tfmigrate import source
    from tfmigrate.pipeline import migrate_text

    try:
        read = source.decode(name, sys.stdin.buffer.read())
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    return migrate_text(str(name), read.text, options), {name: read}


def _check_spec(arguments: argparse.Namespace) -> CheckSpec:
    from tfmigrate.verify import CheckSpec, SpecError

    table = {key: getattr(arguments, key) for key in ("entry", "run", "steps", "timeout")}
    try:
        return CheckSpec.from_table({key: value for key, value in table.items() if value is not None})
    except SpecError as error:
        raise UsageError(str(error)) from None


def _read_map(named: Path | None, after: Path) -> dict[str, str]:
    from tfmigrate.report import variable_map

    path = named or (after if after.is_dir() else after.parent) / variable_map.FILE_NAME
    if named is None and not path.exists():
        return {}
    try:
        return variable_map.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None


def _must_exist(paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or directory: {path}")


def _must_be_transforms(names: Iterable[str]) -> None:
    if names:
        from tfmigrate.report import page

        known = page.transforms()
        for name in names:
            if name not in known:
                raise UsageError(f"no transform is called {name!r}; there are {', '.join(known) or 'none'}")


def _map_change(migration: Migration, paths: Sequence[Path]) -> list[FileChange]:
    """The map lies at the top of what was named; one of an earlier run is added to."""
    from tfmigrate import source
    from tfmigrate.model import FileChange
    from tfmigrate.report import variable_map

    path = source.common_root(paths) / variable_map.FILE_NAME
    try:
        old = source.read(path).text if path.exists() else None
        after = variable_map.render(migration, "{}" if old is None else old)
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    except ValueError:
        raise UsageError(f"{path} is in the way: it is not a variable map") from None
    return [] if after == old else [FileChange(path, old, after)]


def _sources(changes: Iterable[FileChange]) -> dict[Path, Source]:
    from tfmigrate import source

    try:
        return {change.path: source.read(change.path) for change in changes if change.before is not None}
    except source.SourceError as error:
        raise UsageError(str(error)) from None


# --- what to say


def _status(migration: Migration, named: Iterable[Path], more: bool) -> int:
    """more: changes are left to make. A named file that can't be handled is an error, one in a directory a finding."""
    from tfmigrate.finding import Severity

    files = {str(path) for path in named}
    if any(finding.severity is Severity.ERROR and finding.path in files for finding in migration.findings):
        return FAILED
    return LEFT if more or migration.findings or _left_out(migration) else DONE


def _left_out(migration: Migration) -> list[Path]:
    """Files that would have to change too, and don't."""
    changed = {change.path for change in migration.changes}
    return [path for path in migration.callers if path not in changed]


def _say(migration: Migration) -> None:
    _say_findings(migration.findings)
    left_out = _left_out(migration)
    if left_out:
        sys.stderr.write("These files use what would change, so it stays; name them too, or add --with-callers:\n")
        sys.stderr.writelines(f"    {path}\n" for path in left_out)


def _say_findings(findings: Iterable[Finding]) -> None:
    """As `path:line:column: code message`, which editors understand, and below it what to do."""
    for finding in sorted(findings):
        place = f"{finding.path}:{finding.line}:{finding.column + 1}"
        sys.stderr.write(f"{place}: {finding.code} {finding.message}\n    {finding.todo}\n")


def _written(migration: Migration, out: Path | None) -> str:
    from tfmigrate.report.terminal import count

    added = sum(change.before is None for change in migration.changes)
    changed = f"Changed {count(len(migration.changes) - added, 'file')}" + (f", added {added}" if added else "")
    return (changed if migration.changes else "Nothing to change") + (
        "." if out is None else f"; the copy is in {out}."
    )


def _print(pieces: Iterable[tuple[str, str]], plain: bool = False) -> None:
    """To a terminal with colours, to anything else byte for byte."""
    if not plain and _coloured():
        from rich.console import Console
        from rich.text import Text

        console = Console(soft_wrap=True)
        for text, style in pieces:
            console.print(Text(text.encode("utf-8", "replace").decode(), style), end="")
        return
    data = "".join(text for text, _ in pieces).encode("utf-8", "surrogateescape")
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
