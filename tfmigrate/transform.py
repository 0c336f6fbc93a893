"""The contract of a transform, and the packs that are found by entry point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol, Union

import libcst as cst

from tfmigrate.sites import Action, Span

Result = Union[cst.CSTNode, cst.FlattenSentinel[cst.CSTNode], cst.RemovalSentinel]
GROUP = "tfmigrate.transforms"


@dataclass
class Context:
    """What a transform may use of the file: rewritten bodies, and classes that wait for their place.

    as_it_was: a function with nothing in it rewritten but the names of symbols.
    """

    config: cst.PartialParserConfig
    indent: str
    rewrite_body: Callable[[Span], cst.CSTNode]
    as_it_was: Callable[[Span], cst.CSTNode]
    updated: dict[Span, cst.CSTNode] = field(default_factory=dict)
    waiting: dict[Span, list[cst.ClassDef | cst.FunctionDef]] = field(default_factory=dict)

    def body(self, span: Span) -> cst.CSTNode:
        """The function or block at `span` with everything inside it rewritten."""
        if span not in self.updated:
            self.updated[span] = self.rewrite_body(span)
        return self.updated[span]

    def wait(self, anchor: Span, definition: cst.ClassDef | cst.FunctionDef) -> None:
        """Keep a class or function until the statement at `anchor` is left; it goes in front of it."""
        known = self.waiting.setdefault(anchor, [])
        if all(other.name.value != definition.name.value for other in known):
            known.append(definition)

    def expression(self, text: str) -> cst.BaseExpression:
        return cst.parse_expression(text, config=self.config)

    def statements(self, lines: Sequence[str]) -> list[cst.BaseStatement | cst.SimpleStatementLine]:
        """Parse lines of code as statements."""
        module = cst.parse_module("\n".join(lines) + "\n", config=self.config)
        body = [*module.body]
        if module.header and body:
            first = body[0]
            assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            body[0] = first.with_changes(leading_lines=[*module.header, *first.leading_lines])
        return body  # type: ignore[return-value]


class Transform(Protocol):
    """Carries out one kind of site. `rewrite` gets the node with its children already rewritten."""

    name: str

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result: ...


def load_transforms() -> list[Transform]:
    """All transforms of all installed packs, in their order."""
    found: list[Transform] = []
    for point in entry_points(group=GROUP):
        found.extend(point.load().transforms())
    return found
