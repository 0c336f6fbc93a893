"""The page itself: what there is to say of files, groups, variables and findings, and the template that says it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tfmigrate.finding import CODES, Finding, Severity
from tfmigrate.model import Migration, Place, SharingGroup, State, Variable
from tfmigrate.report.html import files, picture
from tfmigrate.report.html.files import FileText, Mark, Shown
from tfmigrate.report.html.inert import Inert
from tfmigrate.report.locating import name_in, named_from
from tfmigrate.verify.verdict import KINDS, VariableRow, Verdict

GENERATOR = '<meta name="generator" content="tfmigrate">'
_VARIABLES = 200
_FINDINGS = 5
_CLASS = re.compile(r"^[ \t]*class (\w+)", re.MULTILINE)
_STATES = ("migrated", "review", "refused")


@dataclass
class _Group:
    """A sharing group as the page shows it. states: "review" too, with a remark in the file that holds it."""

    id: str
    group: SharingGroup
    states: list[str]
    codes: list[str]
    files: list[str]
    body: str = ""

    @property
    def names(self) -> str:
        return " ".join([self.group.scope, *(variable.name for variable in self.group.variables)])


@dataclass
class _File:
    """A file with what concerns it."""

    id: str
    name: str
    added: bool
    changed: bool
    shown: Shown
    groups: list[_Group] = field(default_factory=list)
    findings: list[_Found] = field(default_factory=list)

    @property
    def states(self) -> list[str]:
        found = {state for group in self.groups for state in group.states}
        return [state for state in _STATES if state in found]

    @property
    def codes(self) -> list[str]:
        return sorted({found.finding.code for found in self.findings}.union(*(group.codes for group in self.groups)))


@dataclass(frozen=True)
class _Found:
    id: str
    finding: Finding
    href: str


@dataclass(frozen=True)
class _VariableLine:
    """A row of the table. path: of the Keras variable, None where it stays TF1's."""

    variable: Variable
    group: _Group
    path: str | None
    before: str
    after: str


def render(
    migration: Migration, texts: Mapping[Path, str], base: Path | None = None, verdict: Verdict | None = None
) -> str:
    """texts: the other files that findings and groups are about. base: files are named from there."""
    return _Page(migration, texts, base, verdict).render()


class _Page:
    def __init__(
        self, migration: Migration, texts: Mapping[Path, str], base: Path | None, verdict: Verdict | None
    ) -> None:
        self.inert = Inert()
        self.migration = migration if base is None else named_from(base, migration)
        self.base = base
        self.verdict = verdict
        self.rows = {row.key: row for row in verdict.variables} if verdict is not None else {}
        self.texts: dict[str, FileText] = {}
        for path, text in texts.items():
            name = name_in(base, path)
            self.texts[name] = FileText(name, text, text)
        for change in migration.changes:
            name = name_in(base, change.path)
            self.texts[name] = FileText(name, change.before, change.after)
        self.findings = self._findings()
        self.groups = self._groups()
        self.files = self._files()

    def render(self) -> str:
        environment = Environment(
            loader=PackageLoader("tfmigrate.report.html", "assets"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        template = environment.get_template("page.html.jinja")
        for group in self.groups:
            group.body = self.inert.keep(environment.get_template("group.html.jinja").render(page=self, group=group))
        variables = self.variables()
        table = environment.get_template("variables.html.jinja")
        tables = [variables[first : first + _VARIABLES] for first in range(0, len(variables), _VARIABLES)]
        chunks = [(self.inert.keep(table.render(lines=lines)), len(lines)) for lines in tables]
        text = template.render(
            page=self,
            tables=chunks,
            variables=len({line.variable.name for line in variables}),
            style=Markup(_asset("page.css")),
            script=Markup(_asset("page.js")),
            inert=Markup(self.inert.html()),
            explained=[(code, CODES[code]) for code in sorted({found.finding.code for found in self.findings})],
            kinds=KINDS,
            places=self.href,
        )
        assert GENERATOR in text
        return text

    # -- what there is

    def _findings(self) -> list[_Found]:
        found = []
        for number, finding in enumerate(self.migration.findings):
            name, anchor = finding.path, f"finding:{number + 1}"
            file = self.texts.setdefault(name, FileText(name, "", ""))
            file.findings.append((anchor, finding))
            found.append(_Found(anchor, finding, self.href(Place(name, finding.line))))
        return found

    def _groups(self) -> list[_Group]:
        review: dict[str, set[str]] = {}
        for finding in self.migration.findings:
            if finding.severity is Severity.REVIEW:
                review.setdefault(finding.path, set()).add(finding.code)
        homes = _Homes(self.migration, self.texts, self.base).of
        found: list[_Group] = []
        taken: Counter[str] = Counter()
        for group in self.migration.groups:
            name = quote(group.scope or "(no scope)")
            taken[name] += 1
            anchor = f"group:{name}" + (f"~{taken[name]}" if taken[name] > 1 else "")
            remarks = review.get(group.creates.path, set()) if group.state is State.MIGRATED else set()
            states = [group.state.value, *(["review"] if remarks else [])]
            paths = sorted({place.path for place in (group.creates, *group.reuses)} | homes(group))
            found.append(_Group(anchor, group, states, sorted({*group.codes, *remarks}), paths))
            for place, verb in [(group.creates, "makes"), *((place, "shares") for place in group.reuses)]:
                if place.path in self.texts:
                    self.texts[place.path].marks.append(Mark(place.line, anchor, f"{verb} {group.scope}"))
        return found

    def _files(self) -> list[_File]:
        found = []
        for name in sorted(self.texts):
            text = self.texts[name]
            shown = files.show(text, self.inert)
            file = _File(f"file:{quote(name)}", name, text.before is None, text.before != text.after, shown)
            file.groups = [group for group in self.groups if name in group.files]
            file.findings = [one for one in self.findings if one.finding.path == name]
            found.append(file)
        return found

    def variables(self) -> list[_VariableLine]:
        return [line for group in self.groups for line in self.lines(group)]

    def lines(self, group: _Group) -> list[_VariableLine]:
        return [self._line(variable, group) for variable in group.group.variables]

    def _line(self, variable: Variable, group: _Group) -> _VariableLine:
        migrated = group.group.state is State.MIGRATED
        path = self.migration.variable_map.get(variable.name, variable.name) if migrated else None
        places = [f"{place.path}:{place.line}" for place in (group.group.creates, *group.group.reuses)]
        row: VariableRow | None = self.rows.get(variable.name)
        if row is not None and row.before is not None and row.after is not None:
            return _VariableLine(variable, group, path, ", ".join(row.before.readers), ", ".join(row.after.readers))
        return _VariableLine(variable, group, path, ", ".join(dict.fromkeys(places)), "")

    # -- for the template

    def href(self, place: Place) -> str:
        return f"file:{quote(place.path)}:b{place.line}"

    def before(self, group: _Group) -> Markup:
        return Markup(picture.before(group.group))

    def after(self, group: _Group) -> Markup | None:
        drawn = picture.after(group.group, self.migration.variable_map)
        return None if drawn is None else Markup(drawn)

    def why(self, group: _Group) -> list[_Found]:
        """The findings that a group's codes stand for; those of other files only where its own have none."""
        found = [one for one in self.findings if one.finding.code in group.codes]
        near = [one for one in found if one.finding.path in group.files]
        return (near or found)[:_FINDINGS]

    @property
    def counts(self) -> list[tuple[str, int]]:
        counted = Counter(state for group in self.groups for state in group.states)
        return [(state, counted[state]) for state in _STATES]

    @property
    def severities(self) -> list[tuple[str, int]]:
        counted = Counter(found.finding.severity.value for found in self.findings)
        return [(severity.value, counted[severity.value]) for severity in Severity if counted[severity.value]]

    @property
    def changed(self) -> int:
        return sum(file.changed for file in self.files)

    @property
    def codes(self) -> list[str]:
        return sorted({code for group in self.groups for code in group.codes} | {f.finding.code for f in self.findings})


class _Homes:
    """The files that a group's code stands in, beside those that call it."""

    def __init__(self, migration: Migration, texts: Mapping[str, FileText], base: Path | None) -> None:
        self.classes: dict[str, set[str]] = {}
        for name, text in texts.items():
            if text.before != text.after:
                for layer in _CLASS.findall(text.after):
                    self.classes.setdefault(layer, set()).add(name)
        self.made: dict[str, set[str]] = {}
        for part, variable in (made for cluster in migration.clusters for made in cluster.made):
            self.made.setdefault(variable, set()).add(name_in(base, Path(part.path)))

    def of(self, group: SharingGroup) -> set[str]:
        if group.state is not State.MIGRATED:
            return set()
        classes = self.classes.get(group.layer, set())
        near = {group.creates.path} if group.creates.path in classes else classes
        return near.union(*(self.made.get(variable.name, set()) for variable in group.variables))


def _asset(name: str) -> str:
    return Path(__file__).with_name("assets").joinpath(name).read_text(encoding="utf-8")
