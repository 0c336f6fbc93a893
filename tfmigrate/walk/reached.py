"""Which variable a request reaches, and whether TensorFlow 1 would allow it."""

from __future__ import annotations

import ast

from tfmigrate.program.texts import unparsed
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.clashes import may_be_same, name_from, repeats
from tfmigrate.walk.decorating import changed_by, hidden_by
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.journal import call_into, depth_of, second_call
from tfmigrate.walk.naming import is_uncertain, symbols_of
from tfmigrate.walk.records import Clash
from tfmigrate.walk.regions import (
    Creation,
    Path,
    Region,
    Segment,
    Variable,
    around,
    show_path,
)
from tfmigrate.walk.templates import Templates
from tfmigrate.walk.values import (
    LoopIndex,
    Text,
)


class Reached(Templates):
    """The variables of a graph by their paths, and the requests for them."""

    def _request(self, ev: Evaluator, path: Path, node: ast.Call, asked: object = False) -> Variable:
        """The variable of a path, made if it is new. asked: the `reuse` of the layer itself."""
        for where, module in (self._looked_for[part.key] for part in symbols_of(path) if part.key in self._looked_for):
            text = "the name of this scope cannot be known from the program"
            self._unknown_name(text, where, self._blame_at("TFM201", where, module, text, self.region))
        known = self.graph.store.get(path)
        reuse = asked or self.scope.reuse
        sure = not depth_of(ev.frame, "conditions") and not is_uncertain(path) and path not in self.graph.wrong
        assert self.region is not None
        if known is not None:
            again = [
                s
                for s in path
                if isinstance(s, Text) and any(isinstance(p, LoopIndex) and not p.first for p in s.parts)
            ]
            if reuse is not False and _of_an_earlier_round(known.path or (), path):
                self._blame_clash(ev, path, node)
            if reuse is False and asked is not None and not again and sure and not self._excludes(ev, known, node):
                self.graph.wrong.add(path)
                if self._is_hidden(ev, self.region):
                    return known
                place, module = second_call(known.region, self.region, node)
                apart = _entered_apart(known.region, self.region)
                if apart is not None:
                    text = f"nothing in the program calls {apart}, so it cannot be known who has {show_path(path)}"
                    self._blame_at("TFM301", node, ev.frame.module, text, self.region)
                    return known
                text = f"{show_path(path)} is made a second time without reuse; TF1 raises here"
                self._blame_at("TFM101", place, module, text, self.region)
                self.clashes.append(Clash("TFM101", place, module, text, known, True, self.region))
            return known
        clash = reuse is not False and self._blame_clash(ev, path, node)
        if reuse is True and sure and not clash and self._is_hidden(ev, self.region):
            self.graph.wrong.add(path)
            sure = False
        if reuse is True and sure and not clash:
            self.graph.wrong.add(path)
            place, module = call_into(self.region, path, node)
            text = f"{show_path(path)} is reused before it was made; TF1 raises here"
            self._blame_at("TFM102", place, module, text, self.region)
        variable = self.graph.store[path] = Variable(path)
        if reuse is True and sure and not clash:
            self.clashes.append(Clash("TFM102", place, module, text, variable, False, self.region))
        self.graph.names.append((name_from(path), variable))
        self._add(variable)
        return variable

    def _is_hidden(self, ev: Evaluator, region: Region) -> bool:
        """Whether it cannot be seen which calls ask for variables here; TensorFlow 1 need not raise."""
        hidden = hidden_by(ev, ev.frame)
        if hidden is not None:
            function, decorator = hidden
            text = f"{function.name} is decorated with @{unparsed(decorator)}"
            self._blame_at("TFM407", decorator, function.module, text, region)
        return hidden is not None

    def _excludes(self, ev: Evaluator, known: Variable, node: ast.Call) -> bool:
        """Whether no run of the program that made the variable comes here."""
        assert self.region is not None
        events = known.region.events if known.region is not None else []
        first = next((e for e in events if isinstance(e, Creation) and known in e.variables), None)
        now = Creation(node, self.region, Arguments(), (), [], loops=tuple(ev.frame.loops))
        return first is not None and exclusive(first, now)

    def _blame_clash(self, ev: Evaluator, path: Path, node: ast.Call) -> bool:
        """A new name that may be a known one; TF1 itself makes sure of that only where nothing is reused."""
        name = name_from(path)
        others = [v for known, v in self.graph.names if (name.symbolic or known.symbolic) and may_be_same(name, known)]
        if not others and not repeats(path):
            return False
        unknown = next((self._unknown[part.key] for part in symbols_of(path) if part.key in self._unknown), None)
        if unknown is None:
            other = show_path(others[0].path or ()) if others else "its own in another round"
            unknown = self.blame("TFM201", node, ev, f"the name {show_path(path)} may be the same as {other}")
        for variable in others:
            self.blames.append((unknown, variable.region))
        return True

    def _add(self, variable: Variable) -> None:
        self.graph.variables.append(variable)
        self.all_variables.append(variable)

    def _create(
        self, ev: Evaluator, node: ast.Call, args: Arguments, path: Path, variables: list[Variable]
    ) -> Creation:
        region, frame = self.region, ev.frame
        assert region is not None
        self._note_first(frame)
        for creator in self._creators if variables else ():
            text = "another function makes the variables in this scope, and a layer does not ask it"
            self._blame_at("TFM203", creator.node, creator.module, text, region)
        for cls in {outer.obj.cls for outer in frame.outward() if outer.obj is not None} if variables else ():
            changed = changed_by(ev.classes.mro(cls))
            if changed is not None:
                text = f"{changed[0].name} may be made another class by {ast.unparse(changed[1])}"
                self._blame_at("TFM407", changed[1], changed[0].module, text, region)
        self._check_blocks(region, variables, node)
        creation = Creation(
            node, region, args, path, variables, loops=tuple(frame.loops), conditions=tuple(frame.conditions)
        )
        region.events.append(creation)
        self.activity += 1
        creation.reuse, creation.time, creation.graph = self.scope.reuse, self.activity, self.graph
        return creation

    def _check_blocks(self, region: Region, variables: list[Variable], node: ast.Call) -> None:
        """Refuse variables in a block that may be a scope, or may run in another graph than others that share them."""
        for block in self._blocks if variables else ():
            if block.unseen:
                text = "what this block is entered with cannot be known, and may open a scope"
                self._blame_at("TFM509", block.expression, block.module, text, region)
        inner = [block for block in self._blocks if block.name is not None]
        names = tuple(str(block.name) for block in inner)
        for variable in variables:
            if variable.graphs is None:
                variable.graphs = names
            elif variable.graphs != names:
                place, module = (inner[-1].expression, inner[-1].module) if inner else (node, region.module)
                text = "calls that share variables run in graphs that cannot be told apart"
                self._blame_at("TFM305", place, module, text, region)


def _entered_apart(first: Region | None, second: Region) -> str | None:
    """Two methods that were called for the sake of the walk, and by nothing in the program: what they are called."""
    tops = [[r for r in around(region) if r.node is None and r.function is not None][-1:] for region in (first, second)]
    names = [top.function.qualname for found in tops for top in found if top.function is not None]
    if len(names) < 2 or tops[0] == tops[1] or any(name.endswith(".__init__") for name in names):
        return None
    return " and ".join(names)


def _of_an_earlier_round(made: Path, wanted: Path) -> bool:
    """Whether a loop comes, under a name that may be another one, by what an earlier round of the same run made."""
    pairs = ((a, b) for one, other in zip(made, wanted) for a, b in zip(_indices(one), _indices(other)))
    return any(a.run is b.run and a.first and not b.first and b.may_repeat for a, b in pairs)


def _indices(segment: Segment) -> list[LoopIndex]:
    return [part for part in segment.parts if isinstance(part, LoopIndex)] if isinstance(segment, Text) else []
