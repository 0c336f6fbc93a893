"""What the calls of an object gave and its layer is made with: sizes, flags, the name of the scope.

class Head(object):                                      class Head(keras.layers.Layer):
    def __call__(self, x, units, name="head"):               def __init__(self, units, name="head", **kwargs):
        with tf.variable_scope(name):                            super().__init__(name=name, **kwargs)
            return tf.layers.dense(x, units, name="fc")          self.fc = keras.layers.Dense(units, name="fc")

head = Head()                                            head = Head(units=10)
y = head(x, 10)                                          y = head(x)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tfmigrate.planning import names
from tfmigrate.planning.agreeing import is_one_value
from tfmigrate.planning.compose import is_read_later
from tfmigrate.planning.layering import Input, LayerPlan, Refusal
from tfmigrate.planning.meanings import Resolve
from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.program.render import call_lines, line_length, source
from tfmigrate.program.scan import names_in, own_names, parameter_names, scan_code
from tfmigrate.program.standing import ancestors, functions_around, is_local
from tfmigrate.sites import Before, GiveArguments, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import ClassValue, Const, FunctionValue, Library, ModuleValue, TupleValue, Value

# what reads names and attributes and makes nothing of them that may differ the next time
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.Dict,
    ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """An argument of `__call__` that becomes one of `__init__`. parameter: as that has it."""

    item: Input
    default: ast.expr | None

    @property
    def parameter(self) -> str:
        return self.item.identifier


class Constructor:
    """What the constructor of a callable class takes over, and where objects of the class are made."""

    def __init__(self, plan: LayerPlan, program: Program, resolve: Resolve) -> None:
        member = plan.unit.primary
        assert member.cls is not None
        self.plan = plan
        self.program = program
        self.resolve = resolve
        self.cls: Class = member.cls
        self.init: Function | None = self.cls.methods.get("__init__")
        self.calls: dict[ast.Call, list[Region]] = {}
        for region in member.regions:
            made_by = region.frame.obj.made_by if region.frame.obj is not None else None
            if made_by is not None:
                self.calls.setdefault(made_by, []).append(region)
        self.own_names = {r: instance.own_name for instance in plan.unit.instances for r in instance.regions}

    @property
    def taken(self) -> list[Taken]:
        """Those without a default first, as in other constructors."""
        inputs = self.plan.primary.inputs
        found = [Taken(item, item.default) for item in self.plan.ctor() if not item.is_attribute]
        if self.plan.name_input in inputs and not inputs[self.plan.name_input].is_attribute:
            item = inputs[self.plan.name_input]
            default = None
            if self.plan.default_name is not None:
                default = ast.parse(self.plan.default_name, mode="eval").body
            found.append(Taken(item, default))
        return [t for t in found if t.default is None] + [t for t in found if t.default is not None]

    def rename(self) -> None:
        """The arguments may not have the names of what the class has already. Raises Refusal."""
        cls, own = self.cls, {n.attr for n in ast.walk(self.cls.node) if isinstance(n, ast.Attribute)}
        taken = own | set(cls.methods)
        if self.init is not None:
            taken |= {*parameter_names(self.init.node.args), *scan_code(self.init, self.init.self_name).bindings}
        for each in self.taken:
            item = each.item
            if item.name == self.plan.name_input:
                if self.init is not None and "name" in self.init.params:
                    text = "its argument `name` is not the scope's name, but a layer's is"
                    raise Refusal("TFM404", self.init.node, cls.module, text)
                item.alias = "name"
            else:
                item.alias = names.attribute(item.name, taken)
                taken.add(item.alias)

    def parameters(self) -> tuple[str, ...]:
        """What `__init__` takes in addition. Raises Refusal."""
        found = []
        for each in self.taken:
            default = each.default
            if default is None:
                found.append(each.parameter)
                continue
            if any(self._is_of_class(name) for name in names_in(default)):
                text = f"the default of {each.item.name} is a name of the class, which its constructor may not have yet"
                raise Refusal("TFM401", default, self.cls.module, text)
            given = self.plan.default_name if each.item.name == self.plan.name_input else None
            found.append(f"{each.parameter}={given or source(self.cls.module, default)}")
        return tuple(found)

    def _is_of_class(self, name: str) -> bool:
        return any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            for statement in self.cls.node.body
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
            for node in ast.walk(statement)
        )

    def stored(self) -> Iterator[str]:
        """The statements that keep those of them that are read after the layer was made."""
        for each in self.taken:
            name = each.item.name
            if name in self.plan.attributes and is_read_later(self.plan, name):
                yield f"self.{self.plan.attributes[name]} = {each.parameter}"

    # -- where the objects are made

    def sites(self, sites: dict[Module, Sites]) -> None:
        """Write down what the calls of the class are given. Raises Refusal."""
        if self.taken:
            self._check_seen()
        for made_by, regions in self.calls.items():
            groups: dict[str, list[Region]] = {}
            for region in regions:
                groups.setdefault(self.own_names.get(region, ""), []).append(region)
            given = {name: self._given(made_by, group) for name, group in groups.items()}
            obj = regions[0].frame.obj
            assert obj is not None and obj.maker is not None
            mine = sites.setdefault(obj.maker.module, Sites())
            first, *others = given
            if given[first]:
                mine.add("calls", span(obj.maker.module, made_by), GiveArguments(given[first]))
            if first:
                self._write_parts(made_by, obj.maker, first, {name: given[name] for name in others}, mine)

    def _given(self, made_by: ast.Call, regions: list[Region]) -> tuple[tuple[str, str], ...]:
        """What an object gets that is called in these regions. Raises Refusal."""
        found = ((each.parameter, self._text(each, made_by, regions)) for each in self.taken)
        return tuple((name, text) for name, text in found if text is not None)

    def _write_parts(
        self, made_by: ast.Call, maker: Frame, first: str, others: dict[str, tuple[tuple[str, str], ...]], sites: Sites
    ) -> None:
        """The statement that made one object for all of them makes the first, and more behind it the others."""
        statement = next(a for a in ancestors(maker.module, made_by) if isinstance(a, ast.stmt))
        assert isinstance(statement, ast.Assign)
        sites.add("functions", span(maker.module, statement.targets[0]), Replace(first))
        lines: list[str] = []
        for name, given in others.items():
            arguments = [source(maker.module, part) for part in (*made_by.args, *made_by.keywords)]
            arguments += [f"{keyword}={text}" for keyword, text in given]
            head = f"{name} = {source(maker.module, made_by.func)}"
            lines += call_lines(head, arguments, "", line_length(maker.module), statement.col_offset)
        sites.add("calls", span(maker.module, statement), Before(tuple(lines), behind=True))

    def _check_seen(self) -> None:
        """Every mention of the class must make an object of which the calls are known. Raises Refusal."""
        cls, member = self.cls, self.plan.unit.primary
        for region in member.regions:
            obj = region.frame.obj
            if obj is None or obj.made_by is None or region.frame.star or region.frame.ahead or region.by_library:
                raise self._refusal(region.node or member.node, region, "what it is called with cannot be seen")
        name = self.taken[0].item.name
        for module in self.program.modules.values():
            mentions: list[ast.Name | ast.Attribute] = [*module.of_kind(ast.Name), *module.of_kind(ast.Attribute)]
            for node in mentions:
                if isinstance(node.ctx, ast.Load) and self._may_mean(module, node) and not self._is_made(module, node):
                    text = f"{name} is given to the calls, and an object of {cls.name} made here may get others"
                    raise Refusal("TFM401", node, module, text)
        for made_by, regions in self.calls.items():
            obj = regions[0].frame.obj
            assert obj is not None and obj.maker is not None
            if not self._means(obj.maker.module, made_by.func):
                text = f"{name} is given to the calls, and the class is called by another name here"
                raise Refusal("TFM401", made_by, obj.maker.module, text)

    def _is_made(self, module: Module, node: ast.expr) -> bool:
        """Whether a mention of the class only makes an object of which the calls are known, or asks for the class."""
        call = next(ancestors(module, node), None)
        if not isinstance(call, ast.Call):
            return False
        if call.func is not node:
            return isinstance(call.func, ast.Name) and call.func.id in ("isinstance", "super")
        if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
            return False
        if call not in self.calls and self._is_never_used(module, call):
            return all(each.default is not None for each in self.taken)
        outer = next(ancestors(module, call), None)
        at_once = isinstance(outer, ast.Call) and outer.func is call
        return call in self.calls and self._means(module, node) and not at_once

    @staticmethod
    def _is_never_used(module: Module, call: ast.Call) -> bool:
        """Whether an object is kept under a name that nothing reads."""
        function = next((module.functions[f] for f in functions_around(module, call)), None)
        statement = next(ancestors(module, call), None)
        if function is None or not isinstance(statement, ast.Assign) or statement.value is not call:
            return False
        targets = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        shared = (name for n in function.nodes if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names)
        read = {n.id for n in function.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        return len(targets) == len(statement.targets) and read.union(shared).isdisjoint(targets)

    def _may_mean(self, module: Module, node: ast.Name | ast.Attribute) -> bool:
        """Whether a name may be the class: it is, or is spelled like it and nobody knows what it is."""
        if is_local(module, node):
            return False
        value = self.resolve(module, node)
        spelled = node.id if isinstance(node, ast.Name) else node.attr
        return self._means(module, node) or (value is None and spelled == self.cls.name)

    def _means(self, module: Module, node: ast.expr) -> bool:
        value = self.resolve(module, node)
        return isinstance(value, ClassValue) and value.cls is self.cls

    def _text(self, each: Taken, made_by: ast.Call, regions: list[Region]) -> str | None:
        """What the layer is to be made with, if not the default. Raises Refusal."""
        name = each.item.name
        given = [(r.frame.given.get(name), r) for r in regions]
        found = next(((e, r) for e, r in given if e is not None), None)
        values = [self.plan.primary.value(name, r) for r in regions]
        frames = {id(r.frame.parent) for r in regions}
        if not is_one_value(values, [e for e, _ in given], frames):
            region = next((r for e, r in given if e is not None), regions[0])
            text = f"the calls of the objects that are made at one place give them different {name}"
            raise self._refusal(region.node or made_by, region, text)
        if name == self.plan.name_input:
            value = values[0].value if isinstance(values[0], Const) else values[0]
            if not value and each.default is not None:
                return None  # `scope or "name"`
            if not isinstance(value, str) or not value or "/" in value:
                raise self._refusal(made_by, regions[0], "the name of its scope is not known where it is made")
        if found is None:
            return None
        expression, region = found
        if not self._is_known(expression, values[0], region, made_by):
            text = f"{ast.unparse(expression)} is given to the call, and may not be known where the object is made"
            raise self._refusal(region.node or made_by, region, text)
        assert region.parent is not None
        return source(region.parent.module, expression)

    def _is_known(self, expression: ast.expr, value: Value | None, region: Region, made_by: ast.Call) -> bool:
        """Whether an argument of a call means the same where the object is made."""
        if not all(isinstance(node, _PLAIN) for node in ast.walk(expression)):
            return False
        frame, obj = region.frame.parent, region.frame.obj
        if frame is None or obj is None or obj.maker is None:
            return False
        read = [node for node in ast.walk(expression) if isinstance(node, ast.Name)]
        if read and not _stays_the_same(value) and not self._is_read_here_alone(read, frame):
            return False
        for node in ast.walk(expression):
            if isinstance(node, ast.Name):
                own = frame.function is not None and _is_bound_in(frame.function, node.id)
                same_one = self._is_same_local if own else self._is_same_global
                if not same_one(node, frame, made_by, obj.maker):
                    return False
            if isinstance(node, ast.Attribute) and not self._is_same_attribute(node, frame):
                return False
        return True

    def _is_read_here_alone(self, read: list[ast.Name], frame: Frame) -> bool:
        """Whether names of a function are read for nothing but calls of these objects, and so nobody changes them."""
        calls = {region.node for regions in self.calls.values() for region in regions}
        if frame.function is None:
            return False
        scan = scan_code(frame.function, frame.function.self_name)
        return all(scan.parents.get(load) in calls for node in read for load in scan.loads(node.id))

    @staticmethod
    def _is_same_local(node: ast.Name, frame: Frame, made_by: ast.Call, maker: Frame) -> bool:
        """Whether a local has its only value where the object is made, in the same activation."""
        function = frame.function
        if function is None or frame is not maker:
            return False
        if any(isinstance(inner, ast.Nonlocal) and node.id in inner.names for inner in function.nodes):
            return False
        bindings = scan_code(function, function.self_name).bindings.get(node.id, [])
        if node.id in function.params:
            return not bindings
        if len(bindings) != 1 or bindings[0].statement not in function.node.body:
            return False
        statement = bindings[0].statement
        return isinstance(statement, ast.Assign) and (statement.end_lineno or 0) < made_by.lineno

    def _is_same_global(self, node: ast.Name, frame: Frame, made_by: ast.Call, maker: Frame) -> bool:
        """Whether a name of the file is bound once, before the object is made, which happens in the same file."""
        module = maker.module
        if frame.module is not module or (maker.function is not None and _is_bound_in(maker.function, node.id)):
            return False
        bound = [b.statement for b in scan_code(module, None).bindings.get(node.id, [])]
        imports: list[ast.Import | ast.ImportFrom] = [*module.of_kind(ast.Import), *module.of_kind(ast.ImportFrom)]
        for statement in imports:
            bound += [statement for a in statement.names if (a.asname or a.name.split(".")[0]) in (node.id, "*")]
        if any(node.id in n.names for n in module.of_kind(ast.Global)) or self.resolve(module, node) is None:
            return False
        return len(bound) == 1 and bound[0] in module.tree.body and bound[0].lineno < made_by.lineno

    def _is_same_attribute(self, node: ast.Attribute, frame: Frame) -> bool:
        """Whether this is a constant of another file, or something in a library."""
        value = self.resolve(frame.module, node)
        if isinstance(value, Library):
            return True
        modules = self.program.modules.values()
        stored = (n for m in modules for n in m.of_kind(ast.Attribute) if not isinstance(n.ctx, ast.Load))
        named = any(node.attr in n.names for m in modules for n in m.of_kind(ast.Global))
        owner = self.resolve(frame.module, node.value)
        if named or any(n.attr == node.attr for n in stored):
            return False
        return isinstance(owner, (ModuleValue, Library)) and (value is None or isinstance(value, (Const, ModuleValue)))

    def _refusal(self, node: ast.AST, region: Region, text: str) -> Refusal:
        module = region.parent.module if region.parent is not None else self.cls.module
        return Refusal("TFM401", node, module, text)


def _stays_the_same(value: Value | None) -> bool:
    """Whether nobody can change a value that a name stands for."""
    if isinstance(value, TupleValue):
        return all(map(_stays_the_same, value.items))
    return isinstance(value, (Const, FunctionValue, Library))


def _is_bound_in(function: Function, name: str) -> bool:
    """Whether a name is one of a function's, or of those around it."""
    outer: Function | None = function
    while outer is not None:
        if name in own_names(outer.node):
            return True
        outer = outer.parent
    return False
