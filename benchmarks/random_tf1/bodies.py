"""What stands in a network: steps that take a tensor to the next one, and make variables on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from random_tf1.choices import Choices
from random_tf1.recurrent import recurrent
from random_tf1.text import Lines
from random_tf1.wider import REGULARIZERS, wider

if TYPE_CHECKING:
    from random_tf1.networks import Network
    from random_tf1.programs import Program

Shape = tuple[int, ...]
"""Without the batch: `(8,)` of a vector, `(6, 6, 3)` of an image."""

INITIALIZERS = (
    "",
    "initializer=tf.zeros_initializer()",
    "initializer=tf.constant_initializer(0.1)",
    "initializer=tf.random_normal_initializer(stddev=0.1)",
    "initializer=tf.truncated_normal_initializer(stddev=0.02)",
    "initializer=tf.random_uniform_initializer(-0.5, 0.5)",
    "initializer=tf.glorot_uniform_initializer()",
    "initializer=tf.orthogonal_initializer()",
)
ACTIVATIONS = ("tf.nn.relu", "tf.tanh", "tf.nn.sigmoid", "tf.nn.elu")


class Body:
    """The body of one network. `h` is what the last step made; names are fresh within the TF1 scope that is open."""

    def __init__(self, program: Program, network: Network, choices: Choices) -> None:
        self.program, self.network, self.choices = program, network, choices
        self.lines = Lines()
        self.h = "x"
        self.shape = network.source
        self.taken: list[set[str]] = [set()]
        self.path: list[str] = []
        self.unnamed_allowed = True

    # -- names

    def fresh(self, stem: str) -> str:
        """A name that nothing in this scope has."""
        taken = self.taken[-1]
        name, number = stem, 0
        while name in taken:
            number += 1
            name = f"{stem}{number}"
        taken.add(name)
        return name

    @contextmanager
    def inner(self, head: str) -> Iterator[None]:
        self.taken.append(set())
        with self.lines.block(head):
            yield
        self.taken.pop()

    def size(self) -> tuple[str, int]:
        """A number of units, and how the program writes it."""
        number = self.choices.pick((8, 4, 6, 3))
        return self.network.configured(self.choices, number), number

    def last(self) -> str:
        """The last dimension of the value, as the program writes it."""
        h = self.h
        forms = [
            f"{h}.get_shape()[-1]",
            f"{h}.shape[-1]",
            f"{h}.get_shape().as_list()[-1]",
            f"int({h}.get_shape()[-1])",
        ]
        return self.choices.pick([*forms, f"{h}.shape[-1].value", str(self.shape[-1])])

    def becomes(self, expression: str, shape: Shape | None = None, alone: bool = False) -> None:
        """The next value, at times with something done to it in the same expression."""
        shape = shape or self.shape
        if self.choices.chance(10):
            forms = [f"tf.nn.relu({expression})", f"{expression} * 0.5", f"tf.abs({expression})"]
            expression = self.choices.pick(forms)
        elif shape == self.shape and not alone and self.choices.chance(15):
            expression = self.choices.pick([f"{self.h} + {expression}", f"{expression} + {self.h}"])
        self.lines.add(f"h = {expression}")
        self.h = "h"
        self.shape = shape

    def given(self) -> str:
        """The value as a layer gets it that takes any number of channels, at times with something done to it."""
        h = self.h
        if self.choices.chance(75):
            return h
        channels = self.shape[-1]
        part = f"{h}[:, :{channels - 1}]" if len(self.shape) == 1 else f"{h}[:, :, :, :{channels - 1}]"
        forms = [f"tf.nn.relu({h})", f"{h} * 0.5", f"tf.maximum({h}, 0.1 * {h})", f"tf.concat([{h}, -{h}], -1)", part]
        return self.choices.pick(forms if channels > 1 else forms[:-1])

    def initializer(self) -> str:
        text = self.choices.pick(INITIALIZERS[:-1])
        return f", {text}" if text else ""

    # -- steps

    def steps(self, low: int, high: int, depth: int = 0) -> None:
        for _ in range(self.choices.between(low, high)):
            self.step(depth)

    def step(self, depth: int) -> None:
        image = len(self.shape) == 3
        kinds = [(4, self.weights), (4, self.dense), (4, self.helper), (2, self.activation)]
        if image:
            kinds = [(4, self.conv), (2, self.pool), (2, self.conv_helper), (3, self.flatten), (1, self.activation)]
        kinds += [(2, self.normalise), (1, self.dropout)]
        if depth < 2:
            kinds.append((3, lambda: self.scope(depth)))
        if depth < 1:
            kinds += [(2, lambda: self.loop(depth)), (1, lambda: self.under_flag(depth)), (2, self.other_network)]
        if not image:
            kinds += [(1, self.contrib), (1, self.early_return)] if depth == 0 else [(1, self.contrib)]
            kinds += [(1, lambda: recurrent(self)), (5, lambda: wider(self))]
        self.choices.weighted(kinds)()

    def ensure_variables(self) -> None:
        """Every network makes some."""
        early = self.network.early
        if early is not None and early != self.shape:  # both ways give the same dimensions
            self.becomes(f'tf.layers.dense({self.h}, {early[-1]}, name="{self.fresh("last")}")', early, alone=True)
        if not self.network.makes:
            self.dense() if len(self.shape) == 1 else self.conv()

    def activation(self) -> None:
        self.becomes(f"{self.choices.pick(ACTIVATIONS)}({self.h})")

    def weights(self) -> None:
        self.network.makes = True
        text, number = self.size()
        w, wanted = self.fresh("w"), self.last()
        if not self.network.returned:
            self.network.known.append("/".join([*self.path, w]))
        form = self.choices.below(3)
        shape = f"[{wanted}, {text}]"
        if form == 1:
            self.lines.add(f"n_in = {wanted}")
            shape = f"[n_in, {text}]"
        elif form == 2:
            shape = f"({wanted}, {text})"
        kw = "shape=" if self.choices.chance(20) else ""
        self.lines.add(f'w = tf.get_variable("{w}", {kw}{shape}{self.initializer()})')
        product = f"tf.matmul({self.h}, w)"
        if self.choices.chance(60):
            b = self.fresh("b")
            frozen = ", trainable=False" if self.choices.chance(10) else ""
            zeros = self.choices.pick(["tf.zeros_initializer()", "tf.constant_initializer(0.1)"])
            self.lines.add(f'b = tf.get_variable("{b}", [{text}], initializer={zeros}{frozen})')
            product = self.choices.pick([f"{product} + b", f"tf.nn.bias_add({product}, b)"])
        self.becomes(product, (number,))

    def layer(self, stem: str) -> str:
        """`, name="fc1"`, or nothing where TF1 is to number the layer."""
        if not self.unnamed_allowed or self.choices.chance(60):
            return f', name="{self.fresh(stem)}"'
        self.network.unnamed = True
        return ""

    def dense(self) -> None:
        self.network.makes = True
        text, number = self.size()
        options = f", activation={self.choices.pick(ACTIVATIONS)}" if self.choices.chance(50) else ""
        if self.choices.chance(15):
            options += ", use_bias=False"
        if self.choices.chance(20):
            options += f", kernel_{self.choices.pick(INITIALIZERS[1:-1])}"
        self.becomes(f"tf.layers.dense({self.given()}, {text}{options}{self.layer('fc')})", (number,))

    def contrib(self) -> None:
        self.network.makes = True
        text, number = self.size()
        wanted = self.choices.chance(60) or not self.unnamed_allowed
        named = f', scope="{self.fresh("full")}"' if wanted else ""
        options = self.choices.pick(["", ", activation_fn=None", ", activation_fn=tf.tanh"])
        self.becomes(f"tf.contrib.layers.fully_connected({self.given()}, {text}{options}{named})", (number,))

    def conv(self) -> None:
        self.network.makes = True
        text, number = self.size()
        size, _, _ = self.shape
        stride = self.choices.pick((1, 2)) if size > 3 else 1
        strides = f", strides={stride}" if stride > 1 else ""
        activation = f", activation={self.choices.pick(ACTIVATIONS)}" if self.choices.chance(50) else ""
        call = f'tf.layers.conv2d({self.given()}, {text}, 3{strides}, padding="same"{activation}{self.layer("conv")})'
        after = -(-size // stride)
        self.becomes(call, (after, after, number))

    def pool(self) -> None:
        size, _, channels = self.shape
        if size < 4:
            return self.conv()
        kind = self.choices.pick(("max", "average"))
        return self.becomes(f"tf.layers.{kind}_pooling2d({self.h}, 2, 2)", (size // 2, size // 2, channels))

    def flatten(self) -> None:
        size, _, channels = self.shape
        number = size * size * channels
        forms = [f"tf.layers.flatten({self.h})", f"tf.reshape({self.h}, [-1, {number}])"]
        self.becomes(self.choices.pick(forms), (number,))

    def normalise(self) -> None:
        self.network.makes = True
        training = self.network.training()
        momentum = ", momentum=0.9" if self.choices.chance(50) else ""
        self.becomes(f"tf.layers.batch_normalization({self.h}{momentum}, training={training}{self.layer('bn')})")
        self.program.normalised = True

    def dropout(self) -> None:
        if self.choices.chance(50):
            self.becomes(f"tf.layers.dropout({self.h}, rate=0.0, training={self.network.training()})")
        else:
            self.becomes(f"tf.nn.dropout({self.h}, keep_prob=1.0)")

    def helper(self) -> None:
        self.network.makes = True
        helper = self.program.helper("vector", self.network.file)
        if helper.naming == "none" and self.taken[-1] & {"w", "b"}:
            return self.dense()  # it has names of its own
        if helper.naming == "none":
            self.taken[-1] |= {"w", "b"}
        text, number = self.size()
        options = f", activation={self.choices.pick(ACTIVATIONS)}" if self.choices.chance(30) else ""
        self.becomes(
            helper.call(self.given(), text, options if helper.activation else "", self.fresh, self.choices), (number,)
        )
        return None

    def conv_helper(self) -> None:
        self.network.makes = True
        helper = self.program.helper("image", self.network.file)
        text, number = self.size()
        self.becomes(helper.call(self.given(), text, "", self.fresh, self.choices), (*self.shape[:2], number))

    def scope(self, depth: int) -> None:
        name = self.fresh(self.choices.pick(("block", "inner", "head")))
        options = ", reuse=tf.AUTO_REUSE" if self.choices.chance(5) else ""
        if self.choices.chance(10):
            options += f", {self.choices.pick(INITIALIZERS[1:-1])}"
        elif self.choices.chance(10):
            options += f", {self.choices.pick([*REGULARIZERS, 'dtype=tf.float32'])}"
            self.program.regularised = True
        self.path.append(name)
        with self.inner(f'with tf.variable_scope("{name}"{options}):'):
            self.steps(1, 2, depth + 1)
        self.path.pop()

    def loop(self, depth: int) -> None:
        """Rounds over numbered scopes or numbered layers; the dimensions after a round are those before it."""
        self.network.makes = True
        if len(self.shape) == 3:
            return self.conv()
        stem = self.fresh("layer")
        size, count = self.shape[-1], self.choices.between(2, 3)
        numbered = self.choices.pick(
            [f'"{stem}%d" % i', f'"{stem}_{{}}".format(i)', f'f"{stem}_{{i}}"', f'"{stem}" + str(i)']
        )
        width = str(size)
        head = f"for i in range({count}):"
        if self.choices.chance(30):
            text = f"[{', '.join(['5'] * (count - 1))}, {size}]"
            width = "size"
            head = f"for i, size in enumerate({self.network.configured(self.choices, text)}):"
        elif self.choices.chance(30):
            head = f"for i in range({self.network.configured(self.choices, count)}):"
        before = self.h
        if before != "h":
            self.lines.add(f"h = {before}")
            self.h = "h"
        with self.lines.block(head):
            form = self.choices.below(4)
            if form == 0:
                self.becomes(f"tf.layers.dense(h, {width}, name={numbered})", alone=width == "size")
            elif form == 1:
                helper = self.program.helper("vector", self.network.file, named=True)
                self.becomes(helper.call(self.h, width, "", None, self.choices, numbered), alone=width == "size")
            else:
                with self.inner(f"with tf.variable_scope({numbered}):"):
                    if form == 2:
                        self.lines.add(f'w = tf.get_variable("w", [h.get_shape()[-1], {width}])')
                        self.becomes("tf.nn.relu(tf.matmul(h, w))", alone=width == "size")
                    else:
                        self.becomes(f"tf.layers.dense(h, {width}{self.layer('fc')})", alone=width == "size")
            if self.choices.chance(25):
                with self.lines.block(f"if i < {count - 1}:"):
                    self.becomes("tf.nn.relu(h)", alone=True)
        return None

    def under_flag(self, depth: int) -> None:
        """Steps that a flag of the network turns on or off; both ways give the same dimensions."""
        if len(self.shape) == 3:
            return self.conv()
        flag = self.network.flag(self.choices)
        size = self.shape[-1]
        before = self.h
        if before != "h":
            self.lines.add(f"h = {before}")
            self.h = "h"
        with self.lines.block(f"if {flag}:"):
            self.becomes(f'tf.layers.dense(h, {size}, name="{self.fresh("extra")}")')
        if self.choices.chance(50):
            with self.lines.block("else:"):
                self.lines.add(f'w = tf.get_variable("{self.fresh("w_else")}", [{size}, {size}])')
                self.becomes("tf.matmul(h, w)")
        return None

    def early_return(self) -> None:
        network = self.network
        if network.returns != "value" or network.returned or network.control == "state" or not network.makes:
            return self.weights()
        self.network.returned = True
        flag = self.network.flag(self.choices)
        self.network.early = self.shape
        with self.lines.block(f"if {flag}:"):
            self.lines.add(f"return {self.h}")
        # both ways must give the same dimensions to whoever goes on with it
        self.becomes(f'tf.layers.dense({self.h}, {self.shape[-1]}, name="{self.fresh("late")}")')
        return None

    def other_network(self) -> None:
        """A network in a network: one more function, under this scope."""
        network = self.program.inner_network(self.shape, self.network)
        if network is None:
            return self.dense() if len(self.shape) == 1 else self.conv()
        self.network.makes |= network.makes
        self.network.plain |= network.plain
        name = self.fresh(network.scope)
        expression = network.call(
            self.h, self.choices, first=True, name=name, training=self.network.training, below=self.network
        )
        if network.returns == "pair":
            expression += "[0]"
        self.becomes(expression, network.target)
        if self.choices.chance(40) and network.target == network.source:
            again = network.again(self.h, self.choices, name, self.network.training, self.network)
            if again is not None:
                self.program.shares_norm |= network.trained
                self.becomes(again + ("[0]" if network.returns == "pair" else ""))
        return None
