"""The file that says where a TF1 variable went, for old checkpoints and for `tfmigrate check`.

It holds one JSON object, TF1 name to Keras path, and only the names that differ. `{i}` in both is the index of a loop.
"""

from __future__ import annotations

import json

from tfmigrate.model import Migration

FILE_NAME = "tfmigrate-map.json"


def render(migration: Migration, old: str = "{}") -> str:
    """old: the text of the map that an earlier run wrote; what it says about other variables stays.

    Raises ValueError if old is something else.
    """
    return json.dumps({**parse(old), **migration.variable_map}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def parse(text: str) -> dict[str, str]:
    """Raises ValueError if the text is something else."""
    known = json.loads(text)
    if not isinstance(known, dict) or not all(isinstance(path, str) for path in known.values()):
        raise ValueError("not a variable map")
    return known
