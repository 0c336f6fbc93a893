"""How a slot is filled: the text of the call that makes the weight, the library layer or the layer instance."""

from __future__ import annotations

import ast

from tfmigrate.planning.argument_names import name_from_arguments
from tfmigrate.planning.by_branch import by_branch
from tfmigrate.planning.cells import cell_request
from tfmigrate.planning.layering import LayerPlan, Refusal, Role
from tfmigrate.planning.library import layer_request
from tfmigrate.planning.looping import number_piece
from tfmigrate.planning.making import Naming, Piece, Request
from tfmigrate.planning.pairing import check_twins
from tfmigrate.planning.segments import has_segments, last_segment
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.starting import check_starts
from tfmigrate.planning.units import Instance
from tfmigrate.planning.units import Shape as Form
from tfmigrate.planning.weight_requests import weight_request
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.scan import names_in
from tfmigrate.program.standing import bound_around, callee, is_map, of_partial
from tfmigrate.program.synthetic import synthetic
from tfmigrate.tf1.emitted import EMITTED_NAMES
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import Const


def request_for(slot: Slot, plans: dict[object, LayerPlan], module: Module, owner: str, naming: Naming) -> Request:
    """The request that fills a slot. owner: the text of the layer that will own a weight. Raises Refusal."""
    if slot.kind in (Made.WEIGHT, Made.LAYER):
        check_starts(slot)
    if slot.kind is Made.WEIGHT:
        return weight_request(slot, module, owner, naming)
    if slot.kind is Made.LAYER:
        return layer_request(slot, naming)
    if slot.kind is Made.CELL:
        return cell_request(slot, naming)
    return _instance(slot, plans, module, naming)


def _instance(slot: Slot, plans: dict[object, LayerPlan], module: Module, naming: Naming) -> Request:
    child = slot.first.child
    assert child is not None
    plan = plans[child.unit]
    node = slot.site()
    pieces = _instance_pieces(slot, plan, child, module, naming)
    check_twins(slot, plans, pieces, lambda twin: _instance_pieces(slot, plans[twin.unit], twin, module, naming))
    renamed = isinstance(node, ast.Call) and node in plan.renamed_calls
    if slot.first.twins and not renamed:
        text = "which of several objects this is called on is decided elsewhere, and each has a layer of its own"
        raise Refusal("TFM302", node, module, text)
    if renamed:
        assert isinstance(node, ast.Call)
        return Request(ast.unparse(node.func), pieces, chosen=node.func)
    return Request(class_text(plan, node, module), pieces)


def _instance_pieces(slot: Slot, plan: LayerPlan, child: Instance, module: Module, naming: Naming) -> list[Piece]:
    pieces: list[Piece] = []
    region = child.regions[0]
    positional = True
    params = plan.unit.primary.function.params if plan.unit.primary.function is not None else []
    node = slot.site()
    _check_ahead(plan, region, node, module)
    for item in plan.ctor():
        if item.is_given or plan.unit.primary.shape is Form.BLOCK:
            spelled = received(item.name, node)
            if item.absent:
                pieces.append(Piece(item.identifier, text=_if_there(spelled, naming)))
                positional = False
                continue
            pieces.append(Piece(item.identifier if item.is_given else None, _reference(spelled)))
            positional = positional and not item.is_given
            continue
        expression = region.frame.given.get(item.name)
        chosen = by_branch(slot, plan, child, item)
        if chosen is not None:
            positional = positional and expression in getattr(node, "args", [])
            pieces.append(Piece(None if positional else item.identifier, chosen))
            continue
        if expression is None and item.name in region.frame.ahead and of_partial(node) is not None:
            pieces.append(Piece(item.identifier, region.frame.ahead[item.name]))
        if expression is None:
            positional = False
            continue
        assert isinstance(node, ast.Call)
        if is_map(node):
            raise Refusal("TFM302", node, module, f"map gives {item.name}, and the layer is made with it")
        targets = (name for loop in slot.loops if isinstance(loop, LOOPS) for name in names_in(loop.target))
        own = (bound_around(module, expression) & names_in(expression)).difference(targets)
        if own:
            text = f"the layer would have to be made where {min(own)} is not known, which each call or round has anew"
            raise Refusal("TFM403", node, module, text)
        by_position = expression in node.args and params.index(item.name) < len(node.args)
        positional = positional and by_position
        pieces.append(Piece(None if positional else item.identifier, expression))
    name = _name_piece(slot, plan, child, module, naming)
    if name is not None:
        pieces.append(name)
    return pieces


def _if_there(attribute: str, naming: Naming) -> str:
    """An attribute that an object may not have."""
    owner, _, name = attribute.rpartition(".")
    return f"getattr({owner}, {naming.literal(name)}, None)"


def _check_ahead(plan: LayerPlan, region: Region, site: ast.AST, module: Module) -> None:
    """What a `functools.partial` gives must be for the constructor. Raises Refusal."""
    for name in region.frame.ahead:
        item = plan.primary.inputs.get(name)
        if item is None or item.role not in (Role.CTOR, Role.NAME, Role.DROPPED):
            text = f"{name} is given before the call, and the layer takes it at the call"
            raise Refusal("TFM302", site, module, text)


def class_text(plan: LayerPlan, site: ast.AST, module: Module) -> str:
    """How the class is spelled where the function was called: `layers.Dense`, or the alias it was imported under."""
    home = plan.unit.primary.module
    if not isinstance(site, ast.Call) or plan.unit.primary.shape is not Form.FUNCTION:
        if home is not module and import_line(plan, module) is None:
            raise Refusal(
                "TFM404",
                site,
                module,
                f"the class of {plan.unit.primary.name} stands in a file that this one does not import",
            )
        return plan.class_name
    called = of_partial(site) or callee(site)
    if isinstance(called, ast.Attribute):
        return f"{source(module, called.value)}.{plan.class_name}"
    if isinstance(called, ast.Name):
        aliased = home is not module and called.id != plan.unit.primary.name
        return called.id if aliased else plan.class_name
    raise Refusal("TFM302", site, module, "the function that is called here is computed")


def class_text_in(plan: LayerPlan, module: Module) -> tuple[str, str | None]:
    """The class as another file spells it, and the import that this needs. Raises Refusal."""
    home = plan.unit.primary.module
    if home is module:
        return plan.class_name, None
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _means(alias.name, home):
                    return f"{alias.asname or alias.name}.{plan.class_name}", None
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            if _means(node.module or "", home):
                return plan.class_name, f"from {origin} import {plan.class_name}"
            for alias in node.names:
                if _means(f"{node.module}.{alias.name}" if node.module else alias.name, home):
                    return f"{alias.asname or alias.name}.{plan.class_name}", None
    raise Refusal(
        "TFM303",
        plan.unit.primary.node,
        home,
        f"{module.path.name} would have to make this layer and does not import this file",
    )


def _means(name: str, module: Module) -> bool:
    return bool(name) and (module.name == name or module.name.endswith(f".{name}"))


def import_line(plan: LayerPlan, module: Module) -> str | None:
    """The import by which a class beside a model class reaches the file that uses the model."""
    primary = plan.unit.primary
    if primary.module is module or primary.cls is None:
        return None
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == primary.cls.name for alias in node.names):
            return f"from {'.' * node.level}{node.module or ''} import {plan.class_name}"
    return None


def received(name: str, site: ast.AST) -> str:
    """`self.x` as the caller has to spell it: of `model.generator(z)` it is `model.x`."""
    if name.startswith("self.") and isinstance(site, ast.Call) and isinstance(site.func, ast.Attribute):
        return f"{ast.unparse(site.func.value)}.{name.removeprefix('self.')}"
    return name


def _reference(name: str) -> ast.expr:
    """`self.x` or `x` as an expression that stands nowhere in the source."""
    node = ast.parse(name, mode="eval").body
    for part in ast.walk(node):
        synthetic(part)
    return node


def _name_piece(slot: Slot, plan: LayerPlan, child: Instance, module: Module, naming: Naming) -> Piece | None:
    """The `name=` argument; None where the class's own default is right."""
    region = child.regions[0]
    if not slot.path or (plan.unit.primary.adds_segment and plan.unit.primary.prefix is None):
        return None
    numbered = number_piece(slot, naming)
    if numbered is not None:
        return numbered
    if plan.name_input in region.frame.ahead:
        ahead = region.frame.ahead[plan.name_input]
        return Piece("name", ahead) if of_partial(slot.site()) is not None else None
    paths = [use.path for use in slot.uses if use.path]
    given = region.frame.given.get(plan.name_input) if plan.name_input is not None else None
    if slot.inline and given is not None:
        return Piece("name", given)
    if slot.inline:
        paths = [child.path]
    elif child in slot.first.twins:
        paths = [twin.path for use in slot.uses for twin in use.twins if twin.unit is child.unit]
    last = slot.path[-1] if child not in slot.first.twins else child.path[-1]
    inner = _segment_piece(slot, plan, module, naming)
    if inner is not None:
        return None if plan.default_name is not None and plan.default_name == inner.text else inner
    same = len({str(path[-1]) for path in paths}) < 2
    literal = naming.literal(str(last.value)) if isinstance(last, Const) and same else None
    if literal is not None and plan.default_name is not None and _unquote(plan.default_name) == str(last):
        return None
    if plan.name_input is not None and not plan.name_input.startswith("self."):
        given = region.frame.given.get(plan.name_input)
        if given is not None and (literal is None or isinstance(given, ast.Constant)):
            return Piece("name", given)
    if literal is not None:
        return Piece("name", text=literal)
    if plan.name_input is not None and plan.name_input.startswith("self."):
        return Piece("name", _reference(received(plan.name_input, slot.site())))
    if plan.unit.primary.shape is Form.BLOCK and isinstance(plan.unit.primary.node, ast.With):
        call = plan.unit.primary.node.items[0].context_expr
        if isinstance(call, ast.Call) and call.args:
            return Piece("name", call.args[0])
    inlined = name_from_arguments(plan, region, slot.site(), module)
    if inlined is not None:
        return Piece("name", inlined)
    raise Refusal("TFM201", slot.site(), module, "the name of this layer cannot be written down where it is made")


def _segment_piece(slot: Slot, plan: LayerPlan, module: Module, naming: Naming) -> Piece | None:
    """The last of the names that a block opens one in another; None if it opens one. Raises Refusal."""
    primary = plan.unit.primary
    if not isinstance(primary.node, ast.With) or not has_segments(primary.regions):
        return None
    last = last_segment(primary.node.items[0].context_expr)
    if last is None:
        text = "this scope's name has slashes, and what stands behind the last one cannot be told apart"
        raise Refusal("TFM202", slot.site(), module, text)
    return Piece("name", text=naming.literal(last)) if isinstance(last, str) else Piece("name", last)


def _unquote(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def file_quote(module: Module) -> str:
    """The quote that the file uses more often."""
    return "'" if module.text.count("'") > module.text.count('"') else '"'


def naming_in(module: Module) -> Naming:
    """How the code that a file gets is spelled."""
    return Naming(file_quote(module), EMITTED_NAMES)
