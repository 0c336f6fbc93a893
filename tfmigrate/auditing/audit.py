"""All rules over one program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Rule
from tfmigrate.auditing.rules import RULES
from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.program.link import Module, Program
from tfmigrate.progress import steps
from tfmigrate.walk.roots import walk_program

_NOQA = re.compile(r"#\s*noqa:\s*([A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)")


def audit_program(program: Program) -> set[Finding]:
    """What is wrong or fragile, without what a line itself asks not to hear."""
    walks, _ = walk_program(program)
    facts = Facts(program, walks)
    found: list[Finding] = []
    for rule in steps("judging", RULES):
        result = attempt(partial(_told, rule, facts), _some(program).path)
        found += [result] if isinstance(result, Finding) else result
    modules = {str(module.path): module for module in program.modules.values()}
    first: dict[tuple[str, int, int, str], Finding] = {}
    for finding in found:  # of the many variables that one line is wrong about, one says it all
        first.setdefault((finding.path, finding.line, finding.column, finding.code), finding)
    return {finding for finding in first.values() if not _is_silenced(finding, modules)}


def _told(rule: Rule, facts: Facts) -> list[Finding]:
    return [remark.finding() for remark in rule(facts)]


def _some(program: Program) -> Module:
    return next(iter(program.modules.values()))


def _is_silenced(finding: Finding, modules: dict[str, Module]) -> bool:
    """Whether the line ends with `# noqa: TFM705`."""
    module = modules.get(finding.path)
    lines = module.text.split("\n") if module is not None else []
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    return any(finding.code in found for found in _names(line))


def _names(line: str) -> Iterator[list[str]]:
    for found in _NOQA.findall(line):
        yield re.findall(r"\w+", found)
