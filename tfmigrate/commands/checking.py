"""`check`: two programs in, one verdict out; and how a check is described."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tfmigrate import api
from tfmigrate.commands.formats import show_verdict_as
from tfmigrate.commands.status import must_exist
from tfmigrate.verify import CheckSpec, Verdict


def check(arguments: argparse.Namespace) -> int:
    must_exist(filter(None, [arguments.before, arguments.after, arguments.map, arguments.before_python]))
    spec = spec_of(arguments, [arguments.after, arguments.before])
    found = run(arguments.before, arguments.after, spec, arguments.before_python, arguments.map)
    if arguments.summary is not None:
        from tfmigrate.commands.summing import add_to
        from tfmigrate.report import summary

        add_to(arguments.summary, summary.of_verdict(found))
    show_verdict_as(arguments.format, found, arguments.before, arguments.after)
    return found.status.exit_code


def run(
    before: Path,
    after: Path,
    spec: CheckSpec,
    before_python: Path | None,
    named_map: Path | None,
    renamed_savers: bool = False,
) -> Verdict:
    return api.check_with(before, after, spec, before_python, api.read_map(named_map, after), renamed_savers)


def spec_of(arguments: argparse.Namespace, programs: Sequence[Path]) -> CheckSpec:
    """What the nearest pyproject.toml of the programs says, and over it what the command line says."""
    given = {key: getattr(arguments, key) for key in ("entry", "run", "steps", "timeout")}
    return api.spec_for(programs, {key: value for key, value in given.items() if value is not None})
