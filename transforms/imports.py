"""`import tensorflow as tf` becomes `import tensorflow.compat.v1 as tf`, and `keras` is imported where it is used.

Before:
    import tensorflow as tf
After:
    import keras
    import tensorflow.compat.v1 as tf
Caveat: names that were imported from tensorflow for scopes alone go; a renamed function is imported by its new name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tfmigrate.edit import parts
from tfmigrate.sites import Action, Imports
from tfmigrate.transform import Context, Result

_OPENED = (
    cst.Module, cst.BaseSuite, cst.SimpleStatementLine, cst.BaseCompoundStatement, cst.Else, cst.Finally,
    cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase, cst.Import, cst.ImportFrom,
)  # fmt: skip


class Transform:
    """Rewrites the imports of a file."""

    name = "imports"

    def rewrite(self, action: Action, node: cst.CSTNode, context: Context) -> Result:
        assert isinstance(action, Imports) and isinstance(node, cst.Module)
        emitted = set(re.findall(r"^(?:class |def )?(\w+)", action.prologue, re.MULTILINE))
        kept = emitted | set(action.handed_on)
        late = {name: line for name, line in _late_imports(node).items() if name not in kept}
        changed = node.visit(_Imports(action, _used(node) - emitted, set(late), context))
        assert isinstance(changed, cst.Module)
        if late:
            changed = changed.visit(_Late(late, context))
        assert isinstance(changed, cst.Module)
        return _add(action, changed, context)


def _names(node: cst.CSTNode, aliases: bool = False, keywords: bool = False) -> Iterator[tuple[str, bool]]:
    """The names that code uses, imports aside, each with whether that is inside a function of it.

    aliases: also what stands in a statement like `slim = tf.contrib.slim` in a function. keywords: those of calls too.
    Defaults and decorators run outside.
    """
    waiting = [(node, False)]
    while waiting:
        current, inside = waiting.pop()
        if isinstance(current, cst.Name):
            yield current.value, inside
        elif isinstance(current, cst.Attribute):
            waiting.append((current.value, inside))
        elif isinstance(current, cst.SimpleStatementLine) and not (aliases and inside) and _contrib_alias(current):
            continue
        elif not isinstance(current, (cst.Import, cst.ImportFrom)):
            hidden = current.keyword if isinstance(current, cst.Arg) and not keywords else None
            body = current.body if isinstance(current, cst.FunctionDef) else None
            waiting.extend((part, inside or part is body) for part in parts(current) if part is not hidden)


def _used(node: cst.CSTNode) -> set[str]:
    return {name for name, _ in _names(node)}


def _late_imports(module: cst.Module) -> dict[str, str]:
    """Imports of contrib that only functions use: they move there, so that the file can be imported without contrib."""
    names = set(_names(module, aliases=True, keywords=True))
    found = {}
    for statement in module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            for name, line in _contrib_names(small):
                if (name, True) in names and (name, False) not in names:
                    found[name] = line
    return found


def _contrib_alias(statement: cst.CSTNode) -> str:
    """The name that `slim = tf.contrib.slim` binds; nothing for other statements."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return ""
    owner, _, rest = _dotted(small.value).partition(".")
    target = small.targets[0].target
    if not owner or not f"{rest}.".startswith("contrib.") or not isinstance(target, cst.Name):
        return ""
    return target.value


def _contrib_names(small: cst.CSTNode) -> list[tuple[str, str]]:
    if isinstance(small, cst.Assign):
        name = _contrib_alias(cst.SimpleStatementLine([small]))
        return [(name, f"{name} = {_dotted(small.value)}")] if name else []
    if isinstance(small, cst.Import):
        aliased = [a for a in small.names if a.asname is not None and _dotted(a.name).startswith("tensorflow.contrib")]
        return [(_bound(a), f"import {_dotted(a.name)} as {_bound(a)}") for a in aliased]
    if isinstance(small, cst.ImportFrom) and small.module is not None and not isinstance(small.names, cst.ImportStar):
        origin = _dotted(small.module)
        names = [
            a
            for a in small.names
            if origin.startswith("tensorflow.contrib") or (origin == "tensorflow" and _dotted(a.name) == "contrib")
        ]
        return [
            (_bound(a), f"from {origin} import {_dotted(a.name)}{f' as {_bound(a)}' if a.asname else ''}")
            for a in names
        ]
    return []


class _Statements(cst.CSTTransformer):
    """Goes through statements; expressions are built anew only in imports."""

    def on_visit(self, node: cst.CSTNode) -> bool:
        return super().on_visit(node) if isinstance(node, _OPENED) else False


class _Late(_Statements):
    """Puts an import at the start of every outermost function that uses it."""

    def __init__(self, lines: dict[str, str], context: Context) -> None:
        super().__init__()
        self.lines = lines
        self.context = context
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self.depth -= 1
        if self.depth:
            return updated_node
        used = _used(original_node)
        lines = [line for name, line in self.lines.items() if name in used]
        if not lines or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        body = list(updated_node.body.body)
        place = 1 if updated_node.get_docstring() is not None else 0
        body[place:place] = self.context.statements(lines)
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))


class _Imports(_Statements):
    def __init__(self, action: Imports, used: set[str], late: set[str], context: Context) -> None:
        super().__init__()
        self.action = action
        self.used = used
        self.late = late
        self.context = context
        self.depth = 0
        self.renames = {(module, name): new for module, name, new in action.renames}

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.depth += 1
        return True

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self.depth -= 1
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        name = _contrib_alias(original_node) if not self.depth else ""
        unused = name not in self.used and name not in self.action.handed_on
        gone = bool(name) and (name in self.late or unused)
        return cst.RemoveFromParent() if gone else updated_node

    def leave_ImportAlias(self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias) -> cst.ImportAlias:
        if not self.action.tensorflow or _dotted(updated_node.name) != "tensorflow":
            return updated_node
        name = self.context.expression("tensorflow.compat.v1")
        alias = updated_node.asname or cst.AsName(cst.Name("tensorflow"))
        return updated_node.with_changes(name=name, asname=alias)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(original_node.names, cst.ImportStar):
            return original_node
        module = "." * len(original_node.relative) + (_dotted(original_node.module) if original_node.module else "")
        names = [name for alias in original_node.names for name in self._renamed(alias, module)]
        if module.split(".")[0] not in ("tensorflow", "tf_slim"):
            return original_node.with_changes(names=names)
        names = [alias for alias in names if self._is_kept(alias, module)]
        if not names:
            return cst.RemoveFromParent()
        names[-1] = names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        changed = original_node.with_changes(names=names)
        if self.action.tensorflow and module == "tensorflow":
            changed = changed.with_changes(module=self.context.expression("tensorflow.compat.v1"))
        return changed

    def _is_kept(self, alias: cst.ImportAlias, module: str) -> bool:
        """What only scopes used goes; what nothing used stays, but not contrib, which is gone."""
        name = _bound(alias)
        contrib = module.startswith("tensorflow.contrib") or (
            module == "tensorflow" and _dotted(alias.name) == "contrib"
        )
        used = name in self.used or name in self.action.handed_on or (name in self.action.lines and not contrib)
        return used and name not in self.late

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import | cst.RemovalSentinel:
        names = [a for a in updated_node.names if not self._is_gone(a)]
        if not names:
            return cst.RemoveFromParent()
        if len(names) == len(updated_node.names):
            return updated_node
        names[-1] = names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(names=names)

    def _is_gone(self, alias: cst.ImportAlias) -> bool:
        contrib = _dotted(alias.name).startswith("tensorflow.contrib") and alias.asname is not None
        name = _bound(alias)
        gone = name not in self.used and name not in self.action.handed_on
        slim = _dotted(alias.name) == "tf_slim" and name not in self.action.lines
        return (contrib and (name in self.late or gone)) or (slim and gone)

    def _renamed(self, alias: cst.ImportAlias, module: str) -> list[cst.ImportAlias]:
        new = self.renames.get((module, _dotted(alias.name)))
        if new is None:
            return [alias]
        renamed = alias.with_changes(name=cst.Name(new))
        if _dotted(alias.name) not in self.action.kept:
            return [renamed]
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return [cst.ImportAlias(alias.name, comma=comma), renamed]


def _bound(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return _dotted(alias.name)


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _add(action: Imports, module: cst.Module, context: Context) -> cst.Module:
    """New import lines stand before the import of tensorflow, or else behind the last import."""
    body: list[cst.BaseStatement] = list(module.body)
    place, tensorflow = _place(body)
    lines = [f"import {name}" for name in action.python if not _has(body, name)]
    lines += (["import keras"] if action.keras and not _has(body, "keras") else []) + list(action.added)
    if lines:
        new = context.statements(lines)
        if tensorflow and place < len(body):
            first = body[place]
            assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            head = new[0]
            assert isinstance(head, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            new[0] = head.with_changes(leading_lines=first.leading_lines)
            body[place] = first.with_changes(leading_lines=[])
        body[place:place] = new
    if action.disable_v2 is not None:
        last = _behind_imports(body)
        statement = context.statements(["", action.disable_v2])
        body[last:last] = statement
    if action.prologue:
        last = _behind_imports(body)
        code = context.statements([_indented(line, context.indent) for line in action.prologue.rstrip().split("\n")])
        blank = [cst.EmptyLine(indent=False)] * 2
        head = code[0]
        assert isinstance(head, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        code[0] = head.with_changes(leading_lines=blank)
        body[last:last] = code
        follower = body[last + len(code)] if last + len(code) < len(body) else None
        if (
            isinstance(follower, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            and len(follower.leading_lines) < 2
        ):
            body[last + len(code)] = follower.with_changes(
                leading_lines=[*blank, *(line for line in follower.leading_lines if line.comment)]
            )
    return module.with_changes(body=body)


def _behind_imports(body: list[cst.BaseStatement]) -> int:
    """The place behind the imports that stand together with that of tensorflow; others may stand below code."""
    places = [i for i, statement in enumerate(body) if _is_import(statement)]
    place, tensorflow = _place(body)
    if not tensorflow:
        return max(places, default=-1) + 1
    while place + 1 in places:
        place += 1
    return place + 1


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], (cst.Import, cst.ImportFrom)
    )


def _place(body: list[cst.BaseStatement]) -> tuple[int, bool]:
    last = 0
    for i, statement in enumerate(body):
        if isinstance(statement, cst.SimpleStatementLine) and statement.body:
            small = statement.body[0]
            if (
                isinstance(small, cst.Expr)
                and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
                and i == 0
            ):
                last = 1
            if isinstance(small, cst.Import) and any(
                _dotted(a.name).split(".")[0] == "tensorflow" for a in small.names
            ):
                return i, True
            if isinstance(small, (cst.Import, cst.ImportFrom)):
                name = _dotted(small.module) if isinstance(small, cst.ImportFrom) and small.module is not None else ""
                if name.split(".")[0] == "tensorflow":
                    return i, True
                last = i + 1
    return last, False


def _has(body: list[cst.BaseStatement], name: str) -> bool:
    for statement in body:
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Import) and any(
                    _dotted(a.name) == name and a.asname is None for a in small.names
                ):
                    return True
    return False


def _indented(line: str, indent: str) -> str:
    """A line that is indented by fours, as the file is: docstrings and calls of several lines too."""
    text = line.lstrip(" ")
    steps, rest = divmod(len(line) - len(text), 4)
    return indent * steps + " " * rest + text
