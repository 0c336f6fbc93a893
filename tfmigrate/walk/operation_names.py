"""What operations of a graph are called, as far as it must be known whether a scope or a variable gets its own name.

TensorFlow 1 takes names that differ in their case alone for the same.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.clashes import may_be_same, name_from, repeats
from tfmigrate.walk.regions import Path, Segment, Variable, path_of, rounds
from tfmigrate.walk.values import Const, Text

# what operations are called that nobody gave a name, beside those called like the function that makes them
_UNNAMED = re.compile(
    r"add|addn|sub|mul|truediv|div|floordiv|realdiv|mod|floormod|pow|neg|abs|matmul|batchmatmul|"
    r"stridedslice|logicaland|logicalor|logicalnot|xor|eq|less|greater|equal|notequal|lessequal|"
    r"greaterequal|const|zeros|ones|zeroslike|oneslike|variable|variablev2|placeholder|"
    r"placeholderwithdefault|assign|assignadd|assignsub|identity|read|noop|init|groupdeps|save|restore|"
    r"cond|while|map|scan|rnn|gradients|moments|batchnorm|batchnormalization|dropout|mean|sum|max|min|"
    r"prod|any|all|rank|range|shape|reshape|transpose|concat|stack|unstack|pack|unpack|split|expanddims|"
    r"squeeze|fill|tile|gather|cast|tofloat|toint32|toint64|todouble|onehot|argmax|argmin|select|softmax|"
    r"sigmoid|tanh|relu|elu|selu|leakyrelu|exp|log|sqrt|rsqrt|square|biasadd|conv2d|conv1d|conv3d|maxpool|"
    r"avgpool|randomnormal|truncatednormal|randomuniform|normal|uniform|l2loss|l2normalize|"
    r"embeddinglookup|crossentropy|layernorm|instancenorm|flatten|dense"
)


# a name in a scope, in one round of the loops around
Slot = tuple[object, Path, tuple[bool, ...], str]


@dataclass
class OperationNames:
    """What gave names to operations so far. given: names that calls were told. called: functions that ran.

    opened: the scopes of each graph as they were entered. plain: how many variables of a name each scope has.
    unsure: of which that is not known, or with what name. weights: those that are weights, each round of a loop the
    same. known: whether this is all that gives names.
    """

    opened: list[tuple[object, Path]] = field(default_factory=list)
    given: set[Segment] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    plain: Counter[Slot] = field(default_factory=Counter)
    unsure: set[Slot] = field(default_factory=set)
    weights: dict[tuple[object, Path], Variable] = field(default_factory=dict)
    known: bool = True

    def note(self, name: str, args: Arguments) -> None:
        """A function of a library, or one that is not known, is called, and may take any text for a name."""
        self.called.update({_bare(name.rsplit(".", 1)[-1])} - {""})
        for value in args.values():
            self.given.update(map(lowered, path_of(value) or ()))

    def is_plain(self, graph: object, path: Path) -> bool:
        """Whether the name scope of a variable scope that is open surely has the same name."""
        return all(self._is_first(graph, path[: length + 1]) for length in range(len(path)))

    def _is_first(self, graph: object, path: Path) -> bool:
        """Whether a scope was entered once, under a name that nothing else has."""
        if repeats(path) or self.is_taken(path[-1]):
            return False
        path = tuple(map(lowered, path))
        wanted, name = (path, rounds(path)), name_from(path)
        others = [known for where, known in self.opened if where is graph and len(known) == len(path)]
        others = [tuple(map(lowered, known)) for known in others]
        if sum((known, rounds(known)) == wanted for known in others) != 1:
            return False
        return not any(known != path and may_be_same(name, name_from(known)) for known in others)

    def is_taken(self, segment: Segment) -> bool:
        """Whether an operation may have this name."""
        text = str(segment.value) if isinstance(segment, Const) else str(segment.parts[0])
        if _bare(text) in self.called or _UNNAMED.fullmatch(_bare(text)):
            return True
        name = name_from((lowered(segment),))
        return any(may_be_same(name, name_from((known,))) for known in self.given)


def lowered(segment: Segment) -> Segment:
    """A name as TensorFlow 1 compares it with those that are taken."""
    if isinstance(segment, Const):
        return Const(str(segment.value).lower())
    return Text(tuple(part.lower() if isinstance(part, str) else part for part in segment.parts))


def _bare(name: str) -> str:
    return re.sub(r"(_\d+)?_?$", "", name).replace("_", "").lower()
