"""Variables that an optimizer adds to the graph: slots beside those that it trains, and counters of its own.

A slot is named after its variable, `net/w/Adam`, below the variable scope that is open; a counter after the name scope,
`net/beta1_power`. Both are made when `minimize` or `apply_gradients` is called (tensorflow/python/training/optimizer.py
and slot_creator.py of 1.15.5).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.regions import Path, Variable
from tfmigrate.walk.values import Const

_TRAINS = {"minimize", "apply_gradients"}
_HARMLESS = {*_TRAINS, "compute_gradients"}


class Optimizers:
    """What is known of the optimizers of one walk."""

    def __init__(self) -> None:
        # whether one was made whose use cannot be seen
        self.unseen = False
        self.used = False
        # whether all that were made so far add nothing; None before the first
        self._plain: bool | None = None
        self._trained: set[Variable] = set()
        # what is trained under a variable scope, whose name is in front of those of the slots
        self._trained_below: set[Variable] = set()
        # what was trained at once, and the variables that there were by then
        self._trainings: list[tuple[set[Variable], set[Variable]]] = []
        # how often anything is asked to train
        self.trainings = 0
        self._names: set[str] = set()

    def make(self, module: Module, node: ast.Call, plain: bool) -> None:
        """An optimizer is made at a node. plain: one that adds no variables."""
        self._plain = plain and self._plain is not False
        if plain:
            return
        if not _is_followed(module, node):
            self.unseen = self.used = True

    def hidden(self) -> None:
        """A library trains, by an optimizer of its own or one that it is given."""
        self.unseen = self.used = True

    def call(
        self,
        frame: Frame,
        node: ast.Call,
        scope: Path,
        variables: Iterable[Variable],
        listed: Iterable[Variable] | None = None,
    ) -> bool:
        """Something is called that is not the program's; `variables` are all that there are by now.

        listed: those that are trained, if that is known. Whether it is an optimizer that adds variables.
        """
        self.trainings += is_training(node)
        if is_training(node) and not self._plain:
            self.used = True
            known = set(variables)
            trained = known if listed is None else set(listed)
            below = bool(scope) and isinstance(scope[0], Const)
            (self._trained_below if below else self._trained).update(trained)
            self._trainings.append((trained, known))
            self._names.update(_open_names(frame, node, scope))
            return True
        return False

    def shadow(self, variables: Iterable[Variable], known: Iterable[Variable]) -> None:
        """Moving averages are kept of these variables, and named after them; `known` are all that there are by now."""
        self.used = True
        followed = set(variables)
        self._trained.update(followed)
        self._trainings.append((followed, set(known)))

    def may_add_to(self, variables: Iterable[Variable], scope: str | None = None) -> bool:
        """Whether a list of these variables, chosen by their names, may hold variables of an optimizer too.

        scope: what all the names begin with, if that is how they are chosen.
        """
        listed = list(variables)
        if self.unseen or not self._trained.isdisjoint(listed):
            return True
        if scope is None:
            tops = {str(variable.path[0]) for variable in listed if variable.path}
            return not self._trained_below.isdisjoint(listed) or not self._names.isdisjoint(tops)
        return any(f"{name}/".startswith(scope) or scope.startswith(f"{name}/") for name in self._names)

    def came_after(self, variables: Iterable[Variable]) -> bool:
        """Whether all slots of these variables were made when these were there, and no counter stands among them."""
        listed = set(variables)
        tops = {str(variable.path[0]) for variable in listed if variable.path}
        if self.unseen or not self._names.isdisjoint({*tops, ""}):
            return False
        return all(known >= listed for trained, known in self._trainings if not trained.isdisjoint(listed))


def is_training(node: ast.Call) -> bool:
    """Whether a call has the name of one that trains variables."""
    return isinstance(node.func, ast.Attribute) and node.func.attr in _TRAINS


def _open_names(frame: Frame, call: ast.Call, scope: Path) -> Iterator[str]:
    """The outermost names of the scopes in which a counter would be made; all names that may be."""
    if scope:
        yield str(scope[0])
    where: Frame | None = frame
    node: ast.Call | None = call
    while where is not None and node is not None:
        for outer in ancestors(where.module, node):
            for item in outer.items if isinstance(outer, ast.With) else ():
                opened = item.context_expr
                if isinstance(opened, ast.Call) and unparsed(opened.func).endswith("name_scope") and opened.args:
                    yield _text(opened.args[0])
        node = where.call
        where = where.parent


def _text(name: ast.expr) -> str:
    return name.value.split("/")[0] if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def _is_followed(module: Module, node: ast.Call) -> bool:
    """Whether all that is done with an optimizer stands in its file: it is asked to train, by name or at once."""
    around = ancestors(module, node)
    outer = next(around, None)
    if isinstance(outer, ast.Attribute):
        return outer.attr in _HARMLESS
    if not isinstance(outer, ast.Assign) or len(outer.targets) != 1:
        return False
    target = outer.targets[0]
    name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", None)
    return isinstance(name, str) and all(_is_harmless(module, load) for load in _loads(module, name))


def _loads(module: Module, name: str) -> Iterator[ast.AST]:
    yield from (n for n in module.of_kind(ast.Name) if n.id == name and isinstance(n.ctx, ast.Load))
    yield from (n for n in module.of_kind(ast.Attribute) if n.attr == name and isinstance(n.ctx, ast.Load))


def _is_harmless(module: Module, load: ast.AST) -> bool:
    outer = next(ancestors(module, load), None)
    return isinstance(outer, ast.Attribute) and outer.attr in _HARMLESS
