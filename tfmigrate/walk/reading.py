"""What the program reads of the objects of TensorFlow 1: names of scopes and variables, `scope.reuse`."""

from __future__ import annotations

import ast

from tfmigrate.program.standing import names_operation, only_for_errors
from tfmigrate.tf1 import symbols
from tfmigrate.walk.attributes import attribute
from tfmigrate.walk.cells import Cell, Cells
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.losses import Loss, LossName
from tfmigrate.walk.naming import is_plain, joined, name_of, variable_attribute
from tfmigrate.walk.objects import Graph, OneOf, OpOfOne, Template, VariableOp
from tfmigrate.walk.records import NameRead, ReuseRead, ScopeNameRead
from tfmigrate.walk.regions import Scope, Variable, around, show_path
from tfmigrate.walk.values import (
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    Library,
    Method,
    ObjectValue,
    Opaque,
    Symbol,
    Tensor,
    Unknown,
    Value,
    is_tensor,
)

# methods of a graph that look something up by its name
LOOKUPS = {"get_collection", "get_tensor_by_name", "get_operation_by_name", "as_graph_element"}


class Reading(Cells):
    """Attributes of what a library made."""

    def attribute(self, ev: Evaluator, owner: Value, name: str, node: ast.Attribute) -> Value | None:
        """What an attribute is, or None if TensorFlow 1 has nothing to say of it."""
        if isinstance(owner, Library) and owner.name in ("tf.flags.FLAGS", "tf.app.flags.FLAGS"):
            return Symbol(f"FLAGS.{name}", f"FLAGS.{name}", PYTHON.kind)
        if name in symbols.LISTS_OF_LAYERS:
            unsure = isinstance(owner, (Unknown, Symbol, Method)) and not is_tensor(owner)
            self.list_reads.setdefault(node, set()).add(owner.cls if isinstance(owner, ObjectValue) else unsure)
        if isinstance(owner, Opaque):
            self.consulted += 1
        if isinstance(owner, Scope):
            return self._attribute_of_scope(ev, owner, name, node)
        if isinstance(owner, Variable):
            return self._attribute_of_variable(ev, owner, name, node)
        if isinstance(owner, Loss):
            return self._attribute_of_loss(ev, owner, name, node)
        if isinstance(owner, (OneOf, OpOfOne)):
            return self._attribute_of_one(ev, owner, name, node)
        if isinstance(owner, VariableOp):
            if name == "name" and self.region is not None:
                self.name_reads.append(NameRead(node, self.region, owner.variable))
            return name_of(owner.variable, "") if name == "name" else UNKNOWN
        if isinstance(owner, Cell):
            return self._cell_attribute(owner, name)
        if isinstance(owner, Template):
            self.stays(ev, owner, node, "more is asked of this template than to be called")
        if isinstance(owner, Tensor) and name in ("c", "h"):
            return TENSOR  # of the state of an LSTM
        if name in LOOKUPS and isinstance(owner, (Graph, Unknown, Symbol, Method)):
            return Method(UNKNOWN, name)
        return Method(owner, name) if isinstance(owner, Graph) else None

    def _attribute_of_scope(self, ev: Evaluator, scope: Scope, name: str, node: ast.Attribute) -> Value:
        if name in ("name", "original_name_scope"):
            self._scope_name(ev, scope, name, node)
            return Const(show_path(scope.path)) if is_plain(scope.path) else joined(scope.path)
        if name == "reuse" and self.region is not None:
            self.reuse_reads.append(ReuseRead(node, self.region))
            return Const(scope.reuse) if isinstance(scope.reuse, bool) else PYTHON
        return Method(scope, name)

    def _scope_name(self, ev: Evaluator, scope: Scope, name: str, node: ast.Attribute) -> None:
        """Blocks whose names are asked for stay variable scopes beside what they become."""
        if not scope.path or only_for_errors(ev.frame.module, node):
            return
        current = isinstance(node.value, ast.Call)
        if current and name == "original_name_scope":
            self.blame("TFM205", node, ev, "the name scope of the current scope is read; layers leave it empty")
        elif current and self.region is not None:
            self.scope_name_reads.append(ScopeNameRead(node, self.region))
        if current or not names_operation(ev.frame.module, node):
            for region in around(scope.region):
                region.named = True

    def _attribute_of_variable(self, ev: Evaluator, variable: Variable, name: str, node: ast.Attribute) -> Value | None:
        if name == "name" and self.region is not None:
            self.name_reads.append(NameRead(node, self.region, variable))
        if name == "initialized_value":
            text = "initialized_value is asked of a variable, which the one of a layer does not have"
            self._blame_at("TFM503", node, ev.frame.module, text, variable.region)
        return variable_attribute(variable, name)

    def _attribute_of_loss(self, ev: Evaluator, loss: Loss, name: str, node: ast.Attribute) -> Value | None:
        if name == "name" and self.region is not None:
            self.loss_names.append((node, self.region))
        known = {"op": loss, "name": LossName(loss)}
        return known[name] if name in known else attribute(ev, TENSOR, name, node)

    def _attribute_of_one(self, ev: Evaluator, owner: OneOf | OpOfOne, name: str, node: ast.Attribute) -> Value | None:
        """Of a variable that is one of several, or of its operation."""
        if isinstance(owner, OneOf) and name == "op":
            return OpOfOne(owner)
        if name == "name" and self.region is not None:
            one = owner if isinstance(owner, OneOf) else owner.one
            self.name_reads.extend(NameRead(node, self.region, variable) for variable in one.variables)
            return PYTHON
        return attribute(ev, TENSOR, name, node) if isinstance(owner, OneOf) else None
