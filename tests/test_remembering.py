"""Calls that concern no variable are worked out once, and nothing that follows from a walk may change by that."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from tfmigrate.program.link import Program, parse_module
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import show_path
from tfmigrate.walk.roots import walk_program
from tfmigrate.walk.values import FunctionValue, Value

_HEAD = """\
import tensorflow as tf


def variable(name):
    with tf.variable_scope(name):
        tf.get_variable('w', [])
"""


def _walked(text: str) -> list[str]:
    """The variables that the first walk of a program makes."""
    module = parse_module("program", Path("program.py"), _HEAD + dedent(text))
    walks, _ = walk_program(Program({"program": module}))
    made = [v for c in walks[0].root.creations() for v in c.variables]
    return [show_path(v.path or ()) for v in made]


def _watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that run from now on."""
    worked_out: list[str] = []
    call_now = Executor._call_now

    def counted(self: Executor, callee: FunctionValue, args: Arguments, node: ast.Call | None, lent: bool) -> Value:
        worked_out.append(callee.function.name)
        return call_now(self, callee, args, node, lent)

    monkeypatch.setattr(Executor, "_call_now", counted)
    return worked_out


def test_equal_calls_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
        def inner(n):
            return n + 1

        def outer(n):
            return inner(n) * 2

        def build():
            variable(str(outer(1)))
"""
    worked_out = _watched(monkeypatch)
    many = program + "\n".join(f"            variable('v{i}_' + str(outer(1)))" for i in range(5))
    assert _walked(many)[-1] == "v4_4/w"
    assert worked_out.count("outer") == worked_out.count("inner") == 1
    assert worked_out.count("variable") == 6


def test_lists_are_new_at_every_call() -> None:
    names = _walked("""
        def sizes(n):
            return [n]

        def build():
            first = sizes(1)
            first.append(2)
            second = sizes(1)
            variable('first%d' % len(first))
            variable('second%d' % len(second))
    """)
    assert names == ["first2/w", "second1/w"]


def test_a_list_that_was_given_is_handed_back_itself() -> None:
    names = _walked("""
        def same(items):
            return items

        def build():
            items = ['a']
            same(items)
            again = same(items)
            again.append('b')
            variable('n%d' % len(items))
    """)
    assert names == ["n2/w"]


def test_objects_are_new_at_every_call() -> None:
    names = _walked("""
        class Sizes:
            def __init__(self):
                self.n = 'a'

        def sizes():
            return Sizes()

        def build():
            first = sizes()
            first.n = 'b'
            variable(first.n)
            variable(sizes().n)
            variable(sizes().n + first.n)
    """)
    assert names == ["b/w", "a/w", "ab/w"]


def test_what_changes_an_object_is_done_each_time() -> None:
    names = _walked("""
        class Names:
            def __init__(self):
                self.n = 'a'

            def grow(self):
                self.n = self.n + 'x'

            def now(self):
                return self.n

        def build():
            names = Names()
            variable(names.now())
            for _ in (Names(), Names()):
                names.grow()
            variable(names.now())
    """)
    assert names == ["a/w", "axx/w"]


def test_what_changes_a_container_in_an_object_is_done_each_time() -> None:
    names = _walked("""
        class Names:
            def __init__(self):
                self.items = []

            def grow(self, item):
                self.items.append(item)

            def count(self):
                return len(self.items)

        def build():
            names = Names()
            variable('n%d' % names.count())
            names.grow(1)
            variable('n%d' % names.count())
            names.grow(1)
            variable('n%d' % names.count())
    """)
    assert names == ["n0/w", "n1/w", "n2/w"]


def test_globals_are_read_anew() -> None:
    names = _walked("""
        PREFIX = 'a'

        def prefix():
            return PREFIX

        def change():
            global PREFIX
            PREFIX = 'b'

        def build():
            variable(prefix())
            variable(prefix() + '1')
            change()
            variable(prefix())
    """)
    assert names == ["a/w", "a1/w", "b/w"]


def test_containers_of_a_module_are_read_anew() -> None:
    names = _walked("""
        NAMES = []

        def count():
            return len(NAMES)

        def build():
            variable('n%d' % count())
            variable('again%d' % count())
            NAMES.append('a')
            variable('n%d' % count())
    """)
    assert names == ["n0/w", "again0/w", "n1/w"]


def test_what_hangs_on_the_scope_is_asked_each_time() -> None:
    names = _walked("""
        def where():
            return tf.get_variable_scope().name

        def build():
            with tf.variable_scope('a'):
                variable(where() + 'x')
            with tf.variable_scope('b'):
                variable(where() + 'x')
    """)
    assert names == ["a/ax/w", "b/bx/w"]


def test_functions_made_inside_are_not_confused() -> None:
    names = _walked("""
        def maker(name):
            def inner():
                return name
            return inner

        def build():
            a, b = maker('a'), maker('b')
            variable(a())
            variable(b())
            variable(a() + b())
    """)
    assert names == ["a/w", "b/w", "ab/w"]


def test_a_list_filled_in_a_loop_is_not_taken_for_complete() -> None:
    names = _walked("""
        def sizes():
            found = []
            found.append('a')
            return found

        def build(n):
            variable('before%d' % len(sizes()))
            for i in range(n):
                known = sizes()
            variable('n%d' % len(sizes()))
    """)
    assert names == ["before1/w", "n1/w"]


def test_attributes_of_different_objects_are_told_apart() -> None:
    names = _walked("""
        class Sizes:
            def __init__(self):
                self.n = self.unknown

        def sizes():
            return Sizes()

        def build():
            first, second = sizes(), sizes()
            if first.n == second.n:
                variable('same')
            else:
                variable('other')
    """)
    assert names == ["same/w", "other/w"]


def test_unknown_attributes_of_objects_that_are_made_anew_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = _watched(monkeypatch)
    names = _walked("""
        import outside

        class Options:
            def __init__(self, size):
                self.name = 'net'
                self.size = size
                setattr(self, outside.KEY, size)

        def options():
            return Options(3)

        def build():
            first = options()
            second = options()
            variable('same' if first.name == first.name else 'other')
            variable('same' if first.name == second.name else 'other')
    """)
    assert names[0] == "same/w" and names[1:] != ["same/w"]
    assert worked_out.count("options") == 1
