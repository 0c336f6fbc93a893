"""How much of public repositories migrates, and why the rest does not: a table, of code that is read and never run.

    python benchmarks/repositories.py CHECKOUT... [--write docs/repositories.md]

Each folder is planned as it is, in a process of its own; nothing in it is changed. A folder named `owner+name` is shown
as `owner/name`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus
from tfmigrate import Outcome, migrate_many

_MARK = "<!-- measured -->\n"
_PROBES = Path(__file__).parent.parent / "docs" / "probes.md"
_COLUMNS = ["repository", "commit", "files", "TF1 sites", "groups", "migrated", "checked", "findings"]


@dataclass(frozen=True)
class Row:
    """What became of one repository. checked: what a run of both sides said. codes: findings by code."""

    name: str
    commit: str
    files: int
    sites: int
    groups: int
    migrated: int
    checked: str
    codes: Counter[str]
    error: str

    def __str__(self) -> str:
        said = ", ".join(f"{code} {count}" for code, count in self.codes.most_common()) or "—"
        numbers = map(str, (self.files, self.sites, self.groups, self.migrated))
        return f"| {' | '.join([self.name, self.commit, *numbers, self.checked, self.error or said])} |"


def row(path: Path, outcome: Outcome) -> Row:
    files, sites = corpus.sites_in(path)
    groups, migrated = sum(outcome.groups.values()), outcome.groups.get("migrated", 0)
    name = path.name.replace("+", "/")
    checked = _checked(name)
    return Row(name, _commit(path), files, sites, groups, migrated, checked, Counter(outcome.findings), outcome.error)


def _checked(name: str) -> str:
    """How many of the programs that were built from a repository are equivalent, by the page that tells of them."""
    cells = [[cell.strip() for cell in line.split("|")] for line in _PROBES.read_text(encoding="utf-8").splitlines()]
    verdicts = [row[-2] for row in cells if len(row) == 10 and row[1].partition(",")[0] == name]
    return f"{verdicts.count('equivalent')} of {len(verdicts)}" if verdicts else ""


def _commit(path: Path) -> str:
    if not (path / ".git").exists():
        return ""
    command = ["git", "-C", str(path), "rev-parse", "--short=10", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def table(rows: Sequence[Row]) -> str:
    """The rows, their sum, and what refuses most."""
    codes = sum((one.codes for one in rows), Counter[str]())
    in_how_many = Counter(code for one in rows for code in one.codes)
    total = [sum(getattr(one, key) for one in rows) for key in ("files", "sites", "groups", "migrated")]
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *map(str, rows),
        f"| **all {len(rows)}** | | {' | '.join(map(str, total))} | | |",
        "",
        "| code | findings | repositories |",
        "| --- | ---: | ---: |",
        *(f"| {code} | {count} | {in_how_many[code]} |" for code, count in codes.most_common()),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path, nargs="+", metavar="CHECKOUT")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, behind its mark")
    options = parser.parse_args(arguments)
    rows = sorted(
        (row(path, outcome) for path, outcome in migrate_many(options.checkouts)), key=lambda r: r.name.lower()
    )
    text = table(rows)
    if options.write is None:
        print(text)
        return 0
    head, mark, _ = options.write.read_text(encoding="utf-8").partition(_MARK)
    if not mark:
        parser.error(f"{options.write} has no line {_MARK.strip()}")
    options.write.write_text(f"{head}{mark}\n{text}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
