"""RNN cells in a network: a few time steps of what the last step made, run in one of TensorFlow's ways or by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random_tf1.bodies import Body

_STEPS = 3
_LIBRARIES = ("tf.nn.rnn_cell", "tf.contrib.rnn")


def recurrent(body: Body) -> None:
    """`h` becomes the last output of cells that saw it, halved at every other step. Each runs in a scope of its own."""
    body.network.makes = True
    ways = [_dynamic, _static, _both_ways, _by_hand]
    body.lines.add(f"sequence = tf.stack([{body.h}, {body.h} * 0.5, {body.h}], 1)")
    body.choices.pick(ways)(body)


def _cell(body: Body, unnamed: bool = True) -> tuple[str, int]:
    """The making of a cell, and how many numbers it gives."""
    choices = body.choices
    library = choices.pick(_LIBRARIES)
    text, number = body.size()
    options = ""
    kind = choices.pick(("BasicLSTMCell", "GRUCell", "LSTMCell", "BasicRNNCell"))
    if kind == "BasicLSTMCell" and choices.chance(40):
        options = choices.pick([", forget_bias=0.0", ", 0.5", ", state_is_tuple=True"])
    elif kind == "LSTMCell" and choices.chance(40):
        options = choices.pick([", use_peepholes=True", ", cell_clip=0.4", ", initializer=tf.zeros_initializer()"])
    elif kind == "LSTMCell" and choices.chance(30):
        options, number = ", num_proj=2", 2
    elif kind == "GRUCell" and choices.chance(40):
        options = choices.pick([", tf.nn.relu", ", kernel_initializer=tf.constant_initializer(0.1)"])
    if choices.chance(15) and not (unnamed and choices.chance(50)):
        options += f', name="{kind.lower()}"'
    made = f"{library}.{kind}({text}{options})"
    if choices.chance(25):
        made = f"{library}.DropoutWrapper({made}, output_keep_prob=1.0)"
    return made, number


def _stack(body: Body) -> tuple[str, int]:
    """One cell, or some on top of each other."""
    if not body.choices.chance(30):
        return _cell(body)
    first, _ = _cell(body)
    second, number = _cell(body)
    return f"{body.choices.pick(_LIBRARIES)}.MultiRNNCell([{first}, {second}])", number


def _place(body: Body) -> tuple[str, str]:
    """Where cells run: the head of a block, or `, scope="name"` for the function that runs them."""
    name = body.fresh("rnn")
    if body.choices.chance(50):
        return "", f', scope="{name}"'
    return f'with tf.variable_scope("{name}"):', ""


def _run(body: Body, lines: list[str], head: str) -> None:
    if not head:
        body.lines.extend(lines)
        return
    with body.inner(head):
        body.lines.extend(lines)


def _dynamic(body: Body) -> None:
    made, number = _stack(body)
    head, scope = _place(body)
    if body.choices.chance(30):
        call = f"tf.nn.dynamic_rnn(cell, tf.transpose(sequence, [1, 0, 2]), time_major=True, dtype=tf.float32{scope})"
        last = "outputs[-1]"
    else:
        call = f"tf.nn.dynamic_rnn(cell, sequence, dtype=tf.float32{scope})"
        last = "outputs[:, -1]"
    _run(body, [f"cell = {made}", f"outputs, state = {call}"], head)
    body.becomes(last, (number,))


def _static(body: Body) -> None:
    made, number = _stack(body)
    head, scope = _place(body)
    library = body.choices.pick(("tf.nn", "tf.contrib.rnn"))
    call = f"{library}.static_rnn(cell, tf.unstack(sequence, {_STEPS}, 1), dtype=tf.float32{scope})"
    _run(body, [f"cell = {made}", f"outputs, state = {call}"], head)
    body.becomes("outputs[-1]", (number,))


def _both_ways(body: Body) -> None:
    (forward, first), (backward, second) = _stack(body), _cell(body)
    head, scope = _place(body)
    call = f"tf.nn.bidirectional_dynamic_rnn(forward, backward, sequence, dtype=tf.float32{scope})"
    _run(body, [f"forward = {forward}", f"backward = {backward}", f"outputs, states = {call}"], head)
    body.becomes("tf.concat(outputs, 2)[:, 0]", (first + second,))


def _by_hand(body: Body) -> None:
    made, number = _cell(body, unnamed=False)
    head = f'with tf.variable_scope("{body.fresh("rnn")}"):'
    body.lines.add(f"cell = {made}")
    body.lines.add("state = cell.zero_state(tf.shape(sequence)[0], tf.float32)")
    with body.inner(head), body.lines.block(f"for t in range({_STEPS}):"):
        if body.choices.chance(30):
            with body.lines.block("if t > 0:"):
                body.lines.add("tf.get_variable_scope().reuse_variables()")
        body.lines.add("output, state = cell(sequence[:, t], state)")
    body.becomes("output", (number,))
