"""`reuse=False`, written out, in a scope that is reused."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Remark


def check(facts: Facts) -> Iterator[Remark]:
    for walk in facts.walks:
        for call in walk.scoping.scope_calls:
            if call.outer is True and _says_false(call.node):
                text = "the scope around this one is reused, so this one is too, whatever reuse=False says"
                yield Remark("TFM707", call.region.module, call.node, text)


def _says_false(node: ast.Call) -> bool:
    return any(k.arg == "reuse" and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords)
