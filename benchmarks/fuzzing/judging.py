"""What must hold for every input, and whether it did."""

from __future__ import annotations

import signal
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fuzzing.inputs import BYSTANDER, Input
from tfmigrate import source
from tfmigrate.finding import Severity
from tfmigrate.model import FileChange, Migration
from tfmigrate.pipeline import Options, migrate

# of processor time: how busy the machine is does not matter
LONGEST = 10.0
# our own mistake, caught at the boundary; a cluster that the recount refuses is one of another kind
CRASH = "TFM903"


@dataclass(frozen=True)
class Judged:
    """outcome: `changed`, `same`, `caught` (a rewrite that our own proof refused), or `wrong`."""

    outcome: str
    why: str = ""


class _WrongError(Exception):
    pass


class _HangError(BaseException):
    """Not to be caught where mistakes are."""


def judge(made: Input, folder: Path) -> Judged:
    """folder: one that does not exist yet."""
    folder.mkdir(parents=True)
    for name, data in made.files.items():
        (folder / name).write_bytes(data)
    try:
        with _limited():
            return _judge(made, folder)
    except _HangError as hang:
        return Judged("wrong", f"hang: {hang}")
    except _WrongError as wrong:
        return Judged("wrong", str(wrong))
    except Exception as error:  # noqa: BLE001 - what must not happen is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno} in {last.name}"
        return Judged("wrong", f"crash: {type(error).__name__}: {error} ({place})")


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_: int, frame: object) -> None:
        raise _HangError("".join(traceback.format_stack(frame)[-3:]))  # type: ignore[arg-type]

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _judge(made: Input, folder: Path) -> Judged:
    paths = [folder if made.named is None else folder / made.named]
    options = Options(with_callers=made.with_callers)
    migration = migrate(paths, options)
    _must(_on_disk(folder) == made.files, "files were written")
    for finding in migration.findings:
        _must(finding.code != CRASH, f"crash: {finding.message}")
        _must(bool(finding.message), f"{finding.code} says nothing")
        _must(finding.line >= 1 and finding.column >= 0, f"{finding.code} is at {finding.line}:{finding.column}")
    _changes_what_it_may(made, migration, folder)
    if not migration.changes:
        caught = [f"{f.code}: {f.message}" for f in migration.findings if f.severity is Severity.BUG]
        return Judged("caught", caught[0]) if caught else Judged("same")
    for change in migration.changes:
        _written_back(change)
    again = migrate(paths, options)
    crashed = [finding.message for finding in again.findings if finding.code == CRASH]
    _must(not crashed, f"crash in a second run: {crashed[:1]}")
    _must(not again.changes, "a second run changes something")
    caught = [f"{f.code}: {f.message}" for f in migration.findings if f.severity is Severity.BUG]
    return Judged("caught", caught[0]) if caught else Judged("changed")


def _changes_what_it_may(made: Input, migration: Migration, folder: Path) -> None:
    changed = {change.path.name for change in migration.changes}
    _must(len(changed) == len(migration.changes), "a file changes twice")
    _must(changed <= set(made.files), "a file changes that does not exist")
    _must(BYSTANDER not in changed, "a bystander changes")
    _must(made.named is None or made.with_callers or changed <= {made.named}, "a file changes that was not named")
    _must(bool(migration.clusters) or not changed, "something changes and nothing migrates")
    unreadable = {Path(f.path).name for f in migration.findings if f.severity is Severity.ERROR and f.code != "TFM011"}
    _must(not unreadable & changed, "a file changes that cannot be read")


def _written_back(change: FileChange) -> None:
    before = source.read(change.path)
    _must(change.before == before.text, "what changes is not what was read")
    _must(change.after != before.text, "what changes is as it was")
    data = source.encode(before, change.after)
    _must(source.decode(change.path, data).text == change.after, "what is written is read as something else")
    if _compiles(before.text):
        _must(_compiles(change.after), "no Python")
    else:  # such as a `return` outside a function
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(change.after, "after", "exec", 0x400)  # only its syntax tree
    change.path.write_bytes(data)


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "text", "exec")
        except (SyntaxError, ValueError):
            return False
    return True


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _WrongError(otherwise)


def _on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
