"""The nouns that travel between the phases. All of them are frozen, picklable data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tfmigrate.finding import Finding

# the transform that runs alone: what it leaves is TensorFlow 1
EXPLICIT_REUSE = "explicit_reuse"


@dataclass(frozen=True, order=True)
class Place:
    """A place in a source file: the file as the user named it, 1-based line, 0-based column in characters."""

    path: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, order=True)
class Variable:
    """One variable of the inventory, by symbolic name.

    name: TF1 name without ":0"; a loop index stands in braces, `d_h{i}_conv/w`.
    shape: dimensions as text, `("x.shape[-1]", "hidden")`; None where the layer decides it when it is built.
    dtype: as TensorFlow names it, `float32`.
    initializer: source text with names resolved as far as they are known; None is the default one.
    """

    name: str
    shape: tuple[str, ...] | None
    dtype: str = "float32"
    trainable: bool = True
    initializer: str | None = None


class State(Enum):
    """What became of a sharing group."""

    MIGRATED = "migrated"
    REFUSED = "refused"


@dataclass(frozen=True)
class SharingGroup:
    """All the calls that reach one scope path; it becomes one layer instance.

    scope: the TF1 scope path. layer: the class it becomes. owner: who holds the instance, `build` or `Gan.generator`.
    creates: the call that makes the variables. reuses: the calls that share them.
    """

    scope: str
    layer: str
    owner: str
    creates: Place
    reuses: tuple[Place, ...]
    variables: tuple[Variable, ...]
    state: State
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Part:
    """A piece of code in a source file. line: of its `def`, `class` or `with`; 0 for the body of the file itself."""

    path: str
    line: int
    last: int

    def holds(self, path: str, line: int) -> bool:
        return path == self.path and self.line <= line <= self.last


@dataclass(frozen=True)
class Cluster:
    """What migrates together or not at all: functions and blocks, by what they are called, and their variables.

    parts: in the order of the program. variables: TF1 names, loop indices and what is not known in braces.
    made: the lines where they are asked for, with their names.
    """

    name: str
    parts: tuple[Part, ...]
    variables: frozenset[str]
    made: tuple[tuple[Part, str], ...] = ()


@dataclass(frozen=True, order=True)
class Step:
    """One thing that is done to these lines of a file, named after the transform that does it."""

    path: str
    line: int
    last: int
    transform: str


@dataclass(frozen=True)
class FileChange:
    """The whole text of one file before and after. before is None for a file that the migration adds.

    python3: what a Python 2 file becomes in a first step, before it is migrated.
    """

    path: Path
    before: str | None
    after: str
    python3: str | None = None

    def steps(self) -> list[FileChange]:
        """The change in the order in which a person should look at it."""
        if self.python3 is None:
            return [self]
        return [FileChange(self.path, self.before, self.python3), FileChange(self.path, self.python3, self.after)]


@dataclass(frozen=True)
class Audit:
    """What is wrong or fragile in a program as it stands, and how many files were read for it."""

    findings: tuple[Finding, ...] = ()
    files_read: int = 0


@dataclass(frozen=True)
class Migration:
    """What a run found and would write. Nothing here has touched the disk.

    variable_map: TF1 variable name to Keras path, only where the two differ.
    clusters: what migrates, in parts that do not depend on each other. steps: what is done where, and why.
    callers: files outside the named paths that must change with it (already part of `changes` with `with_callers`).
    together: which of the changed files must be written together, because a cluster lies in them or is used by them;
    all of them where nothing is said.
    """

    changes: tuple[FileChange, ...] = ()
    groups: tuple[SharingGroup, ...] = ()
    findings: tuple[Finding, ...] = ()
    variable_map: dict[str, str] = field(default_factory=dict)
    callers: tuple[Path, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    together: tuple[frozenset[Path], ...] = ()
    steps: tuple[Step, ...] = ()
    files_read: int = 0

    def holds(self, cluster: Cluster) -> bool:
        """Whether a cluster of another migration of the program migrates in this one too."""
        return any(set(cluster.parts) <= set(found.parts) for found in self.clusters)

    def left_out(self) -> list[Path]:
        """Files that would have to change too, and don't."""
        changed = {change.path for change in self.changes}
        return [path for path in self.callers if path not in changed]


class Ending(Enum):
    """Of one of many checkouts. LEFT: nothing changes, and something needs a person."""

    CHANGED = "changed"
    LEFT = "left"
    DONE = "done"
    ERROR = "error"


@dataclass(frozen=True)
class Outcome:
    """What became of one of many checkouts; plain data, as it may come from another machine.

    key: of all that the rest follows from. error: why there is no rest, in one line. totals: the rest, in one line.
    groups: sharing groups by state. findings: how many, by code. diff: as `tfmigrate diff --format json` prints it.
    patch: for `git apply`; what is not UTF-8 in it stands there as lone surrogates.
    """

    ending: Ending
    key: str = ""
    error: str = ""
    totals: str = ""
    seconds: float = 0.0
    files_read: int = 0
    files_changed: int = 0
    groups: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    diff: str = ""
    patch: str = ""
