"""A list of variables by a name that no variable has, and that is written nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.naming import ByName, by_name
from tfmigrate.auditing.remark import Remark

# what may make variables, or name scopes, in ways that the walk does not see
_BLIND = {"TFM201", "TFM302", "TFM307", "TFM406", "TFM407", "TFM501", "TFM505", "TFM602"}


def check(facts: Facts) -> Iterator[Remark]:
    found = [*by_name(facts)]
    texts = {id(each.text) for each in found}
    full = {id(each.text) for each in found if not _is_empty(each)}
    told: set[int] = set()
    for each in found:
        if id(each.text) in full | told or _is_blind(each) or _is_known(facts, each, texts):
            continue
        told.add(id(each.text))
        yield Remark("TFM712", each.module, each.text, f"no variable that is there by now is called {each.spelled!r}")


def _is_empty(each: ByName) -> bool:
    query = each.query
    source = query.source if query.source is not None else each.walk.scoping.all_variables
    return query.complete and not query.variables and not query.slots and bool(source)


def _is_blind(each: ByName) -> bool:
    scoping = each.walk.scoping
    return each.walk.cut or bool(scoping.unresolved_calls) or any(f.code in _BLIND for f in scoping.findings)


def _is_known(facts: Facts, each: ByName, texts: set[int]) -> bool:
    """Whether any part of the text is written elsewhere, as it may become a name there, or is a pattern."""
    if re.search(r"[^\w/.\- ]", each.spelled):
        return True
    words = [word for word in each.spelled.split("/") if word]
    for module in facts.program.modules.values():
        for node in module.of_kind(ast.Constant):
            if isinstance(node.value, str) and id(node) not in texts and any(word in node.value for word in words):
                return True
    names = (v.path for walk in facts.walks for v in walk.scoping.all_variables)
    return any(path is None or any(words[0] in str(segment) for segment in path) for path in names)
