"""Steps that programs take less often: weights used twice, state, defaults of scopes, options handed on, slim."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random_tf1.bodies import Body

REGULARIZERS = (
    "regularizer=tf.contrib.layers.l2_regularizer(0.001)",
    "regularizer=tf.keras.regularizers.l2(0.001)",
)


def wider(body: Body) -> None:
    """One step on a vector."""
    body.network.makes = True
    steps = [
        (2, _tied),
        (2, _norm_by_hand),
        (2, _comprehension),
        (2, _options),
        (1, _partial),
        (2, _named_in_a_table),
        (2, _slim),
        (2, _regularised),
        (1, _embedding),
        (1, _state),
        (1, _plain_variable),
    ]
    body.choices.weighted(steps)(body)


def _tied(body: Body) -> None:
    """There and back with one matrix; at times fetched once more by its name."""
    text, _ = body.size()
    size, name = body.shape[-1], body.fresh("tied")
    body.lines.add(f'tied = tf.get_variable("{name}", [{size}, {text}]{body.initializer()})')
    body.lines.add(f"code = {body.choices.pick(['tf.nn.relu', 'tf.tanh'])}(tf.matmul({body.h}, tied))")
    if body.choices.chance(30):
        with body.lines.block("with tf.variable_scope(tf.get_variable_scope(), reuse=True):"):
            body.lines.add(f'tied = tf.get_variable("{name}")')
    body.becomes(body.choices.pick(["tf.matmul(code, tied, transpose_b=True)", "tf.matmul(code, tf.transpose(tied))"]))


def _norm_by_hand(body: Body) -> None:
    size = body.shape[-1]
    body.lines.add(f"mean, variance = tf.nn.moments({body.h}, [-1], keep_dims=True)")
    for name, start in (("gamma", "tf.ones_initializer()"), ("beta", "tf.zeros_initializer()")):
        body.lines.add(f'{name} = tf.get_variable("{body.fresh(name)}", [{size}], initializer={start})')
    body.becomes(f"gamma * ({body.h} - mean) / tf.sqrt(variance + 1e-3) + beta")


def _comprehension(body: Body) -> None:
    count, stem = body.choices.between(2, 3), body.fresh("head")
    text, number = body.size()
    name = body.choices.pick([f'"{stem}%d" % i', f'"{stem}_" + str(i)', f'"{stem}{{}}".format(i)'])
    body.lines.add(f"heads = [tf.layers.dense({body.h}, {text}, name={name}) for i in range({count})]")
    if body.choices.chance(50):
        body.becomes("tf.add_n(heads)", (number,))
    else:
        body.becomes("tf.concat(heads, -1)", (number * count,))


def _options(body: Body) -> None:
    text, number = body.size()
    options = body.choices.pick(
        ['{"activation": tf.tanh}', "dict(activation=tf.nn.relu, use_bias=False)", '{"use_bias": False}']
    )
    body.lines.add(f"options = {options}")
    body.becomes(f'tf.layers.dense({body.h}, {text}, name="{body.fresh("fc")}", **options)', (number,))


def _partial(body: Body) -> None:
    text, number = body.size()
    body.network.file.need("import functools")
    body.lines.add("layer = functools.partial(tf.layers.dense, activation=tf.nn.elu)")
    body.becomes(f'layer({body.h}, {text}, name="{body.fresh("fc")}")', (number,))


def _named_in_a_table(body: Body) -> None:
    names = [body.fresh("part") for _ in range(body.choices.between(2, 3))]
    sizes = [body.choices.pick((8, 4, 6)) for _ in names]
    table = ", ".join(f'("{name}", {size})' for name, size in zip(names, sizes))
    if body.h != "h":
        body.lines.add(f"h = {body.h}")
    with body.lines.block(f"for part, width in [{table}]:"):
        body.lines.add("h = tf.layers.dense(h, width, name=part)")
    body.h, body.shape = "h", (sizes[-1],)


def _slim(body: Body) -> None:
    text, number = body.size()
    slim = body.choices.pick(["slim", "slim", "tf.contrib.slim"])
    if slim == "slim":
        body.network.file.need("import tensorflow.contrib.slim as slim")
    given = body.choices.pick(
        ["activation_fn=None", "activation_fn=tf.nn.elu", "weights_initializer=tf.zeros_initializer()"]
    )
    name = body.fresh("slim")
    calls = [f'{slim}.fully_connected({body.h}, {text}, scope="{name}")']
    if body.unnamed_allowed:
        body.network.unnamed = True
        calls.append(f"{slim}.fully_connected({body.h}, {text})")
    stacked = f'{slim}.stack({body.h}, {slim}.fully_connected, [5, {text}], scope="{name}")'
    repeated = f'{slim}.repeat({body.h}, 2, {slim}.fully_connected, {text}, scope="{name}")'
    call = body.choices.pick([*calls, stacked, repeated])
    with body.lines.block(f"with {slim}.arg_scope([{slim}.fully_connected], {given}):"):
        body.becomes(call, (number,))


def _regularised(body: Body) -> None:
    """A weight or a layer with a regularizer of its own, or all in a scope that has one."""
    body.program.regularised = True
    text, number = body.size()
    form = body.choices.below(3)
    regularizer = body.choices.pick(REGULARIZERS)
    if form == 0:
        body.becomes(f'tf.layers.dense({body.h}, {text}, kernel_{regularizer}, name="{body.fresh("fc")}")', (number,))
    elif form == 1:
        body.lines.add(f'w = tf.get_variable("{body.fresh("w")}", [{body.last()}, {text}], {regularizer})')
        body.becomes(f"tf.matmul({body.h}, w)", (number,))
    else:
        name = body.fresh("decayed")
        body.path.append(name)
        with body.inner(f'with tf.variable_scope("{name}", {regularizer}):'):
            body.steps(1, 2, depth=1)
        body.path.pop()


def _embedding(body: Body) -> None:
    text, number = body.size()
    body.lines.add(f'table = tf.get_variable("{body.fresh("table")}", [{body.shape[-1]}, {text}])')
    body.becomes(f"tf.nn.embedding_lookup(table, tf.argmax({body.h}, -1))", (number,))


def _state(body: Body) -> None:
    """Something counted or averaged at each call, which nothing reads but the count itself."""
    size, name = body.shape[-1], body.fresh("seen")
    if body.choices.chance(50):
        body.lines.add(
            f'seen = tf.get_variable("{name}", [], initializer=tf.zeros_initializer(), trainable=False)'
        )  # fmt: skip
        body.lines.add("update = tf.assign_add(seen, 1.0)")
    else:
        body.lines.add(
            f'seen = tf.get_variable("{name}", [{size}], trainable=False, initializer=tf.zeros_initializer())'
        )
        body.lines.add(f"update = tf.assign(seen, 0.9 * seen + 0.1 * tf.reduce_mean({body.h}, 0))")
    if body.choices.chance(50):
        body.lines.add("tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)")
        body.program.counted = True
        return body.dense()
    with body.lines.block("with tf.control_dependencies([update]):"):
        body.lines.add(f"h = tf.identity({body.h})")
    body.h = "h"
    return None


def _plain_variable(body: Body) -> None:
    size, name = body.shape[-1], body.fresh("scale")
    start = body.choices.pick([f"tf.ones([{size}])", f"tf.constant(0.1, shape=[{size}])", f"tf.zeros([{size}])"])
    body.network.plain = True
    body.lines.add(f'scale = tf.Variable({start}, name="{name}")')
    body.becomes(f"{body.h} * scale")
