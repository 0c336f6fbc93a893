"""A pipeline that says what the test wants, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tfmigrate.choosing import BY_DEFAULT, Choice
from tfmigrate.finding import Finding
from tfmigrate.model import Migration, Place, SharingGroup, State, Variable


@dataclass(frozen=True)
class Options:
    with_callers: bool = False
    only: tuple[str, ...] = ()
    jobs: int = 0
    in_place: bool = False
    choice: Choice = BY_DEFAULT
    cache: bool = False


@dataclass
class Pipeline:
    """Stands in for tfmigrate.pipeline: gives the result it was told, remembers what it was asked."""

    result: Migration = field(default_factory=Migration)
    asked: list[tuple[object, object, Options]] = field(default_factory=list)

    def migrate(self, paths: Sequence[Path], options: Options) -> Migration:
        self.asked.append((list(paths), None, options))
        return self.result

    def migrate_text(self, name: str, text: str, options: Options) -> Migration:
        self.asked.append((name, text, options))
        return self.result


Run = Callable[..., tuple[int, str, str]]


GROUP = SharingGroup(
    scope="net",
    layer="Net",
    owner="build",
    creates=Place("net.py", 3),
    reuses=(Place("net.py", 4), Place("net.py", 5), Place("eval.py", 2)),
    variables=(
        Variable("net/w", ("x.shape[-1]", "4")),
        Variable("net/step", None, "int32", False, "tf.zeros_initializer()"),
    ),
    state=State.MIGRATED,
)


LEFT = replace(GROUP, scope="rnn", state=State.REFUSED, codes=("TFM299",), reuses=(), variables=())


FINDING = Finding("net.py", 3, 4, "TFM299", "the scope's name is computed")
