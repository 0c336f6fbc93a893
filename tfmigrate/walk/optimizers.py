"""Variables that an optimizer adds to the graph: slots beside those that it trains, and counters of its own.

A slot is named after its variable, `net/w/Adam`; a counter after the scope that is open, `net/beta1_power`. Both are
made when `minimize` or `apply_gradients` is called (tensorflow/python/training/optimizer.py of 1.15.5).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.evaluate import Frame
from tfmigrate.walk.regions import Path, Variable

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

    def call(self, frame: Frame, node: ast.Call, scope: Path, variables: Iterable[Variable]) -> bool:
        """Something is called that is not the program's; `variables` are all that there are by now.

        Whether it is an optimizer that adds variables.
        """
        if is_training(node) and not self._plain:
            self.used = True
            self._trained.update(variables)
            self._names.update(_open_names(frame, node, scope))
            return True
        return False

    def may_add_to(self, variables: Iterable[Variable]) -> bool:
        """Whether a list of these variables, chosen by their scope, may hold variables of an optimizer too."""
        listed = list(variables)
        tops = {str(variable.path[0]) for variable in listed if variable.path}
        return self.unseen or bool(self._trained.intersection(listed)) or bool(self._names & tops)


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
