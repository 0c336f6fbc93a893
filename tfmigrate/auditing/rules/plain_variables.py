"""`tf.Variable` at a line that runs again in a scope that is reused.

One that is not trained may well be the state of one call, so it is let be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.auditing.facts import SHARING, Facts, surely_both
from tfmigrate.auditing.remark import Elsewhere, Remark
from tfmigrate.walk.records import PlainVariable
from tfmigrate.walk.regions import Path, show_path


def check(facts: Facts) -> Iterator[Remark]:
    for walk in facts.walks:
        first: dict[tuple[ast.Call, Path, int], PlainVariable] = {}
        for made in walk.scoping.plain_variables:
            if not made.trainable:
                continue
            known = first.setdefault((made.node, made.path, id(made.region.graph)), made)
            if known is made or made.reuse not in SHARING or made.region.frame is known.region.frame:
                continue
            if not surely_both(known.region, made.region):
                continue
            scope = show_path(made.path) or "the graph"
            text = f"this makes one more trainable variable at each call, though {scope} is reused"
            yield Remark("TFM709", made.region.module, made.node, text, tuple(_calls(known, made)))


def _calls(*made: PlainVariable) -> Iterator[Elsewhere]:
    for each, text in zip(made, ("made by this call", "and once more by this one")):
        region = each.region.call
        if region.node is not None and region.parent is not None:
            yield region.parent.module, region.node, text
