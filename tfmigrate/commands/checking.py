"""`check`: two programs in, one verdict out; and how a check is described."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from tfmigrate import verify
from tfmigrate.commands.output import show
from tfmigrate.commands.status import UsageError, must_exist
from tfmigrate.report import variable_map, verdict
from tfmigrate.verify import CheckSpec, SpecError, Verdict
from tfmigrate.verify.settings import find_table


def check(arguments: argparse.Namespace) -> int:
    must_exist(filter(None, [arguments.before, arguments.after, arguments.map, arguments.before_python]))
    spec = spec_of(arguments, [arguments.after, arguments.before])
    found = run(arguments.before, arguments.after, spec, arguments.before_python, arguments.map)
    if arguments.format == "json":
        show([(json.dumps(found.to_json(), indent=2) + "\n", "")], plain=True)
    else:
        show(verdict.pieces(found))
    return found.status.exit_code


def run(
    before: Path,
    after: Path,
    spec: CheckSpec,
    before_python: Path | None,
    named_map: Path | None,
    renamed_savers: bool = False,
) -> Verdict:
    names = read_map(named_map, after)
    return verify.check(
        before,
        after,
        spec=spec,
        before_python=before_python,
        variable_map=names,
        renamed_savers=renamed_savers or spec.renamed_savers,
    )


def spec_of(arguments: argparse.Namespace, programs: Sequence[Path]) -> CheckSpec:
    """What the nearest pyproject.toml of the programs says, and over it what the command line says."""
    given = {key: getattr(arguments, key) for key in ("entry", "run", "steps", "timeout")}
    given = {key: value for key, value in given.items() if value is not None}
    try:
        found = find_table(programs)
    except SpecError as error:
        raise UsageError(str(error)) from None
    if found is not None:
        try:
            CheckSpec.from_table(found.values)  # what is given instead does not hide a mistake in the file
        except SpecError as error:
            raise UsageError(found.locate(error)) from None
    try:
        return CheckSpec.from_table(found.overridden_by(given) if found is not None else given)
    except SpecError as error:
        raise UsageError(str(error)) from None


def read_map(named: Path | None, after: Path) -> dict[str, str]:
    """The map of that name, else the one beside the program, if any."""
    path = named or (after if after.is_dir() else after.parent) / variable_map.FILE_NAME
    if named is None and not path.exists():
        return {}
    try:
        return variable_map.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None
