"""What a comprehension makes."""

from __future__ import annotations

import ast

from tfmigrate.walk import operate
from tfmigrate.walk.assigning import assign
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.targets import concrete_items, loop_target, round_index
from tfmigrate.walk.values import DictValue, Env, ListValue, Round, TupleValue, Value


def comprehend(ev: Evaluator, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, env: Env) -> Value:
    """The list or dictionary that it makes; a set and a generator count as a list."""
    results: list[Value] = []
    inner = Env({}, env, env.module)
    source = ev.evaluate(node.generators[0].iter, env)
    complete = _generate(ev, node, node.generators, source, inner, results)
    if isinstance(node, ast.DictComp):
        return _dictionary(node, results, complete)
    result = ListValue(results, complete)
    if len(node.generators) == 1 and not node.generators[0].ifs and not complete:
        result.index = round_index(node.generators[0].target, inner)
    ev.semantics.comprehended(ev, node, source, result)
    return result


def _generate(
    ev: Evaluator, node: ast.expr, generators: list[ast.comprehension], iterable: Value, env: Env, results: list[Value]
) -> bool:
    generator, *rest = generators
    concrete = concrete_items(iterable)
    if isinstance(iterable, (ListValue, TupleValue)) and not iterable.items:
        return isinstance(iterable, TupleValue) or iterable.complete
    complete = concrete is not None
    if concrete is None:
        ev.frame.loops.append(node)
        run = object()
        rounds = [
            loop_target(ev, generator.iter, iterable, generator.target, env, Round(run, first))
            for first in (True, False)
        ]
    else:
        rounds = concrete
    for item in rounds:
        assign(ev, generator.target, item, env)
        answers = [operate.truth(ev.evaluate(test, env)) for test in generator.ifs]
        if False in answers:
            continue
        complete = complete and None not in answers
        if rest:
            complete = _generate(ev, node, rest, ev.evaluate(rest[0].iter, env), env, results) and complete
        else:
            results.append(_element(ev, node, env))
    if concrete is None:
        ev.frame.loops.pop()
    return complete


def _element(ev: Evaluator, node: ast.expr, env: Env) -> Value:
    if isinstance(node, ast.DictComp):
        return TupleValue((ev.evaluate(node.key, env), ev.evaluate(node.value, env)))
    assert isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp))
    return ev.evaluate(node.elt, env)


def _dictionary(node: ast.DictComp, pairs: list[Value], complete: bool) -> DictValue:
    """What a comprehension makes: pairs are those of a first and of a later round, where it is not complete."""
    keys, items = zip(*(pair.items for pair in pairs if isinstance(pair, TupleValue))) if pairs else ((), ())
    if complete or len(pairs) != 2 or len(node.generators) != 1 or node.generators[0].ifs:
        return DictValue({}, complete=False)
    return DictValue({}, False, keys[0], items)
