"""Which names only stand for a call of something else, and the text without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.program.detours import detours
from tfmigrate.program.link import Program, parse_module
from tfmigrate.program.rerouting import cleared, without

HEAD = "import functools\nimport tensorflow as tf\n\n\ndef net(x, n=1):\n    return x\n\n\n"
OTHER = "import functools\nimport tensorflow as tf\nimport main\n\n\ndef rest(x):\n    return x\n\n\n"


def straight(text: str, other: str = "") -> str | None:
    """The text without its detours; None if it has none."""
    modules = {"main": parse_module("main", Path("main.py"), HEAD + text)}
    if other:
        modules["other"] = parse_module("other", Path("other.py"), OTHER + other)
    found = [each for each in detours(Program(modules)) if each.module is modules["main"]]
    return cleared(without(modules["main"], found)).partition("return x\n\n\n")[2] if found else None


APPLY = "def apply(x, *args, **kwargs):\n    return net(x, *args, **kwargs)\n\n\n"
CALL = "def call(f, *args):\n    return f(*args)\n\n\n"
LAMBDA = "    f = lambda *args, **kwargs: net(*args, **kwargs)\n"
G = "def g(x):\n"
UNITS = "    f = functools.partial(tf.layers.dense, units=n)\n"
DENSE = "    f = functools.partial(tf.layers.dense, activation=tf.nn.relu)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (APPLY + "y = apply(1, n=2)\n", "y = net(1, n=2)\n"),
        (APPLY + "y = apply(apply(1), 2)\n", "y = net(net(1), 2)\n"),
        (APPLY + "y = apply(*[1], 2)\n", None),
        (APPLY + "y = apply(1, *[2], **{})\n", "y = net(1, *[2], **{})\n"),
        (CALL + "y = call(net, 1)\n", "y = net(1)\n"),
        (CALL + "y = call(main.net, 'é', call(net, 2))\n", "y = main.net('é', net(2))\n"),
        (CALL + "y = call(\n    net, 1)\n", "y = net(\n    1)\n"),
        (CALL + "y = call(net,\n         1)\n", "y = net(\n         1)\n"),
        (CALL + "y = call(net,  # this one\n         1)\n", None),
        (CALL + "y = call((net), 1)\n", None),
        (CALL + "y = call(f=net)\n", None),
        (CALL + "y = call(make(), 1)\n", None),
        (CALL + "y = call(net)\n", None),
        ("def g(x):\n" + LAMBDA + "    return f(x)\n", "def g(x):\n    return net(x)\n"),
        (G + LAMBDA + "    return [f(y) for y in x]\n", G + "    return [net(y) for y in x]\n"),
        (G + DENSE + "    return f(x, 2)\n", G + "    return tf.layers.dense(x, 2, activation=tf.nn.relu)\n"),
        (G + DENSE + "    return f(x, 2, activation=1)\n", G + "    return tf.layers.dense(x, 2, activation=1)\n"),
        ("def g(x):\n" + DENSE + "    return f(x, units=(2))\n", None),
    ],
)  # fmt: skip
def test_goes(before: str, after: str | None) -> None:
    assert straight(before) == after


@pytest.mark.parametrize(
    "text",
    [
        # what is called means something else there, or something else by then
        APPLY + "def g(net):\n    return apply(net)\n",
        APPLY + "def g(x):\n    return [apply(net) for net in x]\n",
        APPLY + "def g(x):\n    return lambda net: apply(net)\n",
        APPLY + "y = apply(1)\nnet = 2\n",
        APPLY + "def g(x):\n    global net\n    net = x\n    return apply(x)\n",
        "def g(x):\n" + LAMBDA + "    return lambda net: f(net)\n",
        "class Net:\n    net = 1\n    f = lambda *args, **kwargs: net(*args, **kwargs)\n    y = f(1)\n",
        # another name that is more than another name
        APPLY + "def g(x, apply):\n    return apply(x)\n",
        APPLY + "y = [apply]\n",
        APPLY + "y = apply(1)\n__all__ = ['apply']\n",
        APPLY + "def g(x):\n    return apply(x), locals()\n",
        APPLY.replace("def", "@staticmethod\ndef", 1) + "y = apply(1)\n",
        APPLY.replace("x, *args, **kwargs)\n", "x, **kwargs)\n") + "y = apply(1)\n",
        APPLY.replace("net(x,", "net(x + 1,") + "y = apply(1)\n",
        APPLY.replace("apply(x,", "apply(x=3,") + "y = apply(1)\n",
        APPLY.replace("return net(x, *args, **kwargs)", "return net(x, n=1, *args, **kwargs)") + "y = apply(1)\n",
        APPLY.replace("return", "yield") + "y = apply(1)\n",
        "def g(x):\n    if x:\n" + LAMBDA.replace("    f", "        f") + "        x = 1\n    return f(x)\n",
        "def g(x):\n" + LAMBDA + "    y = f(x)\n    f = 1\n    return y\n",
        "def g(x):\n    y = f(x)\n" + LAMBDA + "    return y\n",
        # what a partial was given changes
        "def g(x, n):\n    f = functools.partial(tf.layers.dense, units=n)\n    n = 2\n    return f(x)\n",
        G + "    for n in x:\n    " + UNITS + "        x = f(x)\n    return x\n",
        "def g(x):\n    f = functools.partial(tf.layers.dense, units=make())\n    return f(x)\n",
        "def g(x):\n    f = functools.partial(tf.layers.dense, units=x.n)\n    return f(x)\n",
        "def g(x, n):\n    f = functools.partial(tf.layers.dense, units=n)\n    return [f(n) for n in x]\n",
        "def g(x, n):\n    f = functools.partial(tf.layers.dense, units=n)\n    return f(x, **n)\n",
        "def g(x, n):\n" + UNITS + "    def h():\n        nonlocal n\n        n = 3\n    return f(x)\n",
        "def g(x, n):\n    f = functools.partial(tf.reshape, shape=n)\n    return f(x)\n",
    ],
)  # fmt: skip
def test_stays(text: str) -> None:
    assert straight(text) is None


@pytest.mark.parametrize("other", ["y = main.apply(1)\n", "from main import apply\n", "from main import *\n"])
def test_another_file_may_mean_it(other: str) -> None:
    assert straight(APPLY + "y = apply(1)\n", other) is None
    assert straight(APPLY + "y = apply(1)\n", "y = rest(1)\n") == "y = net(1)\n"


def test_lines_keep_their_numbers() -> None:
    text = HEAD + "# about it\n" + APPLY + "y = apply(1)\n"
    module = parse_module("main", Path("main.py"), text)
    changed = without(module, list(detours(Program({"main": module}))))
    assert changed.splitlines().index("y = net(1)") == text.splitlines().index("y = apply(1)")


BOTH = "y = tf.cond(t, lambda: tf.contrib.layers.batch_norm({}), lambda: tf.contrib.layers.batch_norm({}))\n"
ONE = "y = tf.contrib.layers.batch_norm({})\n"
IN_PLACE = "updates_collections=None, scope=s"


def both(first: str, second: str) -> str | None:
    return straight(BOTH.format(f"{first}, {IN_PLACE}", f"{second}, {IN_PLACE}"))


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("x, is_training=True", "x, is_training=False, reuse=True", "x, is_training=t"),
        ("x, is_training=True, reuse=None", "x, is_training=False, reuse=True", "x, is_training=t, reuse=None"),
        ("x, is_training=t", "x, is_training=t, reuse=tf.AUTO_REUSE", "x, is_training=t"),
        ("x, epsilon=1e-5, is_training=1 > 0", "x, epsilon=1e-5, is_training=False, reuse=True", None),
        ("x, is_training=True", "x, is_training=False", None),
        ("x, is_training=True, reuse=True", "x, is_training=False, reuse=None", None),
        ("x, is_training=False", "x, is_training=True, reuse=True", None),
        ("x, is_training=True", "x, is_training=True, reuse=True", None),
        ("x, is_training=u", "x, is_training=False, reuse=True", None),
        ("x", "x, is_training=False, reuse=True", None),
        ("x, is_training=True", "z, is_training=False, reuse=True", None),
        ("f(x), is_training=True", "f(x), is_training=False, reuse=True", None),
        ("x, is_training=True, decay=0.9", "x, is_training=False, reuse=True", None),
        ("x, is_training=True, **k", "x, is_training=False, reuse=True, **k", None),
        ("*x, is_training=True", "*x, is_training=False, reuse=True", None),
        ("x, is_training=True, renorm=True", "x, is_training=False, renorm=True, reuse=True", None),
    ],
)
def test_branches_of_two_modes(first: str, second: str, one: str | None) -> None:
    assert both(first, second) == (one and ONE.format(f"{one}, {IN_PLACE}"))


ALIKE = BOTH.format(f"x, is_training=True, {IN_PLACE}", f"x, is_training=False, reuse=True, {IN_PLACE}")


@pytest.mark.parametrize(
    "text",
    [
        # what a branch updates is waited for, or collected
        ALIKE.replace("updates_collections=None, ", "") + "tf.control_dependencies(z)\n",
        ALIKE + "outputs_collections = 1\n",
        # more than the two calls
        ALIKE.replace("(t,", "(g(),"),
        ALIKE.replace("y = ", "y = 2 * "),
        ALIKE.replace("))\n", "), name='n')\n"),
        ALIKE.replace("(t,", "(t,  # fed\n"),
    ],
)
def test_branches_that_stay(text: str) -> None:
    assert straight(ALIKE) and straight(ALIKE.replace("updates_collections=None, ", ""))
    assert straight(text) is None
