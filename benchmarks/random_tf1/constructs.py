"""Which constructs of TF1 occur in a program: each by how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TEXTS = {
    # how a network is written
    "function with a scope": r"^def \w+\(x[^\n]*\n(    \"\"\"[^\n]*\n)?    with tf\.variable_scope",
    "function without a scope": r"^def \w+\(x[^\n]*\n(    \"\"\"[^\n]*\n)?    (?!with tf\.variable_scope)\w",
    "method": r"^    def (?!__)\w+\(self, x",
    "callable class": r"def __call__\(self",
    "function in a function": r"^    def \w+\((?!self)",
    "early return": r"\n( +)if [^\n]*:\n\1    return ",
    "pair as a result": r"return \w+, tf\.nn\.sigmoid",
    "more files than one": r"^(import (ops|nets)|from (ops|nets) import)",
    # scopes
    "scope by literal": r"variable_scope\(\"",
    "scope by parameter": r"variable_scope\(name\b",
    "scope by attribute": r"variable_scope\(self\.",
    "scope by `scope or`": r"variable_scope\(scope or",
    "scope by default_name": r"default_name=",
    "scope numbered in a loop": r"variable_scope\(f?\"[^\"]*(\{i?\}|%d|\" \+)",
    "scope captured and opened again": r"variable_scope\(\"captured\d+\"\) as",
    "scope with an initializer": r"variable_scope\([^\n]*initializer=",
    "name_scope or device around a call": r"with tf\.(name_scope|device)\(",
    # reuse
    "reuse by literal": r"reuse=True",
    "reuse by parameter": r"reuse=reuse",
    "reuse by the round": r"reuse=\(\w+ > 0\)",
    "AUTO_REUSE": r"AUTO_REUSE",
    "reuse_variables()": r"reuse_variables\(\)",
    # what is made
    "get_variable": r"tf\.get_variable\(",
    "variable that is not trained": r"trainable=False",
    "tf.layers with a name": r"tf\.layers\.(dense|conv2d)\([^\n]*name=",
    "tf.layers without a name": r"tf\.layers\.(dense|conv2d)\((?![^\n]*name=)",
    "contrib.layers": r"tf\.contrib\.layers\.",
    "batch normalization": r"batch_normalization\(",
    "helper with names of variables": r"get_variable\((name \+|\"%s_|\"\{\}_)",
    "helper about one layer of a library": r"(name|scope)=name\)",
    "layer of something done in place": r"tf\.(layers\.\w+|contrib\.layers\.\w+)\((tf\.|\w+ \*|h\[)",
    # loops and branches
    "loop over layers": r"for i(, size)? in (range|enumerate)\((?!\[)",
    "branch by a flag": r"if (self\.\w*deep\d*|deep\d*|DEEP_*):",
    "comprehension over calls": r"= \[[^\n]* for i, x in enumerate",
    "towers": r"^ +towers\d+ = ",
    "unrolled rounds": r"for t in range\(\d\):\n +state\d+ = ",
    "comprehension over layers": r"heads = \[",
    "layers named in a table": r"for part, width in \[",
    # what is used twice, kept, or given by a scope
    "weight used twice, transposed": r"transpose_b=True|tf\.transpose\(tied\)",
    "weight fetched again in its scope": r"get_variable_scope\(\), reuse=True\):\n +tied",
    "variable fetched from afar by its path": r" far\d+ = tf\.get_variable",
    "normalization by hand": r"tf\.nn\.moments",
    "embedding": r"embedding_lookup",
    "regularizer of a layer or weight": r"(dense|get_variable)\([^\n]*regularizer=",
    "regularizer of a scope": r"variable_scope\([^\n]*regularizer=",
    "dtype of a scope": r"variable_scope\([^\n]*dtype=",
    "state that is assigned": r"update = tf\.assign",
    "tf.Variable under a scope": r"tf\.Variable\(",
    "slim": r"slim\.fully_connected",
    "arg_scope": r"arg_scope\(",
    "slim.stack or repeat": r"slim\.(stack|repeat)\(",
    # how a network is handed on
    "options from a dictionary": r"\*\*options",
    "*args and **kwargs handed on": r"\*args, \*\*kwargs\)",
    "wrapper": r"^def apply_\w+\(",
    "functools.partial of a network": r" net\d+ = functools\.partial",
    "functools.partial of a layer": r"layer = functools\.partial",
    "dictionary of networks": r" nets\d+ = \{",
    "network as an argument": r"call_net\((?!net\b)",
    "lambda around a network": r" net\d+ = lambda",
    "make_template": r"tf\.make_template\(\"[^\n]*\", (?!lambda)|name_=",
    "make_template of a lambda": r"tf\.make_template\([^\n]*lambda",
    "make_template with arguments ahead": r"tf\.make_template\((?![^\n]*lambda)[^\n]*, (?!func_)\w+=[^\n]*\)",
    "class that overrides a method": r"^class \w+\(Base",
    "reuse kept in the object": r"^ +self\.\w*reuse = True",
    # RNN cells
    "RNN cell": r"rnn_cell\.|contrib\.rnn\.",
    "dynamic_rnn": r"tf\.nn\.dynamic_rnn",
    "static_rnn": r"static_rnn\(",
    "bidirectional_dynamic_rnn": r"bidirectional_dynamic_rnn",
    "cell run by hand": r"output, state = cell\(",
    "MultiRNNCell": r"MultiRNNCell",
    # training
    "optimizer": r"Optimizer\(",
    "list of variables by name": r"v\.name",
    "list of a collection": r"tf\.get_collection\(tf\.GraphKeys\.(TRAINABLE|GLOBAL)|trainable_variables\((scope=)?\"",
    "UPDATE_OPS": r"UPDATE_OPS",
    "moving average": r"ExponentialMovingAverage",
    "copies between scopes": r"t\.assign\(s\)",
    "Saver": r"tf\.train\.Saver",
}
CONSTRUCTS: Mapping[str, re.Pattern[str]] = {name: re.compile(text, re.MULTILINE) for name, text in _TEXTS.items()}


def constructs_of(files: Mapping[str, str]) -> list[str]:
    """The constructs of a program by name."""
    text = "\n".join(files.values())
    return [name for name, pattern in CONSTRUCTS.items() if pattern.search(text)]
