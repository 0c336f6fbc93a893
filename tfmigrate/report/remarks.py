"""An audit as text: each finding with the other places that it is about, and what to do; then the total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tfmigrate.finding import Finding
from tfmigrate.model import Audit
from tfmigrate.report.terminal import Piece, count


def pieces(audit: Audit) -> Iterator[Piece]:
    """With styles, for a terminal."""
    for finding in audit.findings:
        yield f"{finding.path}:{finding.line}:{finding.column + 1}: ", "bold"
        yield finding.code, "bold yellow"
        yield f" {finding.message}\n", ""
        for line in related(finding):
            yield f"    {line}\n", "dim"
        yield f"    {finding.todo}\n\n", ""
    yield total(audit)


def related(finding: Finding) -> list[str]:
    """`model.py:12: made here`"""
    return [f"{other.path}:{other.line}: {other.text}" for other in finding.related]


def total(audit: Audit) -> Piece:
    """`3 findings (1 TFM701, 2 TFM705) in 12 files.`"""
    files = count(audit.files_read, "file")
    if not audit.findings:
        return f"Nothing found in {files}.\n", "bold"
    codes = Counter(finding.code for finding in audit.findings)
    by_code = ", ".join(f"{number} {code}" for code, number in sorted(codes.items()))
    return f"{count(len(audit.findings), 'finding')} ({by_code}) in {files}.\n", "bold"
