"""What a run found as Markdown, for the summary of a job or the text of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tfmigrate.model import Migration, SharingGroup, State
from tfmigrate.report import terminal
from tfmigrate.verify.verdict import KINDS, SideOfVariable, Status, VariableRow, Verdict

_MARKS = {Status.EQUIVALENT: "✅", Status.DIFFERENT: "❌", Status.COULD_NOT_TELL: "⚠️"}
# a job's summary may hold 1 MiB; a table of this many rows is read by nobody
_MOST = 500


def of_migration(migration: Migration) -> str:
    """The sharing groups, their variables, and what is refused or to be looked at."""
    text = f"## tfmigrate: plan\n\n{terminal.totals(migration)}\n"
    if migration.groups:
        text += "\n" + _table(("scope", "state", "becomes", "created", "shared"), map(_group, migration.groups))
    variables = list(_variables(migration))
    if variables:
        columns = ("TF1 name", "Keras path", "shape", "dtype", "trainable")
        text += _folded(terminal.count(len(variables), "variable"), _table(columns, variables))
    if migration.findings:
        rows = [(f"`{f.path}:{f.line}`", f.code, _cell(f.message), _cell(f.todo)) for f in migration.findings]
        text += _folded(terminal.count(len(rows), "finding"), _table(("where", "code", "what", "what to do"), rows))
    return text


def of_verdict(verdict: Verdict) -> str:
    """The answer, what it rests on, and the table of variables."""
    text = f"## tfmigrate: check\n\n{_MARKS[verdict.status]} **{verdict.status.value}**: {_cell(verdict.reason)}\n"
    if verdict.differences:
        text += "\n" + "".join(f"- {_cell(str(difference))}\n" for difference in verdict.differences[:_MOST])
    text += "".join(f"\n> {_cell(note)}\n" for note in verdict.notes)
    if verdict.compared:
        rows = [(kind, str(verdict.compared[kind])) for kind in KINDS if verdict.compared.get(kind)]
        text += _folded("what was compared", _table(("kind", "compared"), rows))
    if verdict.variables:
        columns = ("variable", "shape", "dtype", "trainable", "read before at", "read after at")
        title = terminal.count(len(verdict.variables), "variable")
        text += _folded(title, _table(columns, map(_verdict_row, verdict.variables)))
    return text


def _group(group: SharingGroup) -> tuple[str, ...]:
    migrated = group.state is State.MIGRATED
    state = "migrated" if migrated else " ".join(["refused", *group.codes])
    becomes = f"{_code(group.layer)}, held by {_code(group.owner)}" if migrated else "-"
    return _code(group.scope), state, becomes, _code(str(group.creates)), terminal.places(group.reuses) or "-"


def _variables(migration: Migration) -> Iterator[tuple[str, ...]]:
    for group in migration.groups:
        for variable in group.variables:
            path = migration.variable_map.get(variable.name, variable.name)
            shape = "?" if variable.shape is None else f"({', '.join(variable.shape)})"
            keras = _code(path) if group.state is State.MIGRATED else "-"
            yield _code(variable.name), keras, _code(shape), variable.dtype, "yes" if variable.trainable else "no"


def _verdict_row(row: VariableRow) -> tuple[str, ...]:
    side = row.before or row.after
    shape = "?" if side is None or side.shape is None else str(side.shape)
    kind = ("?", "?") if side is None else (side.dtype, "yes" if side.trainable else "no")
    return (_code(row.key), shape, *kind, _readers(row.before), _readers(row.after))


def _readers(side: SideOfVariable | None) -> str:
    return "**missing**" if side is None else ", ".join(map(_code, side.readers)) or "-"


def _folded(title: str, table: str) -> str:
    return f"\n<details><summary>{title}</summary>\n\n{table}\n</details>\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(columns), " | ".join("---" for _ in columns), *(" | ".join(row) for row in rows)]
    more = f"\n{len(lines) - 2 - _MOST} more.\n" if len(lines) - 2 > _MOST else ""
    return "".join(f"| {line} |\n" for line in lines[: _MOST + 2]) + more


def _code(text: str) -> str:
    """A name of the program; a stroke would end its cell, a backtick its code."""
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"


def _cell(text: str) -> str:
    """A sentence with names of the program in it; it must not be read as markup."""
    for letter in "\\`*_<>|[]#~":
        text = text.replace(letter, f"\\{letter}")
    return " ".join(text.split())
