"""Names that only stand for a call of something else, and the program that calls that at once.

A function or lambda that hands on what it gets, with `*args` and `**kwargs`; `functools.partial` of a library's layer.
Python computes the same without them, and what they lead to is then called with arguments that can be read.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tfmigrate.program.aliases import library_name
from tfmigrate.program.both_modes import both_modes
from tfmigrate.program.interfaces import interface
from tfmigrate.program.link import Module, Program
from tfmigrate.program.render import encoded_lines, on_one_line, segment_of
from tfmigrate.program.rerouting import GONE, Detour, Edit
from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1 import symbols

_MAY_MATTER = re.compile(r"\bpartial\(|\blambda\b|\breturn [\w.]+\(")
_INSIDE = {"locals", "vars", "eval", "exec", "globals", "dir"}
_MADE = re.compile(r"(_initializer\w*|_regularizer|\bxavier\w*)$|^tf\.(keras\.)?(initializers|regularizers)\.")
_CLOSING = re.compile(r"\s*,?\s*(#[^\n]*\n\s*)*\)")
_LAYERS = re.compile(r"^(tf\.layers|tf\.contrib\.layers|tf\.contrib\.slim|tf_slim)\.[a-z]\w+$")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def detours(program: Program) -> Iterator[Detour]:
    """All of a program that can go."""
    for module in program.modules.values():
        if _MAY_MATTER.search(module.text) and symbols.MARKER.search(module.text) and GONE not in module.text:
            statements = (n for n in module.nodes if isinstance(n, (ast.FunctionDef, ast.Assign)))
            ways = [_detour(program, module, statement) for statement in statements]
            ways += [interface(program, module, cls) for cls in module.classes.values()]
            found = [each for each in ways if each is not None]
            lines = {line for each in found for line in (*each.gone, *each.lines)}
            found += (each for each in both_modes(program, module) if lines.isdisjoint((*each.gone, *each.lines)))
            going = {line for each in found for line in each.gone}
            yield from (each for each in found if each.lines.isdisjoint(going))


# --- what a name stands for


def _detour(program: Program, module: Module, statement: ast.FunctionDef | ast.Assign) -> Detour | None:
    if isinstance(statement, ast.FunctionDef):
        name, value = statement.name, _only_result(module, statement)
    else:
        target = statement.targets[0]
        name, value = target.id if isinstance(target, ast.Name) else "", statement.value
        if len(statement.targets) > 1 or not name:
            return None
    # most of a program's statements end here, before anything is looked for
    leads = value.body if isinstance(value, ast.Lambda) and isinstance(statement, ast.Assign) else value
    if not isinstance(leads, ast.Call):
        return None
    if leads is value and isinstance(statement, ast.Assign) and not _is_partial(module, leads):
        return None
    calls = _calls(program, module, statement, name)
    if not calls:
        return None
    home = _home(module, statement)
    edits: list[Edit] = []
    made: list[Edit] | None
    for call in calls:
        if isinstance(statement, ast.FunctionDef):
            made = _handed_on(module, statement.args, value, call, home)
        elif isinstance(value, ast.Lambda):
            made = _handed_on(module, value.args, value.body, call, home)
        else:
            made = _given_first(module, value, call, home)
        if made is None:
            return None
        edits += made
    return Detour(module, statement, tuple(edits), frozenset(call.lineno for call in calls))


def _only_result(module: Module, function: ast.FunctionDef) -> ast.expr | None:
    """What a function of the file returns, if that is all it does."""
    body = function.body
    if function not in module.tree.body or function.decorator_list or len(body) != 1:
        return None
    return body[0].value if isinstance(body[0], ast.Return) else None


def _calls(program: Program, module: Module, statement: ast.stmt, name: str) -> list[ast.Call] | None:
    """All that is done with a name, if that is to call it, in one scope or those inside."""
    home = _home(module, statement)
    if isinstance(home, ast.ClassDef) or not _stands_alone(module, statement):
        return None
    if home is module.tree and _is_known_elsewhere(program, module, name):
        return None
    calls: list[ast.Call] = []
    for node in ast.walk(home):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _INSIDE:
            return None
        if name not in _names_of(node) or node is statement:
            continue
        if isinstance(statement, ast.Assign) and node is statement.targets[0]:
            continue
        outer = next(ancestors(module, node), None)
        if not isinstance(node, ast.Name) or not isinstance(outer, ast.Call) or outer.func is not node:
            return None
        if _start(node) < (statement.lineno, statement.col_offset) and home is not module.tree:
            return None
        calls.append(outer)
    return calls


def _home(module: Module, node: ast.AST) -> ast.AST:
    """The scope that a node stands in."""
    return next((a for a in ancestors(module, node) if isinstance(a, (*_SCOPES, ast.ClassDef))), module.tree)


def _stands_alone(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement has its lines for itself, always runs, and leaves others in its block."""
    for outer in ancestors(module, statement):
        if isinstance(outer, (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match)):
            return False
        if isinstance(outer, _SCOPES):
            break
    owner = next(ancestors(module, statement))
    body = getattr(owner, "body", [])
    if not isinstance(body, list) or statement not in body or len(body) < 2:
        return False
    text = "".join(module.lines[statement.lineno - 1 : statement.end_lineno])
    return text.strip() == segment_of(module, statement)


def _is_known_elsewhere(program: Program, module: Module, name: str) -> bool:
    """Whether another file could mean a name of this one, or something looks it up by a text."""
    for other in program.modules.values():
        if module in other.starred:
            return True
        if other is not module and module in program.imports(other):
            if any(name == getattr(node, "attr", None) or name in _names_of(node) for node in other.nodes):
                return True
    texts = (n for n in module.of_kind(ast.Constant) if n.value == name)
    return any(isinstance(next(ancestors(module, text)), (ast.List, ast.Tuple, ast.Call)) for text in texts)


def _names_of(node: ast.AST) -> Iterable[str]:
    """The names that a node itself reads, binds or declares."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.alias):
        return (node.name, node.asname or node.name.split(".")[0])
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    return ()


# --- a function that hands on what it gets


def _handed_on(
    module: Module, spec: ast.arguments, value: ast.expr | None, call: ast.Call, home: ast.AST
) -> list[Edit] | None:
    """What becomes of a call of `lambda x, *args, **kwargs: net(x, *args, **kwargs)`."""
    if not isinstance(value, ast.Call) or spec.defaults or spec.kwonlyargs or spec.posonlyargs:
        return None
    names = [arg.arg for arg in spec.args]
    taken = [*names, *(star.arg for star in (spec.vararg, spec.kwarg) if star is not None)]
    parts = [ast.unparse(argument) for argument in value.args]
    parts += [f"{f'{k.arg}=' if k.arg else '**'}{ast.unparse(k.value)}" for k in value.keywords]
    callee = ast.unparse(value.func)
    by_argument = bool(names) and callee == names[0]
    if spec.vararg is None and spec.kwarg is None and not by_argument:
        return None
    wanted = names[1:] if by_argument else list(names)
    wanted += [f"*{spec.vararg.arg}"] if spec.vararg is not None else []
    wanted += [f"**{spec.kwarg.arg}"] if spec.kwarg is not None else []
    plain = call.args[: len(names)]
    if parts != wanted or len(plain) < len(names) or any(isinstance(argument, ast.Starred) for argument in plain):
        return None
    if (spec.vararg is None and len(call.args) > len(names)) or (spec.kwarg is None and call.keywords):
        return None
    if {k.arg for k in call.keywords}.intersection(names):
        return None
    if by_argument:
        return _called_itself(module, call)
    root = _root(value.func)
    if root is None or root in taken or (home is module.tree and not _is_bound_once(module, root)):
        return None
    if _is_bound_between(module, call, root, home):
        return None
    return [Edit(_start(call.func), _end(call.func), callee)]


def _called_itself(module: Module, call: ast.Call) -> list[Edit] | None:
    """`call_net(net, x)` as `net(x)`."""
    first = call.args[0]
    if _root(first) is None:
        return None
    others: list[ast.expr | ast.keyword] = [*call.args[1:], *call.keywords]
    following = min((_start(node) for node in others), default=None)
    if following is None:
        return None
    if _between(module, _end(first), following).strip() != ",":
        return None  # brackets, a comment, or another line
    return [Edit(_start(call.func), _end(call.func), ast.unparse(first)), Edit(_start(first), following, "")]


def _between(module: Module, start: tuple[int, int], end: tuple[int, int]) -> str:
    lines = encoded_lines(module)[start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1]]
    lines[0] = lines[0][start[1] :]
    return b"\n".join(lines).decode()


def _root(expression: ast.expr) -> str | None:
    """The name at the head of `a.b.c`."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression.id if isinstance(expression, ast.Name) else None


def _is_bound_once(module: Module, name: str) -> bool:
    """Whether a file gives a name one meaning, at its top."""
    if module.starred or name in module.rebound:
        return False
    found = Counter(_bound_by(module.tree))
    return found[name] == 1


def _bound_by(scope: ast.AST) -> Iterator[str]:
    """The names that the statements of a scope bind, not those of scopes inside."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.alias, ast.arg, ast.ExceptHandler, ast.FunctionDef, ast.ClassDef)):
            yield from [node.asname or node.name.split(".")[0]] if isinstance(node, ast.alias) else _names_of(node)
        elif isinstance(node, (ast.AsyncFunctionDef, ast.Global, ast.Nonlocal, ast.MatchAs, ast.MatchStar)):
            yield from _names_of(node)
        if not isinstance(node, (*_SCOPES, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def _is_bound_between(module: Module, node: ast.AST, name: str, home: ast.AST) -> bool:
    """Whether a scope between a node and the one that it is taken from gives a name another meaning."""
    inside = False
    for outer in ancestors(module, node):
        if outer is home:
            break
        if isinstance(outer, ast.ClassDef) and not inside:
            return True
        inside = inside or isinstance(outer, _SCOPES)
        if isinstance(outer, _SCOPES) and name in _bound_by(outer):
            return True
    return False


# --- a layer of the library that gets some arguments first


def _given_first(module: Module, value: ast.expr | None, call: ast.Call, home: ast.AST) -> list[Edit] | None:
    """What becomes of a call of `functools.partial(tf.layers.dense, activation=tf.nn.elu)`."""
    if not isinstance(value, ast.Call) or not _is_partial(module, value) or not value.args:
        return None
    layer, *first = value.args
    last = [k for k in value.keywords if k.arg not in {given.arg for given in call.keywords}]
    known = {k.arg for k in (*value.keywords, *call.keywords)}
    if not _LAYERS.match(library_name(module, layer)) or None in known or isinstance(layer, ast.Name):
        return None
    if any(isinstance(argument, ast.Starred) for argument in (*first, *call.args)):
        return None
    given = [*first, *(k.value for k in value.keywords)]
    if not all(_is_lasting(module, each, home) for each in given):
        return None
    names = {n.id for each in value.args + given for n in ast.walk(each) if isinstance(n, ast.Name)}
    if any(_is_bound_between(module, call, name, home) for name in names):
        return None
    edits = [Edit(_start(call.func), _end(call.func), ast.unparse(layer))]
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not arguments:
        return None
    if first:
        at = min(map(_start, arguments))
        edits.append(Edit(at, at, "".join(f"{on_one_line(module, each)}, " for each in first)))
    if last:
        at = max(_end(a.value if isinstance(a, ast.keyword) else a) for a in arguments)
        if not _CLOSING.fullmatch(_between(module, at, _end(call))):
            return None  # brackets around the last one
        edits.append(Edit(at, at, "".join(f", {k.arg}={on_one_line(module, k.value)}" for k in last)))
    return edits


def _is_partial(module: Module, call: ast.Call) -> bool:
    if not isinstance(call.func, (ast.Name, ast.Attribute)):
        return False
    told = unparsed(call.func)
    if told == "functools.partial":
        imported = (a for node in module.of_kind(ast.Import) for a in node.names)
        return any(a.name == "functools" and a.asname is None for a in imported)
    nodes = (node for node in module.of_kind(ast.ImportFrom) if node.module == "functools" and not node.level)
    return told == "partial" and any(a.name == "partial" and a.asname is None for n in nodes for a in n.names)


def _is_lasting(module: Module, value: ast.expr, home: ast.AST) -> bool:
    """Whether an expression is the same wherever and how often it is read."""
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, (ast.Tuple, ast.List)):
        return all(_is_lasting(module, each, home) for each in value.elts)
    if isinstance(value, ast.UnaryOp):
        return _is_lasting(module, value.operand, home)
    if isinstance(value, ast.BinOp):
        return _is_lasting(module, value.left, home) and _is_lasting(module, value.right, home)
    if isinstance(value, ast.Call):
        given = [*value.args, *(k.value for k in value.keywords)]
        known = _MADE.search(library_name(module, value.func)) and None not in {k.arg for k in value.keywords}
        return bool(known) and all(_is_lasting(module, each, home) for each in given)
    if isinstance(value, ast.Attribute):
        return bool(library_name(module, value)) and _is_lasting(module, ast.Name(_root(value) or ""), home)
    return isinstance(value, ast.Name) and _is_bound_for_good(module, value.id, home)


def _is_bound_for_good(module: Module, name: str, home: ast.AST) -> bool:
    """Whether a name keeps its value: bound once by the scope or by the file, and declared by nothing inside."""
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in module.nodes):
        return False
    bound = Counter(_bound_by(home))[name]
    if home is not module.tree and not bound:
        around = [a for a in ancestors(module, home) if isinstance(a, _SCOPES)]
        return not any(name in _bound_by(a) for a in around) and _is_bound_once(module, name)
    return bound == 1 and not _in_a_loop(module, name, home)


def _in_a_loop(module: Module, name: str, home: ast.AST) -> bool:
    stored = (n for n in ast.walk(home) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store))
    loops = (ast.For, ast.AsyncFor, ast.While)
    return any(isinstance(outer, loops) for node in stored for outer in ancestors(module, node))


def _start(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
