"""The names that TensorFlow 1 gives of itself, numbered within a scope, and names that only a run knows."""

from __future__ import annotations

import ast
import re

from tfmigrate.finding import Finding
from tfmigrate.program.link import Module
from tfmigrate.program.rounds import runs_through
from tfmigrate.walk.branches import Branches
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.growing import Growth
from tfmigrate.walk.journal import depth_of
from tfmigrate.walk.numbering import Number, Numbering, Running, Total, can_be_counted, running_loop
from tfmigrate.walk.regions import Path, Region, show_path
from tfmigrate.walk.values import (
    Const,
    Counted,
    Symbol,
    Text,
    Value,
    text_of,
)


class DefaultNames(Branches):
    """What has no name of its own: scopes with a `default_name`, and unnamed layers."""

    def __init__(self) -> None:
        super().__init__()
        # what gave the name that was given last, where that depends on a loop; and all such
        self._number: Number | None = None
        self._numbers: list[tuple[str, Number, ast.Call, Module, Region | None]] = []
        # where scopes that reuse get names that only a run knows
        self._looked_for: dict[str, tuple[ast.Call, Module]] = {}

    def _unique(
        self, ev: Evaluator, default: Value, node: ast.Call, names_variables: bool = True, loops: int | None = None
    ) -> Path:
        """The automatic name that TF1 gives: the default name, numbered within the scope that is open.

        loops: how many are around what is named, if not those around the node.
        """
        name = text_of(default)
        if name is None:
            finding = self.blame("TFM201", node, ev, "the default name of this scope cannot be known from the program")
            return self._unknown_name("?", node, finding)
        conditions = depth_of(ev.frame, "conditions")
        deeper = (depth_of(ev.frame, "loops") if loops is None else loops) - self.scope.depth[0]
        looping = deeper > 0 and names_variables
        if name in self.scope.ambiguous and names_variables:
            self.blame(
                "TFM204",
                node,
                ev,
                f"the number of this unnamed layer ({name}, {name}_1, ...) depends on a condition above",
            )
        if self.scope.disturbed and names_variables:
            text = f"what number this unnamed layer gets ({name}, {name}_1, ...) {self.scope.disturbed} decides as well"
            self.blame("TFM204", node, ev, text)
        if conditions > self.scope.depth[1] + self._sides.count(self.scope):
            self.scope.ambiguous.add(name)
        running = running_loop(ev.frame) if looping and deeper == 1 and loops is None else None
        self._number = None
        numbering = self.scope.numbers.setdefault(name, Numbering())
        given = None
        if names_variables and not numbering.lost and (running is not None or not looping):
            given = self._given_number(ev, name, numbering, running, node)
        if given is not None:
            return (given,)
        if looping:
            text = f"this unnamed layer is numbered anew in every round of the loop: {name}, {name}_1, ..."
            self.blame("TFM204", node, ev, text)
            numbering.lost = True
        elif names_variables and (numbering.lost or numbering.total.loops):
            text = f"the number of this unnamed layer ({name}, {name}_1, ...) depends on a loop that cannot be counted"
            self.blame("TFM204", node, ev, text)
        number = 0
        while self.graph.counts[show_path((*self.scope.path, Const(name if not number else f"{name}_{number}")))] > 0:
            number += 1
        if names_variables and not looping and not numbering.total.loops:
            numbering.total = Total(number + 1)
        return (Const(name if not number else f"{name}_{number}"),)

    def _given_number(
        self, ev: Evaluator, name: str, numbering: Numbering, running: Running | None, node: ast.Call
    ) -> Const | Text | None:
        """The name that loops number, or have numbered before; None where none did, or where it cannot be known."""
        if numbering.running is not None and (running is None or running.now.run is not numbering.running.run):
            numbering.leave()
        if running is None and not numbering.total.loops:
            return None
        if self._is_taken(name, numbering) or not all(map(can_be_counted, numbering.total.loops)):
            return None
        place = 0
        if running is not None:
            if numbering.running is None:
                numbering.running = running.rounds(ev, numbering.total)
            if numbering.running is None or not runs_through(running.loop):
                return None
            place = numbering.running.place(running.now.first)
        number = Number(name, numbering.total, numbering.running, place, numbering)
        segment = number.segment(running is None or running.now.first)
        if segment is None:
            return None
        if running is None:
            numbering.total = Total(numbering.total.plain + 1, numbering.total.loops)
        numbering.given.add(str(segment))
        self._number = number
        self._numbers.append((show_path(self.scope.path), number, node, ev.frame.module, self.region))
        return segment

    def _is_taken(self, name: str, numbering: Numbering) -> bool:
        """Whether the program itself gives a name that looks like one of those which TF1 numbers."""
        around = show_path(self.scope.path)
        before = f"{around}/{name}" if around else name
        for key, count in self.graph.counts.items():
            if count <= 0 or not key.startswith(before) or "/" in key[len(before) :]:
                continue
            rest = key[len(before) :]
            given = key[len(around) + 1 if around else 0 :] in numbering.given
            early = rest == "" or (rest[1:].isdigit() and int(rest[1:]) < numbering.total.plain)
            if not given and not early and (re.fullmatch(r"_\d+", rest) or "{" in rest):
                return True
        return False

    def _check_numbers(self) -> None:
        """The program is over: loops that do not number the same in every round, or not at every time."""
        for variable in self.all_variables:
            parts = (part for segment in variable.path or () if isinstance(segment, Text) for part in segment.parts)
            for part in parts:
                growth = part.source if isinstance(part, Counted) else None
                if isinstance(growth, Growth) and growth.broken:
                    text = "a name counts the items of a list, which not every round makes longer by one"
                    self._blame_at("TFM201", growth.loop, growth.module, text, variable.region)
        steps: dict[str, int] = {}
        for scope, number, node, module, region in self._numbers:
            for rounds in number.loops():
                key = f"{scope}/{number.base}: {rounds.before.key}@{rounds.key}"
                known = steps.setdefault(key, rounds.made[0])
                if not rounds.is_steady or known != rounds.made[0]:
                    text = (
                        f"what the loop makes of this kind ({number.base}, {number.base}_1, ...) is not always as many"
                    )
                    self._blame_at("TFM204", node, module, text, region)

    def _unknown_name(self, text: str, node: ast.Call, finding: Finding) -> Path:
        """A name that is not known, the same one at each run of the node."""
        key = f"unknown@{finding.path}:{node.lineno}:{node.col_offset}"
        self._unknown[key] = finding
        return (Text((Symbol(text, key),)),)

    def _looked_up(self, text: str, node: ast.Call, ev: Evaluator) -> Path:
        """The name of a scope in which variables are only looked up; whatever else asks for some is told of it."""
        key = f"unknown@{ev.frame.module.path}:{node.lineno}:{node.col_offset}"
        self._looked_for[key] = node, ev.frame.module
        return (Text((Symbol(text, key),)),)
