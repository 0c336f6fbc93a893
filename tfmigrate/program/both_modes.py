"""`tf.cond` of a batch normalisation as in training and the same as in use, which is one of them that gets the flag.

tf.cond(training,                                                 batch_norm(x, is_training=training, scope=s)
        lambda: batch_norm(x, is_training=True, scope=s),
        lambda: batch_norm(x, is_training=False, scope=s, reuse=True))
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module, Program
from tfmigrate.program.render import encoded_lines, on_one_line, segment_of
from tfmigrate.program.rerouting import Detour, Edit
from tfmigrate.program.standing import ancestors

_MODES = {
    "tf.contrib.layers.batch_norm": "is_training",
    "tf.contrib.slim.batch_norm": "is_training",
    "tf_slim.batch_norm": "is_training",
    "tf_slim.layers.batch_norm": "is_training",
    "tf.layers.batch_normalization": "training",
}
_ARGUMENTS = {
    "activation_fn", "axis", "center", "data_format", "decay", "epsilon", "fused", "inputs", "is_training", "momentum",
    "name", "reuse", "scale", "scope", "trainable", "training", "updates_collections",
}  # fmt: skip
# What waits for an update of one branch never runs in the other, whoever asks for it.
_WAITS = re.compile(r"(?i)(control|with)_dependencies|\.tuple\(|create_train_op|optimize_loss|estimator|slim\.learning")
# What a branch adds to a collection it would add once.
_COLLECTS = re.compile(r"outputs_collections|param_regularizers|variables_collections|\w_regularizer=")
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List, ast.UnaryOp, ast.BinOp, ast.expr_context, ast.operator,
    ast.unaryop,
)  # fmt: skip


def both_modes(program: Program, module: Module) -> Iterator[Detour]:
    """The places of a file where one call can take both branches' place."""
    for call in module.of_kind(ast.Call):
        if library_name(module, call.func) == "tf.cond":
            text = _merged(program, module, call)
            edit = _edit(module, call, text) if text is not None else None
            if edit is not None:
                yield Detour(module, call, (edit,), frozenset({call.lineno}))


def _merged(program: Program, module: Module, cond: ast.Call) -> str | None:
    """The one call, if the branches differ in nothing but the mode."""
    taken = [*cond.args, *(k.value for k in cond.keywords)]
    names = [k.arg for k in cond.keywords]
    if len(taken) != 3 or names not in ([], ["false_fn"], ["true_fn", "false_fn"], ["fn2"], ["fn1", "fn2"]):
        return None
    flag, *branches = taken
    if not isinstance(flag, (ast.Name, ast.Attribute)) or not _is_plain(flag):
        return None
    first, second = (_only_call(branch) for branch in branches)
    if first is None or second is None or ast.dump(first.func) != ast.dump(second.func):
        return None
    mode = _MODES.get(library_name(module, first.func))
    if mode is None or [*map(ast.dump, first.args)] != [*map(ast.dump, second.args)]:
        return None
    given, again = ({k.arg or "**": k.value for k in call.keywords} for call in (first, second))
    same = given.keys() - {mode, "reuse"}
    if (
        not given.keys() <= _ARGUMENTS
        or again.keys() - {mode, "reuse"} != same
        or mode not in given
        or mode not in again
    ):
        return None
    if not all(map(_is_plain, [*first.args, *given.values(), *again.values()])):
        return None
    if any(ast.dump(given[name]) != ast.dump(again[name]) for name in same):
        return None
    if not _is(given[mode], True, flag) or not _is(again[mode], False, flag) or not _shares(module, again.get("reuse")):
        return None
    in_place = isinstance(updates := given.get("updates_collections"), ast.Constant) and updates.value is None
    texts = [other.text for other in program.modules.values()]
    if any(map(_COLLECTS.search, texts)) or (not in_place and any(map(_WAITS.search, texts))):
        return None
    shown = [on_one_line(module, argument) for argument in first.args]
    shown += [f"{name}={on_one_line(module, flag if name == mode else value)}" for name, value in given.items()]
    return f"{on_one_line(module, first.func)}({', '.join(shown)})"


def _only_call(branch: ast.expr) -> ast.Call | None:
    """What a lambda without arguments calls."""
    if not isinstance(branch, ast.Lambda) or ast.unparse(branch.args) or not isinstance(branch.body, ast.Call):
        return None
    return branch.body


def _is_plain(value: ast.expr) -> bool:
    """Whether an expression makes nothing, so that it may be read once for twice."""
    return all(isinstance(node, _PLAIN) for node in ast.walk(value))


def _is(value: ast.expr, constant: bool, flag: ast.expr) -> bool:
    """Whether a mode is that of its branch: told so, or the flag that chose the branch."""
    return ast.dump(value) == ast.dump(flag) or (isinstance(value, ast.Constant) and value.value is constant)


def _shares(module: Module, reuse: ast.expr | None) -> bool:
    """Whether the second call takes the variables of the first."""
    if isinstance(reuse, ast.Constant):
        return reuse.value is True
    return reuse is not None and library_name(module, reuse) == "tf.AUTO_REUSE"


def _edit(module: Module, cond: ast.Call, text: str) -> Edit | None:
    """The call in the first line of what it takes the place of; the other lines go."""
    told = segment_of(module, cond)
    if "#" in told or "\\\n" in told or not isinstance(next(ancestors(module, cond)), (ast.Return, ast.Assign)):
        return None  # a comment would be lost
    last, end = cond.end_lineno or cond.lineno, cond.end_col_offset or 0
    if last > cond.lineno:
        line = encoded_lines(module)[last - 1]
        text, end = text + line[end:].decode(), len(line)
    return Edit((cond.lineno, cond.col_offset), (last, end), text)
