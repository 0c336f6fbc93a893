"""One input of the fuzzer: the files of a program, and which of them are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from random_tf1.choices import Choices
from random_tf1.programs import write_program

from fuzzing.layouts import BREAKS, LAYOUTS, as_it_is
from fuzzing.mutations import Stock, mutated

# Has nothing to do with TensorFlow, and is used by nobody.
BYSTANDER = "notes_of_a_bystander.py"
_BYSTANDER = (
    b"import os\r\n\r\n\r\ndef scope(name, reuse = None):\r\n\treturn os.path.join(name,str(reuse))  # caf\xc3\xa9"
)

Program = dict[str, str]


@dataclass(frozen=True)
class Input:
    """named: the file that is given to the tool; None for the whole folder. history: what was done to make it."""

    files: dict[str, bytes]
    named: str | None
    with_callers: bool
    history: tuple[str, ...]


@dataclass(frozen=True)
class Material:
    """What inputs are made of."""

    programs: Sequence[Program]
    stock: Stock

    @classmethod
    def read(cls, roots: Sequence[Path], longest: int = 12_000) -> Material:
        """Each `before` below a root is a program, and so is every other file on its own. longest: in letters."""
        programs = []
        for root in roots:
            for path in sorted(root.rglob("*.py")):
                inner = [parent for parent in path.parents if parent.name in ("before", "after")]
                if inner and inner[0].name == "before":
                    if path == min(inner[0].rglob("*.py")):
                        programs.append({p.name: _text(p) for p in sorted(inner[0].rglob("*.py"))})
                elif not inner and path.stem != "after":
                    programs.append({path.name: _text(path)})
        kept = [p for p in programs if 0 < sum(map(len, p.values())) <= longest]
        return cls(kept, Stock.of([text for program in kept for text in program.values()]))


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def make(choices: Choices, material: Material) -> Input:
    """Every decision 0 is a program of the grammar as it is."""
    grammar = choices.weighted([(1, True), (4, False)])
    # small ones are quick, and most mistakes show in them
    sources = () if grammar else (choices.pick(material.programs), choices.pick(material.programs))
    program = write_program(choices) if grammar else dict(min(sources, key=lambda p: sum(map(len, p.values()))))
    history = ["grammar" if grammar else "source"]
    for _ in range(choices.weighted([(3, 0), (4, 1), (3, 2), (2, 4), (1, 8)])):
        name = choices.pick(sorted(program))
        program[name], done = mutated(choices, program[name], material.stock)
        history += [done] if done else []
    layout = choices.pick(LAYOUTS) if choices.chance(30) else as_it_is
    files = {name: layout(choices, text) for name, text in program.items()}
    history.append(layout.__name__)
    for _ in range(choices.weighted([(7, 0), (2, 1), (1, 3)])):
        name, break_ = choices.pick(sorted(files)), choices.pick(BREAKS)
        files[name] = break_(choices, files[name])
        history.append(break_.__name__)
    if choices.chance(20):
        files[BYSTANDER] = _BYSTANDER
    named = choices.pick(sorted(program)) if choices.chance(20) else None
    return Input(files, named, choices.chance(10), tuple(history))
