"""Node-building verbs that several transforms share: a layer class, a rewritten call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache

import libcst as cst

from tfmigrate.sites import Argument, CallableLayer, Invoke, LayerClass, MethodBody
from tfmigrate.transform import Context

_BLANK = cst.EmptyLine(indent=False)
_GONE = "__removed__"
# fields of LibCST's nodes that hold nothing but white space and punctuation
_WHITE = {
    "leading_lines", "lines_after_decorators", "header", "footer", "lpar", "rpar", "lbracket", "rbracket", "lbrace",
    "rbrace", "comma", "semicolon",
}  # fmt: skip


def removed(node: cst.CSTNode, comments: bool = False) -> cst.SimpleStatementLine:
    """Stands for a statement that goes, until its block is left; the gap above it may stay, and comments if asked."""
    assert isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    gap = [line for line in node.leading_lines if line.comment is None][:2]
    if comments:
        return nothing(node.leading_lines)
    return nothing(gap if len(gap) == len(node.leading_lines) else gap[:1])


def nothing(lines: Sequence[cst.EmptyLine]) -> cst.SimpleStatementLine:
    """Stands for no statement, with these lines above what follows."""
    return cst.SimpleStatementLine([cst.Expr(cst.Name(_GONE))], leading_lines=lines)


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes right below a node, without white space. LibCST's visitors build every node anew, even to read it."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if isinstance(item, cst.CSTNode))


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if "whitespace" not in f.name and f.name not in _WHITE)


def close_gaps(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """The statements without those that went; the gap above one of those passes to what follows it."""
    result: list[cst.BaseStatement] = []
    gap: Sequence[cst.EmptyLine] = ()
    for statement in body:
        assert isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        if _is_gone(statement):
            gap = [*gap, *statement.leading_lines] if _says(statement.leading_lines) else gap or statement.leading_lines
            continue
        blank = bool(statement.leading_lines) and statement.leading_lines[0].comment is None
        if gap and (_says(gap) or not blank):
            statement = statement.with_changes(leading_lines=[*gap, *statement.leading_lines])
        result.append(statement)
        gap = ()
    return result


def _says(lines: Sequence[cst.EmptyLine]) -> bool:
    return any(line.comment is not None for line in lines)


def _is_gone(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.Name) and small.value.value == _GONE


def layer_class(action: LayerClass, context: Context, leading_lines: Sequence[cst.EmptyLine]) -> cst.ClassDef:
    """The class with `__init__`, `build` and its methods."""
    bodies = [(method, context.body(method.span)) for method in action.methods]
    docstring: list[cst.BaseStatement] = []
    methods: list[cst.BaseStatement] = []
    for method, node in bodies:
        statements = statements_of(node)[method.skip :]
        if method.docstring and isinstance(node, cst.FunctionDef) and _is_docstring(statements):
            docstring = [statements.pop(0)]
        methods.append(_method(method, node, statements, context))
    head = context.statements(action.head)
    members = [*docstring, *_spaced([*head, *methods], bool(docstring))]
    return cst.ClassDef(
        name=cst.Name(action.name),
        bases=[cst.Arg(context.expression(action.base))],
        body=cst.IndentedBlock(members),
        lpar=cst.LeftParen(),
        rpar=cst.RightParen(),
        leading_lines=list(leading_lines),
    )


def _spaced(members: Sequence[cst.BaseStatement], first_too: bool) -> list[cst.BaseStatement]:
    result: list[cst.BaseStatement] = []
    for i, member in enumerate(members):
        assert isinstance(member, cst.FunctionDef)
        lines = [line for line in member.leading_lines if line.comment is not None]
        result.append(member.with_changes(leading_lines=[*([_BLANK] if i or first_too else []), *lines]))
    return result


def statements_of(node: cst.CSTNode) -> list[cst.BaseStatement]:
    assert isinstance(node, (cst.FunctionDef, cst.With))
    body = node.body
    if isinstance(body, cst.IndentedBlock):
        return list(body.body)
    assert isinstance(body, cst.SimpleStatementSuite)
    return [cst.SimpleStatementLine(body.body)]


def _is_docstring(statements: Sequence[cst.BaseStatement]) -> bool:
    if not statements or not isinstance(statements[0], cst.SimpleStatementLine):
        return False
    first = statements[0].body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))


def _method(
    method: MethodBody, node: cst.CSTNode, statements: list[cst.BaseStatement], context: Context
) -> cst.FunctionDef:
    assert isinstance(node, (cst.FunctionDef, cst.With))
    prelude = context.statements(method.prelude) if method.prelude else []
    results = context.statements([f"return {', '.join(method.results)}"]) if method.results else []
    head = context.statements(
        [f"def {method.name}({', '.join(['self', *method.parameters])}):", f"{context.indent}pass"]
    )
    function = head[0]
    assert isinstance(function, cst.FunctionDef) and isinstance(function.body, cst.IndentedBlock)
    if len(statements) == 1 and (prelude or results) and _is_pass(statements[0]):
        statements = []
    body = [*prelude, *without_leading_blank(statements), *results]
    if not body:
        body = context.statements(["pass"])
    footer = node.body.footer if isinstance(node.body, cst.IndentedBlock) else ()
    comments = [line for line in footer if line.comment is not None]
    return function.with_changes(body=function.body.with_changes(body=body, footer=comments))


def without_leading_blank(statements: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """What was removed above the first statement leaves no gap."""
    if not statements:
        return statements
    first, *rest = statements
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    lines = list(first.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return [first.with_changes(leading_lines=lines), *rest]


def callable_layer(action: CallableLayer, node: cst.ClassDef, context: Context) -> cst.ClassDef:
    """The class as a layer: its `__init__` completed, `build` added, `__call__` become `call`."""
    members: list[cst.BaseStatement] = []
    build = context.statements(action.build) if action.build else []
    build = [_after_blank(b) for b in build]
    initialised = False
    for member in node.body.body:
        if isinstance(member, cst.FunctionDef) and member.name.value == "__init__":
            member, initialised = _completed(action, member, context), True
        elif isinstance(member, cst.FunctionDef) and member.name.value == "__call__":
            updated = context.body(action.call.span)
            method = _method(action.call, updated, statements_of(updated), context)
            members.extend(build)
            apart = member.leading_lines or ([_BLANK] if build else [])
            member = method.with_changes(leading_lines=apart)
        assert isinstance(member, cst.BaseStatement)
        members.append(member)
    if not initialised:
        given = "".join(f"{parameter}, " for parameter in action.parameters)
        lines = [
            f"def __init__(self, {given}**kwargs):",
            f"{context.indent}{action.super_call[:-1]}, **kwargs)",
            *action.init,
        ]
        made = context.statements(lines)
        place = 1 if _is_docstring(members) else 0
        spaced = [_after_blank(m) if place else m for m in made]
        members[place:place] = spaced
        after = members[place + 1]
        if isinstance(after, (cst.FunctionDef, cst.SimpleStatementLine)) and not after.leading_lines:
            members[place + 1] = after.with_changes(leading_lines=[_BLANK])
    return node.with_changes(
        bases=[cst.Arg(context.expression(action.base))],
        lpar=cst.LeftParen(),
        rpar=cst.RightParen(),
        body=node.body.with_changes(body=members),
    )


def _after_blank(statement: cst.BaseStatement) -> cst.BaseStatement:
    assert isinstance(statement, cst.FunctionDef)
    return statement.with_changes(leading_lines=[_BLANK])


def _completed(action: CallableLayer, init: cst.FunctionDef, context: Context) -> cst.FunctionDef:
    statements = statements_of(init)
    place = 1 if _is_docstring(statements) else 0
    head = context.statements([action.super_call])
    tail: list[cst.BaseStatement] = []
    if action.init:
        carrier = context.statements(["def f():", *action.init])[0]
        assert isinstance(carrier, cst.FunctionDef)
        tail = statements_of(carrier)
    own = [s for s in statements[place:] if not _is_gone(s) and not _is_pass(s)]
    body = [*statements[:place], *head, *own, *tail]
    parameters = _with_parameters(init.params, action.parameters, context)
    return init.with_changes(params=parameters, body=init.body.with_changes(body=body))


def _with_parameters(old: cst.Parameters, added: Sequence[str], context: Context) -> cst.Parameters:
    """The parameters of a constructor, and more behind them, by keyword where a place will not do."""
    if not added:
        return old
    made = context.statements([f"def f({', '.join(added)}): pass"])[0]
    assert isinstance(made, cst.FunctionDef)
    new = [*made.params.params]
    by_place = not isinstance(old.star_arg, (cst.Param, cst.ParamStar)) and not old.kwonly_params
    if by_place and (new[0].default is not None or all(param.default is None for param in old.params)):
        return old.with_changes(params=_appended(old.params, new))
    star = cst.ParamStar() if isinstance(old.star_arg, cst.MaybeSentinel) else old.star_arg
    return old.with_changes(star_arg=star, kwonly_params=_appended(old.kwonly_params, new))


def _appended(old: Sequence[cst.Param], new: Sequence[cst.Param]) -> list[cst.Param]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    known = [*old[:-1], *(last.with_changes(comma=_between(last.comma, comma)) for last in old[-1:])]
    return [*known, *new]


def _between(comma: cst.Comma | cst.MaybeSentinel, fallback: cst.Comma) -> cst.Comma:
    """A comma behind the last of several that can stand between two."""
    space = comma.whitespace_after if isinstance(comma, cst.Comma) else None
    return fallback if space is None or space.empty else comma  # type: ignore[return-value]


def _is_pass(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], cst.Pass)
    )


def invoke(action: Invoke, node: cst.Call, context: Context) -> cst.Call:
    """The call with a new callee and the arguments that stay."""
    arguments = [_argument(argument, node, context) for argument in action.arguments]
    if arguments:
        arguments[-1] = arguments[-1].with_changes(
            comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=_closing_space(node, arguments[-1])
        )
    for i, argument in enumerate(arguments[:-1]):
        if isinstance(argument.comma, cst.MaybeSentinel) and not isinstance(arguments[i], cst.MaybeSentinel):
            arguments[i] = argument.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    same = len(arguments) == len(node.args)
    space = node.whitespace_before_args if same else cst.SimpleWhitespace("")
    call = node.with_changes(func=context.expression(action.callee), args=arguments, whitespace_before_args=space)
    call = call if same else _joined(call, node)
    if not action.around:
        return call
    inner = call.with_changes(lpar=[], rpar=[])
    outer = cst.Call(func=context.expression(action.around), args=[cst.Arg(inner)])
    return outer.with_changes(lpar=node.lpar, rpar=node.rpar)


def _joined(call: cst.Call, before: cst.Call) -> cst.Call:
    """A call that lost arguments in one line, if that is no longer than one of its lines was, further in."""
    code = cst.Module([]).code_for_node
    lines = code(before).split("\n")
    if len(lines) == 1 or "#" in code(call):
        return call
    tight, comma = cst.SimpleWhitespace(""), cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    changes = [a.with_changes(comma=comma, whitespace_after_arg=tight) for a in call.args]
    changes[-1:] = [a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in changes[-1:]]
    short = call.with_changes(args=changes)
    text = code(short)
    if "\n" not in text and len(text) <= max(len(line.strip()) for line in lines):
        return short
    return _aligned(call, len(code(call.func)) - len(code(before.func)))


def _aligned(call: cst.Call, more: int) -> cst.Call:
    """The arguments that stood below the first one stand there again, behind a longer or shorter name."""
    if not call.args or isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        return call

    def moved(argument: cst.Arg) -> cst.Arg:
        comma = argument.comma
        space = comma.whitespace_after if isinstance(comma, cst.Comma) else None
        if not isinstance(comma, cst.Comma) or not isinstance(space, cst.ParenthesizedWhitespace):
            return argument
        old = space.last_line.value
        last = cst.SimpleWhitespace(old + " " * more if more > 0 else old[: max(0, len(old) + more)])
        return argument.with_changes(comma=comma.with_changes(whitespace_after=space.with_changes(last_line=last)))

    return call.with_changes(args=[moved(argument) for argument in call.args])


def with_argument(node: cst.Call, keyword: str, value: cst.BaseExpression) -> cst.Call:
    """The call with a keyword argument, in the place of the one of that name if it has one."""
    args = [*node.args]
    for i, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value == keyword:
            args[i] = arg.with_changes(value=value)
            return node.with_changes(args=args)
    assign = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    if not args:
        return node.with_changes(args=[cst.Arg(value, cst.Name(keyword), assign)])
    last = args.pop()
    between = args[-1].comma if args else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    behind = last.whitespace_after_arg
    added = cst.Arg(value, cst.Name(keyword), assign, comma=last.comma, whitespace_after_arg=behind)
    before = last.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
    return node.with_changes(args=[*args, before, added])


def _closing_space(node: cst.Call, last: cst.Arg) -> cst.BaseParenthesizableWhitespace:
    return last.whitespace_after_arg if node.args and last.deep_equals(node.args[-1]) else cst.SimpleWhitespace("")


def _argument(argument: Argument, node: cst.Call, context: Context) -> cst.Arg:
    if argument.source is None:
        assert argument.text is not None
        original = cst.Arg(context.expression(argument.text))
    elif isinstance(argument.source, int):
        original = node.args[argument.source]
    else:
        original = next(a for a in node.args if a.keyword is not None and a.keyword.value == argument.source)
    if argument.keyword is None:
        return original.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    tight = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=tight, whitespace_after=tight)
    return original.with_changes(keyword=cst.Name(argument.keyword), equal=equal)
