"""`variable_scope(None, default_name="net", reuse=True)`."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import SHARING, Facts
from tfmigrate.auditing.remark import Remark
from tfmigrate.walk.scoping import reuse_of
from tfmigrate.walk.values import NONE


def check(facts: Facts) -> Iterator[Remark]:
    for walk in facts.walks:
        for call in walk.scoping.scope_calls:
            named = call.given.get("name_or_scope", NONE) != NONE
            if not named and "default_name" in call.given and reuse_of(call.given.get("reuse", NONE)) in SHARING:
                text = "a scope that is to be reused needs its name; with default_name alone TF1 raises ValueError"
                yield Remark("TFM708", call.region.module, call.node, text)
