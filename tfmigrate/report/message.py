"""What is said above a patch, as the message of the commit that it could be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from tfmigrate.finding import Severity
from tfmigrate.model import Cluster, Migration, State
from tfmigrate.report.locating import named_from
from tfmigrate.report.terminal import count, places
from tfmigrate.report.variable_map import FILE_NAME

if TYPE_CHECKING:
    from tfmigrate.verify.verdict import Verdict

_WIDTH = 72
_NAMES = 3
# what git takes for the beginning of a patch
_PATCH = re.compile(r"diff |--- |\+\+\+ |@@ |Index: |---$")
# the sender is asked for by `git am`, the first line by everything that splits a mailbox
_HEAD = """\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: tfmigrate <tfmigrate@localhost>
Subject: {subject}
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

{body}---

"""


def of_clusters(clusters: Sequence[Cluster], migration: Migration, base: Path) -> str:
    """The head of a mail for `git am`, for the migration of just these clusters. Files are named from base on."""
    lines = _body(named_from(base, migration))
    return _HEAD.format(subject=subject(clusters), body="".join(f"{_harmless(line)}\n" for line in lines))


def subject(clusters: Iterable[Cluster]) -> str:
    names = [name for cluster in clusters for name in cluster.name.split(", ")]
    layers = [name.removeprefix("the layers of ") for name in names]
    shown = layers if len(layers) <= _NAMES else layers[: _NAMES - 1]
    more = f" and {len(layers) - len(shown)} more" if len(shown) < len(layers) else ""
    inside = all(name.startswith("the layers of ") for name in names)
    return f"Keras layers {'in' if inside else 'for'} {', '.join(shown)}{more}"


def of_verdict(verdict: Verdict) -> str:
    """The answer, and what it rests on."""
    compared = ", ".join(f"{number} {kind}" for kind, number in verdict.compared.items() if number)
    lines = [f"{verdict.status.value.upper()}: {verdict.reason}", *_filled("Compared: ", compared)]
    lines += [text for found in verdict.differences for text in _filled("- ", str(found))]
    return "".join(f"{_harmless(line)}\n" for line in [*lines, ""])


def _body(migration: Migration) -> Iterator[str]:
    migrated = [group for group in migration.groups if group.state is State.MIGRATED]
    variables = {variable.name for group in migrated for variable in group.variables}
    yield from _filled(
        "",
        f"{count(len(migrated), 'sharing group')} with {count(len(variables), 'variable name')} "
        "made by variable scopes and reuse: layers that are shared by instance.",
    )
    yield ""
    for group in migrated:
        shared = f", shared at {places(group.reuses)}" if group.reuses else ""
        text = f"{group.scope or '(no scope)'}: {group.layer}, held by {group.owner}; made at {group.creates}{shared}"
        yield from _filled("- ", text)
    if migration.variable_map:
        yield ""
        yield f"Names that change ({FILE_NAME}):"
        yield ""
        for old, new in sorted(migration.variable_map.items()):
            yield from _filled("- ", f"{old} becomes {new}")
    review = [finding for finding in migration.findings if finding.severity is Severity.REVIEW]
    if review:
        yield ""
        yield "To look at:"
        yield ""
        for finding in review:
            yield from _filled("- ", f"{finding.path}:{finding.line}: {finding.code} {finding.message}")


def _filled(mark: str, text: str) -> list[str]:
    return wrap(
        text,
        _WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark) if mark == "- " else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _harmless(line: str) -> str:
    return f" {line}" if _PATCH.match(line) else line
