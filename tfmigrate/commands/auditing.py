"""`audit`: what is already wrong or fragile in the original. It writes nothing."""

from __future__ import annotations

import argparse

from tfmigrate import api
from tfmigrate.commands.output import show
from tfmigrate.commands.status import DONE, FAILED, LEFT, must_exist
from tfmigrate.commands.watching import watched
from tfmigrate.finding import Severity
from tfmigrate.model import Audit

_GIVEN = ("select", "ignore", "include", "exclude", "gitignore")


def audit(arguments: argparse.Namespace) -> int:
    must_exist(arguments.paths)
    with watched(arguments):
        found = api.audit_with(arguments.paths, {key: getattr(arguments, key) for key in _GIVEN})
    show_audit_as(arguments.format, found, arguments.quiet)
    files = {str(path) for path in arguments.paths}
    if any(finding.severity is Severity.ERROR and finding.path in files for finding in found.findings):
        return FAILED
    return LEFT if found.findings else DONE


def show_audit_as(form: str, found: Audit, quiet: bool = False) -> None:
    if form == "text":
        from tfmigrate.report import remarks

        show([remarks.total(found)] if quiet else remarks.pieces(found))
    elif form == "json":
        from tfmigrate.report import as_json

        show([(as_json.render_audit(found), "")], plain=True)
    elif form == "sarif":
        from tfmigrate.report import as_sarif

        show([(as_sarif.render(found.findings), "")], plain=True)
    else:
        from tfmigrate.report import as_github

        show([(as_github.render_audit(found), "")], plain=True)
