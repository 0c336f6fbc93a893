"""What a rule says: at a node, with the other places that it is about."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tfmigrate.auditing.facts import Facts
from tfmigrate.finding import Finding, Related
from tfmigrate.program.link import Module

# a place elsewhere, and what is there
Elsewhere = tuple[Module, ast.AST, str]


@dataclass(frozen=True)
class Remark:
    """One thing to tell of the program. elsewhere: in the order in which a person should look."""

    code: str
    module: Module
    node: ast.AST
    message: str
    elsewhere: tuple[Elsewhere, ...] = ()

    def finding(self) -> Finding:
        line, column = _place(self.node)
        related = (Related(str(module.path), *_place(node), text) for module, node, text in self.elsewhere)
        return Finding(str(self.module.path), line, column, self.code, self.message, tuple(related))


Rule = Callable[[Facts], Iterator[Remark]]


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
