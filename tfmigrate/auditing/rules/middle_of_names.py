"""`"d_" in v.name` that catches `embed_w` beside the scope `d_h0` it is meant for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.naming import by_name
from tfmigrate.auditing.remark import Remark
from tfmigrate.walk.naming import is_plain
from tfmigrate.walk.regions import show_path


def check(facts: Facts) -> Iterator[Remark]:
    for found in by_name(facts):
        if found.how != "in":
            continue
        names = [show_path(v.path) for v in found.query.variables if v.path is not None and is_plain(v.path)]
        begins = re.compile(rf"(?<![^\W_]){re.escape(found.spelled)}")
        meant = [name for name in names if begins.search(name)]
        caught = [name for name in names if not begins.search(name)]
        # any other text may be a word that stands anywhere, "conv" in "deconv"
        if meant and caught and found.spelled.endswith(("_", "/")):
            text = f"{found.spelled!r} is meant for {meant[0]}, and is also in the middle of {caught[0]}"
            yield Remark("TFM713", found.module, found.text, text)
