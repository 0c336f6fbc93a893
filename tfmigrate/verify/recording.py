"""What the recorder wrote about two programs, and what a comparison collects on the way. Knows no TensorFlow."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfmigrate.verify.verdict import Difference

Json = dict[str, Any]

_HEADINGS = ("Graph execution error", "Detected at node", "Exception encountered when calling")

ON_KERAS_3 = (
    "the before side imports keras, as a program that was migrated in part does, and so it ran on Keras 3, without"
    " stand-ins for what only TensorFlow 1 has"
)


@dataclass(frozen=True)
class Tolerances:
    """How far numbers may be apart: relative to the largest value of the array, per dtype.

    relative: dtype name to tolerance; `update`: relative to the change that training made to a variable;
    initial: relative, for the parameters of initialisers.
    """

    relative: Mapping[str, float] = field(
        default_factory=lambda: {"float64": 1e-10, "float32": 5e-5, "float16": 5e-3, "bfloat16": 2e-2}
    )
    update: float = 1e-3
    initial: float = 1e-4

    def of(self, dtype: str) -> float:
        return self.relative.get(dtype, 5e-5)


@dataclass(frozen=True)
class Recording:
    """What one side wrote for one case."""

    record: Json
    arrays: Mapping[str, Any]

    @classmethod
    def load(cls, prefix: Path, side: str) -> Recording:
        """Reads `<prefix>.<side>.json` and `.npz`."""
        import numpy as np

        record = json.loads(Path(f"{prefix}.{side}.json").read_text())
        with np.load(f"{prefix}.{side}.npz") as members:
            arrays = {name: members[f"a{number}"] for number, name in enumerate(record["arrays"])}
        return cls(record, arrays)

    @property
    def variables(self) -> list[Json]:
        rows: list[Json] = self.record["variables"]
        return rows

    def by_key(self) -> dict[str, Json]:
        return {row["key"]: row for row in self.variables}

    def under(self, prefix: str) -> dict[str, Any]:
        return {name[len(prefix) :]: value for name, value in self.arrays.items() if name.startswith(prefix)}


class Comparison:
    """Collects the differences between two recordings."""

    def __init__(
        self, before: Recording, after: Recording, tolerances: Tolerances, renamed_savers: bool = False
    ) -> None:
        self.renamed_savers = renamed_savers
        self.before = before
        self.after = after
        self.tolerances = tolerances
        self.differences: list[Difference] = []
        self.notes: list[str] = []
        self.compared: Counter[str] = Counter()
        self.biggest: tuple[str, float] | None = None

    def add(self, kind: str, name: str, detail: str, size: float | None = None) -> None:
        self.differences.append(Difference(kind, name, detail, size))

    def rounding(self, name: str) -> float:
        """How far rounding may carry an array of the before side: some times what changed weights did, or a jump.

        Two TensorFlows round otherwise in every operation, not only where the weights come in.
        """
        noise, jumps = (self.before.record.get(kind, {}) for kind in ("noise", "jumps"))
        same = self.before.record.get("tensorflow") == self.after.record.get("tensorflow")
        return float(max((4 if same else 8) * noise.get(name, 0.0), jumps.get(name, 0.0)))

    @property
    def pairs(self) -> Iterator[tuple[str, Json, Json]]:
        after = self.after.by_key()
        for key, row in self.before.by_key().items():
            if key in after:
                yield key, row, after[key]


def describe_error(side: str, phase: str, error: Json) -> str:
    """One sentence on what a program raised, with the line it came from."""
    place = f" at {error['site']}" if error.get("site") else ""
    # TensorFlow and Keras put a heading and the way to the node in front of what happened
    said = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in error["message"].splitlines()]
    message = [line for line in said if line and not line.startswith(_HEADINGS)] or [""]
    verb = "does not build" if phase == "build" else f"fails in {phase}"
    return f"the {side} side {verb}: {error['type']}{place}: {message[0][:300]}"


def listed(items: Sequence[str], most: int = 4) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def sites(row: Json) -> list[str]:
    """The lines of the program that read a variable, innermost, each once."""
    return list(dict.fromkeys(read["sites"][-1] for read in row["reads"] if read["sites"]))


def deviation(one: Any, other: Any, scale: float | None = None) -> float:
    """The largest difference relative to the largest value; infinite where only one side is finite."""
    import numpy as np

    if one.dtype.kind in "iub" and other.dtype.kind in "iub":
        return 0.0 if np.array_equal(one, other) else float("inf")
    one, other = one.astype(np.complex128), other.astype(np.complex128)
    finite = np.isfinite(one)
    if not np.array_equal(finite, np.isfinite(other)):
        return float("inf")
    if not finite.any():
        return 0.0
    gap = float(np.max(np.abs(one[finite] - other[finite])))
    if gap == 0.0:
        return 0.0
    size = scale if scale is not None else float(np.max(np.abs(one[finite])))
    return gap / max(size, 1e-30)
