"""Changes of a text that leave it Python, or nearly: each takes decisions, pieces and the stock, and gives a text."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from random_tf1.choices import Choices

from fuzzing.pieces import Pieces, Statement, pieces_of

LITERALS = (
    "0", "1", "-1", "2**70", "1e400", "0.5", "None", "True", "False", "...", "()", "[]", "{}", '""', '"a/b"', '"a b"',
    '"é"', '"\\n"', '"%s_%d"', '"{}"', 'b"x"', "3j", '"w"', '"x" "y"', "'''a\nb'''", 'r"\\"', '"."', '"_"', '"1"',
)  # fmt: skip
HEADS = (
    "if x:", "if True:", "if reuse:", "for i in range(3):", "for i, (a, b) in enumerate(zip(xs, ys)):", "while True:",
    "with tf.variable_scope('extra'):", "with tf.variable_scope('extra', reuse=True):", "with tf.name_scope('n'):",
    "with tf.variable_scope(tf.get_variable_scope(), reuse=True):", "with tf.device('/cpu:0'):", "with open(f) as g:",
    "with tf.variable_scope('a') as a, tf.variable_scope('b'):", "def inner(x):", "def inner(self, *a, **k):",
    "class Inner(object):", "async def inner():", "if x == 1: pass\nelse:", "with tf.Graph().as_default():",
)  # fmt: skip
AROUND = (
    "({})", "(({}))", "lambda: {}", "({} if x else None)", "[{} for i in range(2)]", "({},)", "(y := {})", "not ({})",
    "f({})", "tf.identity({})", "*({},)", "{{'k': {}}}", "({})[0]", "({}).name", "str({})", "f'{{{}}}'", "(await {})",
    "(yield {})", "-({})", "{{**({})}}", "list({})[-1]", "(  # why\n {}\n)", "({}) \\\n + 1",
)  # fmt: skip
LINES = (
    "pass", "return", "return None", "yield x", "global x", "nonlocal x", "del x", "raise ValueError(x)", "assert x",
    "import tensorflow as tf", "import tensorflow as other", "from tensorflow import *", "tf = None", "x = y = z = x",
    "tf.get_variable_scope().reuse_variables()", "x, y = y, x", "x += 1", "x: int = 3", "break", "continue", "x; y; z",
    "@property", "w = tf.get_variable('w', [2, 3])", "exec('x = 1')", "locals()['x'] = 1", "self.x = x", "try:",
    "else:", "# -*- coding: latin-1 -*-", "# fmt: off", "\x0c", "print 'x'", "match x:", "type X = int", "\\", '"""',
    "    ", "\t", "def f(a, /, b, *, c): pass", "x = [*x, *y]",
    "match x:\n    case [1, *_]:\n        pass\n    case _:\n        pass",
)  # fmt: skip


@dataclass(frozen=True)
class Stock:
    """Pieces of all programs, to be put into another one."""

    statements: Sequence[str]
    expressions: Sequence[str]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Stock:
        statements: dict[str, None] = {}
        expressions: dict[str, None] = {}
        for pieces in filter(None, map(pieces_of, texts)):
            statements.update({pieces.source(s): None for s in pieces.statements if s.last - s.first < 8})
            expressions.update({pieces.text[e.start : e.end]: None for e in pieces.expressions if e.end - e.start < 60})
        return cls(tuple(statements), tuple(expressions))


Mutation = Callable[[Choices, Pieces, Stock], str]


# --- statements


def delete(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    one = choices.pick(pieces.statements)
    return pieces.with_lines(one.first, one.last, [one.indent + "pass"] if one.alone else [])


def duplicate(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    one = choices.pick(pieces.statements)
    return pieces.with_lines(one.last, one.last, pieces.lines[one.first : one.last])


def swap(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    body = choices.pick(pieces.bodies)
    one, other = sorted((choices.pick(body), choices.pick(body)), key=lambda statement: statement.first)
    if one == other:
        return pieces.text
    between = pieces.lines[one.last : other.first]
    put = [*pieces.lines[other.first : other.last], *between, *pieces.lines[one.first : one.last]]
    return pieces.with_lines(one.first, other.last, put)


def move(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    return _put_before(pieces, choices.pick(pieces.statements), pieces.source(choices.pick(pieces.statements)))


def graft(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    return _put_before(pieces, choices.pick(pieces.statements), choices.pick(stock.statements))


def add_line(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    return _put_before(pieces, choices.pick(pieces.statements), choices.pick(LINES))


def wrap(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    one = choices.pick(pieces.statements)
    head = [one.indent + line for line in choices.pick(HEADS).split("\n")]
    body = _further(pieces.lines[one.first : one.last])
    return pieces.with_lines(one.first, one.last, [*head, *body])


def wrap_in_try(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    one = choices.pick(pieces.statements)
    tail = choices.pick(("except ValueError:", "finally:", "except (A, B) as e:"))
    body = _further(pieces.lines[one.first : one.last])
    put = [one.indent + "try:", *body, one.indent + tail, one.indent + "    x = 1"]
    return pieces.with_lines(one.first, one.last, put)


def unwrap(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    """A block without its head."""
    blocks = [s for s in pieces.statements if issubclass(s.kind, (ast.With, ast.If, ast.For, ast.FunctionDef))]
    if not blocks:
        return pieces.text
    one = choices.pick(blocks)
    inside = pieces.lines[one.first + 1 : one.last]
    step = min((len(line) - len(line.lstrip()) for line in inside if line.strip()), default=0) - len(one.indent)
    return pieces.with_lines(one.first, one.last, [line[max(step, 0) :] for line in inside] or [one.indent + "pass"])


def decorate(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    made = [s for s in pieces.statements if issubclass(s.kind, (ast.FunctionDef, ast.ClassDef))]
    if not made:
        return pieces.text
    line = choices.pick(
        ("@property", "@staticmethod", "@classmethod", "@wraps(f)", "@a.b[0](lambda: 1)", "@tf.function")
    )
    return _put_before(pieces, choices.pick(made), line)


def one_line(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    """Two simple statements on one line."""
    simple = [s for body in pieces.bodies for s in body if s.last - s.first == 1 and not _is_compound(s)]
    for one in simple[choices.below(len(simple) or 1) :]:
        for other in simple:
            if other.first == one.last and other.indent == one.indent and "#" not in pieces.lines[one.first]:
                put = pieces.lines[one.first] + choices.pick(("; ", ";", " ;  ")) + pieces.lines[other.first].strip()
                return pieces.with_lines(one.first, other.last, [put])
    return pieces.text


# --- expressions


def replace(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    return pieces.with_letters(choices.pick(pieces.expressions), choices.pick(stock.expressions))


def change_literal(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    found = [e for e in pieces.expressions if isinstance(e.node, ast.Constant)]
    return pieces.with_letters(choices.pick(found), choices.pick(LITERALS)) if found else pieces.text


def put_literal(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    return pieces.with_letters(choices.pick(pieces.expressions), choices.pick(LITERALS))


def surround(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    one = choices.pick(pieces.expressions)
    return pieces.with_letters(one, choices.pick(AROUND).format(pieces.text[one.start : one.end]))


def change_arguments(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    """One more, one less, another order, other keywords."""
    calls = [e for e in pieces.expressions if isinstance(e.node, ast.Call) and pieces.text[e.start : e.end].isascii()]
    if not calls:
        return pieces.text
    one = choices.pick(calls)
    node = one.node
    assert isinstance(node, ast.Call)
    parts = [ast.unparse(argument) for argument in [*node.args, *node.keywords]]
    act = choices.below(5)
    if act == 0 or not parts:
        more = ("*args", "**kwargs", "reuse=True", "name='n'", "x", "scope=s", "reuse=tf.AUTO_REUSE", "None", "3")
        parts.insert(choices.below(len(parts) + 1), choices.pick(more))
    elif act == 1:
        parts.pop(choices.below(len(parts)))
    elif act == 2:
        parts.insert(choices.below(len(parts)), parts.pop())
    elif act == 3:
        at = choices.below(len(parts))
        parts[at] = re.sub(r"^\w+=", "", parts[at])
    else:
        at = choices.below(len(parts))
        parts[at] = "name=" + re.sub(r"^(\w+=|\*+)", "", parts[at])
    return pieces.with_letters(one, f"{ast.unparse(node.func)}({', '.join(parts)})")


# --- names


def rename_everywhere(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    if not pieces.names:
        return pieces.text
    old, new = choices.pick(pieces.names), _name(choices, pieces)
    return re.sub(rf"\b{re.escape(old)}\b", new, pieces.text)


def rename_once(choices: Choices, pieces: Pieces, stock: Stock) -> str:
    found = list(re.finditer(r"\b[A-Za-z_]\w*\b", pieces.text))
    one = found[choices.below(len(found))] if found else None
    return (
        pieces.text if one is None else pieces.text[: one.start()] + _name(choices, pieces) + pieces.text[one.end() :]
    )


def _name(choices: Choices, pieces: Pieces) -> str:
    given = ("self", "tf", "x", "keras", "Layer", "call", "build", "name", "é", "_", "__init__", "tensorflow", "shape")
    return choices.pick((*pieces.names, *given))


# --- helpers


def _put_before(pieces: Pieces, one: Statement, text: str) -> str:
    return pieces.with_lines(one.first, one.first, [one.indent + line if line else line for line in text.split("\n")])


def _further(lines: Sequence[str]) -> list[str]:
    return ["    " + line if line else line for line in lines]


def _is_compound(statement: Statement) -> bool:
    return hasattr(statement.kind, "_fields") and "body" in statement.kind._fields


STRUCTURAL: tuple[Mutation, ...] = (
    delete, duplicate, swap, move, graft, add_line, wrap, wrap_in_try, unwrap, decorate, one_line,
    replace, change_literal, put_literal, surround, change_arguments, rename_everywhere, rename_once,
)  # fmt: skip


def mutated(choices: Choices, text: str, stock: Stock) -> tuple[str, str]:
    """With the name of what was done; a text that is no Python stays."""
    mutation = choices.pick(STRUCTURAL)
    pieces = pieces_of(text)
    if pieces is None or not pieces.statements or not pieces.expressions:
        return text, ""
    return mutation(choices, pieces, stock), mutation.__name__
