"""The root of a program: inputs, the calls of networks and how they share, losses, optimizers, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_tf1.bodies import Shape
from random_tf1.handing import from_afar, handed_on, template
from random_tf1.networks import Network
from random_tf1.text import Lines
from random_tf1.training import Training

if TYPE_CHECKING:
    from random_tf1.programs import Program

KINDS = ("function", "method", "callable", "nested")


class Root:
    """Writes `build()`. outputs: name of a result and its text. scopes: top scopes that hold variables by now."""

    def __init__(self, program: Program) -> None:
        self.program, self.choices = program, program.choices
        self.lines = Lines()
        self.inputs: dict[Shape, list[str]] = {}
        self.outputs: list[str] = []
        self.scopes: list[str] = []
        self.instances = 0
        self.model = ""
        self.values: list[tuple[str, Shape]] = []

    def write(self) -> None:
        program, choices = self.program, self.choices
        body = Lines()
        self.lines = body
        for _ in range(choices.between(1, 3)):
            self.use_network()
        Training(self).write()
        lines = Lines()
        if program.in_class:
            with lines.block("def build_model(self):"):
                lines.extend(body.lines)
                lines.add("return outputs")
            program.write_model(lines)
            build = Lines()
            with build.block("def build():"):
                build.add("model = Model()")
                build.add("return model.build_model()")
            program.main.definitions.append(build.lines)
            return
        with lines.block("def build():"):
            lines.extend(body.lines)
            lines.add("return outputs")
        program.main.definitions.append(lines.lines)

    # -- parts

    def fresh(self, stem: str) -> str:
        self.instances += 1
        return f"{stem}{self.instances}"

    def input(self, shape: Shape, number: int = 0) -> str:
        """A placeholder; the same one again for the same number."""
        known = self.inputs.setdefault(shape, [])
        while len(known) <= number:
            name = f"x{''.join(map(str, shape))}_{len(known)}"
            self.lines.add(f'{name} = tf.placeholder(tf.float32, [4, {", ".join(map(str, shape))}], name="{name}")')
            known.append(name)
        return known[number]

    def given(self, shape: Shape) -> str:
        """Something to put into a network: what another one made, or an input."""
        fit = [value for value, of in self.values if of == shape]
        return self.choices.pick(fit) if fit and self.choices.chance(30) else self.input(shape, self.choices.below(2))

    def keep(self, name: str, network: Network) -> None:
        self.outputs.append(name)
        self.values.append((name, network.target))

    def text(self, expression: str, network: Network) -> str:
        return expression + ("[0]" if network.returns == "pair" else "")

    def assign(self, name: str, expression: str, network: Network) -> str:
        """`y = net(x)`, or `y, y_act = net(x)`."""
        return f"{name}, _ = {expression}" if network.returns == "pair" else f"{name} = {expression}"

    def use_network(self) -> None:
        program, choices = self.program, self.choices
        sources: list[Shape] = [(8,), (6, 6, 3)]
        sources += [shape for _, shape in self.values if len(shape) == 1]
        source = choices.pick(sources)
        kind = choices.weighted([(12, "function"), (4, "method"), (6, "callable"), (1, "nested")])
        file = program.file_for("nets") if kind in ("function", "callable") else program.main
        namings: tuple[str, ...] = ("literal", "parameter", "default", "or", "default_name", "none")
        if kind == "callable":
            namings = ("literal", "self", "self", "parameter", "none")
        network = program.network(source, kind, file, namings, outer=True)
        if kind == "nested":
            self.lines.add()
            self.lines.extend(network.lines)
            self.lines.add()
        if kind == "method":
            network.owner = "self" if program.in_class else self.model_name()
        Uses(self, network).write()

    def model_name(self) -> str:
        if not self.model:
            self.model = "model"
            self.lines.add("model = Model()")
        return self.model


class Uses:
    """The calls of one network."""

    def __init__(self, root: Root, network: Network) -> None:
        self.root, self.network, self.choices, self.lines = root, network, root.choices, root.lines
        self.callee = self._callee()
        self.callee = handed_on(self)
        self.ambient = ""

    def _callee(self) -> str:
        network, program = self.network, self.root.program
        if network.kind == "function":
            return program.imported(network.name, network.file, program.main)
        if network.kind == "callable":
            return self._instance(network.scope)
        return network.callee()

    def _instance(self, scope: str) -> str:
        network, program = self.network, self.root.program
        name = network.name if network.name not in program.main.names else network.name + "_net"
        if any(f"{name} = " in line for line in self.lines.lines):
            name = self.root.fresh(name)
        cls = program.imported(network.class_name, network.file, program.main)
        given = f'"{scope}"' if network.naming == "self" else ""
        self.lines.add(f"{name} = {cls}({given})")
        return name

    def write(self) -> None:
        """One way to use it; all of them are ways that TF1 accepts."""
        network = self.network
        ways = [(3, self.once), (3, self.in_ambient_scopes), (2, self.twice_in_reused_scope), (2, self.rounds_by_scope)]
        if network.naming == "none":
            ways = [(3, self.in_ambient_scopes), (3, self.twice_in_reused_scope), (3, self.rounds_by_scope)]
        if network.control in ("caller", "auto") and network.kind != "nested" and not network.plain:
            ways.append((3, lambda: template(self)))
        ways.append((2, self.captured))
        if not self.counts_on:
            ways.append((1, self.around_all))
        if network.control != "caller":
            ways += [(8, self.shared), (4, self.rounds), (2, self.towers), (1, self.comprehension)]
            if network.source == network.target:
                ways.append((3, self.unrolled))
        if (network.renamable and network.control != "state") or network.naming == "self":
            ways.append((4, self.under_two_names))
        way = self.choices.weighted(ways)
        self.root.program.shares_norm |= network.trained and way != self.once
        way()

    @property
    def counts_on(self) -> bool:
        """Whether a second call in one block would number its layers on."""
        return self.network.naming == "none" and self.network.unnamed

    # -- calls

    def call(self, x: str, first: bool, *, name: str = "", reuse: str = "", callee: str = "") -> str:
        training = self.choices.pick(("True", "False"))
        return self.network.call(
            x, self.choices, first=first, name=name, training=training, reuse=reuse, instance=callee or self.callee
        )

    def result(self, expression: str, stem: str = "y") -> str:
        name = self.root.fresh(stem)
        self.lines.add(self.root.assign(name, expression, self.network))
        self.root.keep(name, self.network)
        return name

    def x(self) -> str:
        return self.root.given(self.network.source)

    def made(self, scope: str) -> None:
        self.root.scopes.append(scope)

    # -- ways

    def once(self) -> None:
        self.result(self.call(self.x(), True))
        self.made(self.network.scope)
        self.fetch()

    def fetch(self) -> None:
        if self.network.known and self.network.naming != "none" and self.choices.chance(20):
            from_afar(self)

    def shared(self) -> None:
        for number in range(self.choices.between(2, 3)):
            self.result(self.call(self.x(), number == 0))
        self.made(self.network.scope)
        self.fetch()

    def rounds(self) -> None:
        """A loop whose first round makes the variables."""
        count = self.choices.between(2, 3)
        source = self.network.source
        names = [self.root.input(source, n) for n in range(2)]
        outputs = self.root.fresh("ys")
        self.lines.add(f"{outputs} = []")
        form = self.choices.below(3)
        head = f"for i in range({count}):" if form < 2 else f"for i, x in enumerate([{', '.join(names)}]):"
        x = "x" if form == 2 else names[0]
        reuse = self.choices.pick(["(i > 0)", "i > 0", "(i != 0)", "True if i > 0 else None", "bool(i)"])
        if self.network.switch == "method" or self.network.control == "auto":
            reuse = "(i > 0)" if self.network.control == "parameter" else ""
        with self.lines.block(head):
            scoped = self.network.scope if self.network.naming == "default_name" else ""
            call = self.network.call(
                x, self.choices, first=False, name=scoped, training="True", reuse=reuse, instance=self.callee
            )
            self.lines.add(f"{outputs}.append({self.root.text(call, self.network)})")
        self.root.outputs.append(f"tf.add_n({outputs})")
        self.made(self.network.scope)

    def comprehension(self) -> None:
        names = [self.root.input(self.network.source, n) for n in range(2)]
        outputs = self.root.fresh("ys")
        call = self.network.call(
            "x", self.choices, first=False, training="True", instance=self.callee, name=self.network.scope,
            reuse="(i > 0)" if self.network.control == "parameter" else "",
        )  # fmt: skip
        text = self.root.text(call, self.network)
        self.lines.add(f"{outputs} = [{text} for i, x in enumerate([{', '.join(names)}])]")
        self.root.outputs.append(f"tf.add_n({outputs})")
        self.made(self.network.scope)

    def unrolled(self) -> None:
        state = self.root.fresh("state")
        self.lines.add(f"{state} = {self.x()}")
        with self.lines.block(f"for t in range({self.choices.between(2, 3)}):"):
            reuse = "(t > 0)" if self.network.control == "parameter" else ""
            call = self.network.call(
                state, self.choices, first=False, training="False", reuse=reuse, instance=self.callee,
                name=self.network.scope,
            )  # fmt: skip
            self.lines.add(f"{state} = {self.root.text(call, self.network)}")
        self.root.outputs.append(state)
        self.made(self.network.scope)

    def towers(self) -> None:
        names = [self.root.input(self.network.source, n) for n in range(2)]
        outputs = self.root.fresh("towers")
        self.lines.add(f"{outputs} = []")
        with self.lines.block(f"for i, x in enumerate([{', '.join(names)}]):"):
            head = self.choices.pick(['tf.name_scope("tower_%d" % i)', 'tf.device("/cpu:0")'])
            with self.lines.block(f"with {head}:"):
                reuse = "(i > 0)" if self.network.control == "parameter" else ""
                call = self.network.call(
                    "x", self.choices, first=False, training="True", reuse=reuse, instance=self.callee,
                    name=self.network.scope,
                )  # fmt: skip
                self.lines.add(f"{outputs}.append({self.root.text(call, self.network)})")
        self.root.outputs.append(f"tf.add_n({outputs})")
        self.made(self.network.scope)

    def under_two_names(self) -> None:
        first, second = (f"{self.network.scope}_{end}" for end in self.choices.pick((("a", "b"), ("main", "target"))))
        for name in (first, second):
            callee = self._instance(name) if self.network.naming == "self" else self.callee
            self.result(self.call(self.x(), True, name=name, callee=callee))
            if self.choices.chance(40) and self.network.control != "caller":
                self.result(self.call(self.x(), False, name=name, callee=callee))
            self.made(name)

    def in_ambient_scopes(self) -> None:
        names = self.choices.pick((("main",), ("main", "target")))
        for name in names[: 1 if self.network.control == "state" else 2]:
            scope = self.root.fresh(name)
            x = self.x()
            with self.lines.block(f'with tf.variable_scope("{scope}"):'):
                self.result(self.call(x, True))
            self.made(scope)
            if self.choices.chance(30) and self.network.control != "caller":
                x = self.x()
                with self.lines.block(f'with tf.variable_scope("{scope}"):'):
                    self.result(self.call(x, False, name=self.network.scope))

    def twice_in_reused_scope(self) -> None:
        scope = self.root.fresh("shared")
        reuse = self.choices.pick(
            (("", "True"), ("tf.AUTO_REUSE", "tf.AUTO_REUSE"), ("None", "True"), ("", "tf.AUTO_REUSE"))
        )
        for given in reuse:
            x = self.x()
            given = f", reuse={given}" if given else ""
            with self.lines.block(f'with tf.variable_scope("{scope}"{given}):'):
                self.result(self.call(x, True))
        self.made(scope)

    def rounds_by_scope(self) -> None:
        """Rounds that share by the scope around the call, in one of the ways that leave the calls alone."""
        scope, outputs = self.root.fresh("rounds"), self.root.fresh("ys")
        x = self.x()
        self.lines.add(f"{outputs} = []")
        form = self.choices.below(4)
        call = self.root.text(self.call(x, True), self.network)
        if form == 0:
            with self.lines.block(f"for i in range({self.choices.between(2, 3)}):"):
                with self.lines.block(f'with tf.variable_scope("{scope}", reuse=(i > 0)):'):
                    self.lines.add(f"{outputs}.append({call})")
        elif form == 1:
            with self.lines.block(f"for i in range({self.choices.between(2, 3)}):"):
                with self.lines.block(f'with tf.variable_scope("{scope}") as vs:'):
                    with self.lines.block("if i > 0:"):
                        self.lines.add("vs.reuse_variables()")
                    self.lines.add(f"{outputs}.append({call})")
        elif form == 2 and self.network.naming != "default_name" and not self.counts_on:
            with self.lines.block(f'with tf.variable_scope("{scope}"):'):
                with self.lines.block(f"for i in range({self.choices.between(2, 3)}):"):
                    self.lines.add(f"{outputs}.append({call})")
                    self.lines.add("tf.get_variable_scope().reuse_variables()")
        else:
            with self.lines.block(f'with tf.variable_scope("{scope}"):'):
                with self.lines.block(f"for i in range({self.choices.between(2, 3)}):"):
                    with self.lines.block("with tf.variable_scope(tf.get_variable_scope(), reuse=(i > 0)):"):
                        self.lines.add(f"{outputs}.append({call})")
        self.root.outputs.append(f"tf.add_n({outputs})")
        self.made(scope)

    def captured(self) -> None:
        scope = self.root.fresh("captured")
        x = self.x()
        with self.lines.block(f'with tf.variable_scope("{scope}") as {scope}:'):
            self.result(self.call(x, True))
        x = self.x()
        with self.lines.block(f"with tf.variable_scope({scope}, reuse=True):"):
            self.result(self.call(x, True))
        self.made(scope)

    def around_all(self) -> None:
        """Both calls in one block; the second after the scope was switched."""
        scope = self.root.fresh("block")
        x, x2 = self.x(), self.x()
        with self.lines.block(f'with tf.variable_scope("{scope}"):'):
            self.result(self.call(x, True))
            if self.network.naming != "default_name" and self.choices.chance(70):
                self.lines.add("tf.get_variable_scope().reuse_variables()")
                self.result(self.call(x2, True))
        self.made(scope)
