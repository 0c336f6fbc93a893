"""Networks: functions, methods, callable classes, and how they come by their scope and their reuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from random_tf1.bodies import INITIALIZERS, Body, Shape
from random_tf1.choices import Choices
from random_tf1.text import File, Lines
from random_tf1.wider import REGULARIZERS

if TYPE_CHECKING:
    from random_tf1.programs import Program

Training = Union[str, Callable[[], str]]


@dataclass
class Network:
    """kind: `function`, `method` of the model class, `callable` class, `nested` in the function that uses it.

    naming: how its scope gets its name: `literal`, `parameter`, `default`, `or`, `default_name`, `self`, or `none`.
    control: what decides on reuse: the `parameter` of that name, `auto`, the `state` of the object, or the `caller`.
    switch: how that acts. unnamed: whether TF1 numbers some of its layers. plain: whether it makes a tf.Variable.
    known: paths of weights that every call makes, within its scope. base: whether a base class calls its body.
    early: the shape that an early return gives.
    """

    name: str
    scope: str
    kind: str
    file: File
    source: Shape
    naming: str = "literal"
    control: str = "caller"
    switch: str = "argument"
    returns: str = "value"
    target: Shape = ()
    parameters: list[tuple[str, str]] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    base: bool = False
    unnamed: bool = False
    plain: bool = False
    early: Shape | None = None
    trained: bool = False
    returned: bool = False
    makes: bool = False
    reuse_default: str = "False"
    owner: str = ""
    lines: list[str] = field(default_factory=list)

    # -- while its body is written

    def configured(self, choices: Choices, value: object) -> str:
        """A value of its configuration, as its body reads it."""
        forms = ["literal", "parameter", "constant"] + (
            ["attribute"] * 2 if self.kind in ("method", "callable") else []
        )
        form = choices.pick(forms) if choices.chance(50) else "literal"
        text = str(value)
        if form == "parameter":
            return self._parameter("sizes" if text.startswith("[") else "units", text)
        if form == "constant":
            return self.file.constant("SIZES" if text.startswith("[") else "UNITS", text)
        if form == "attribute":
            return self._attribute("sizes" if text.startswith("[") else "units", text)
        return text

    def flag(self, choices: Choices) -> str:
        value = choices.pick(["True", "False"])
        form = choices.below(3)
        if form == 1 and self.kind in ("method", "callable"):
            return self._attribute("deep", value)
        if form == 2:
            return self.file.constant("DEEP", value)
        return self._parameter("deep", value)

    def training(self) -> str:
        self.trained = True
        return "is_training"

    def _parameter(self, stem: str, default: str) -> str:
        name = _unused(stem, [known for known, _ in self.parameters])
        self.parameters.append((name, default))
        return name

    def _attribute(self, stem: str, value: str) -> str:
        if self.kind == "method":
            stem = f"{self.name}_{stem}"
        name = _unused(stem, [known for known, _ in self.attributes])
        self.attributes.append((name, value))
        return f"self.{name}"

    def write(self, program: Program, choices: Choices, low: int = 1, high: int = 4) -> None:
        """Decide on the body, then on the head that the body needs."""
        body = Body(program, self, choices)
        lines = Lines()
        opened = self._opening(program, choices)
        if opened:
            with lines.block(opened):
                if self.switch == "method" and self.control == "parameter":
                    with lines.block("if reuse:"):
                        lines.add(choices.pick(["vs.reuse_variables()", "tf.get_variable_scope().reuse_variables()"]))
                body.steps(low, high)
                body.ensure_variables()
                lines.extend(body.lines.lines)
                for state, _ in self.states:
                    lines.add(f"self.{state} = True")
                lines.add(self._result(body))
        else:
            body.steps(low, high)
            body.ensure_variables()
            lines.extend(body.lines.lines)
            lines.add(self._result(body))
        self.target = body.shape
        self.lines = self._written(lines, choices)

    def _opening(self, program: Program, choices: Choices) -> str:
        name = {"literal": f'"{self.scope}"', "parameter": "name", "default": "name", "self": "self.name"}.get(
            self.naming, ""
        )
        if self.naming == "or":
            name = f'scope or "{self.scope}"'
        if self.naming == "default_name":
            name = f'scope, default_name="{self.scope}"'
        if self.naming == "none":
            return ""
        if choices.chance(10):
            name += f", {choices.pick(INITIALIZERS[1:-1])}"
        elif choices.chance(5):
            name += f", {choices.pick(REGULARIZERS)}"
            program.regularised = True
        if self.control == "state":
            state = "reuse" if self.kind == "callable" else f"{self.name}_reuse"
            self.states.append((state, choices.pick(["False", "None"])))
            return f"with tf.variable_scope({name}, reuse=self.{state}):"
        if self.control == "auto":
            return f"with tf.variable_scope({name}, reuse=tf.AUTO_REUSE):"
        if self.control == "parameter" and self.switch == "argument":
            return f"with tf.variable_scope({name}, reuse=reuse):"
        if self.control == "parameter":
            return f"with tf.variable_scope({name}) as vs:"
        return f"with tf.variable_scope({name}):"

    def _result(self, body: Body) -> str:
        if self.returns == "pair":
            return f"return {body.h}, tf.nn.sigmoid({body.h})"
        return f"return {body.h}"

    def _written(self, lines: Lines, choices: Choices) -> list[str]:
        required, optional = ["x"], [f"{name}={default}" for name, default in self.parameters]
        if self.trained:
            required.append("is_training")
        if self.naming == "parameter":
            required.append("name")
        if self.naming == "default":
            optional.append(f'name="{self.scope}"')
        if self.naming in ("or", "default_name"):
            optional.append("scope=None")
        if self.control == "parameter":
            optional.append(f"reuse={self.reuse_default}")
        if self.kind == "callable":
            return self._class(["self", *required, *optional], lines)
        own = ["self"] if self.kind == "method" else []
        written = Lines()
        with written.block(f"def {self.name}({', '.join([*own, *required, *optional])}):"):
            written.extend(lines.lines)
        return written.lines

    def _class(self, parameters: list[str], lines: Lines) -> list[str]:
        written, signature = Lines(), ", ".join(parameters)
        if self.base:
            forwarded = [part.partition("=")[0] for part in parameters[1:]]
            with written.block(f"class Base{self.class_name}(object):"):
                with written.block(f"def __call__({signature}):"):
                    written.add(f"return self.forward({', '.join(forwarded)})")
                written.add()
                with written.block("def forward(self, *args):"):
                    written.add("raise NotImplementedError()")
            written.add()
            written.add()
        with written.block(f"class {self.class_name}({f'Base{self.class_name}' if self.base else 'object'}):"):
            named = ["name"] if self.naming == "self" else []
            if named or self.attributes or self.states:
                given = ", ".join(["self", *named, *(f"{name}={value}" for name, value in self.attributes)])
                with written.block(f"def __init__({given}):"):
                    for name in [*named, *(name for name, _ in self.attributes)]:
                        written.add(f"self.{name} = {name}")
                    for name, value in self.states:
                        written.add(f"self.{name} = {value}")
                written.add()
            with written.block(f"def {'forward' if self.base else '__call__'}({signature}):"):
                written.extend(lines.lines)
        return written.lines

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_"))

    # -- its uses

    @property
    def renamable(self) -> bool:
        """Whether a call can ask for another scope."""
        return self.naming in ("parameter", "default", "or", "default_name")

    def call(
        self,
        x: str,
        choices: Choices,
        *,
        first: bool,
        name: str = "",
        training: Training = "True",
        below: Network | None = None,
        reuse: str = "",
        instance: str = "",
    ) -> str:
        """The text of a call. reuse: what to pass where it is not simply True or nothing."""
        arguments = [x]
        if self.trained:
            value = training if isinstance(training, str) else training()
            arguments.append(value if choices.chance(50) or self.kind == "nested" else f"is_training={value}")
        if self.naming == "parameter":
            positional = not any("=" in argument for argument in arguments) and choices.chance(50)
            arguments.append(f'"{name or self.scope}"' if positional else f'name="{name or self.scope}"')
        if self.naming == "default" and name and (name != self.scope or choices.chance(30)):
            arguments.append(f'name="{name}"')
        if self.naming in ("or", "default_name") and name and (name != self.scope or choices.chance(30)):
            arguments.append(f'scope="{name}"')
        shared = not first or reuse or self.control in ("auto", "state") or self.reuse_default == "tf.AUTO_REUSE"
        if self.naming == "default_name" and shared and not any(a.startswith("scope=") for a in arguments):
            arguments.append(f'scope="{name or self.scope}"')
        if self.control == "parameter":
            given = reuse or ("" if first else "True")
            if not given and choices.chance(20):
                given = self.reuse_default
            if given:
                arguments.append(f"reuse={given}")
        callee = instance or self.callee(below)
        return f"{callee}{'' if callee.endswith(', ') else '('}{', '.join(arguments)})"

    def callee(self, below: Network | None = None) -> str:
        if self.kind == "method":
            return f"{'self' if below is not None else self.owner}.{self.name}"
        return self.name

    def again(self, x: str, choices: Choices, name: str, training: Training, below: Network) -> str | None:
        """A second call on the same variables, if a call alone can ask for it."""
        if self.control == "caller":
            return None
        return self.call(x, choices, first=False, name=name, training=training, below=below)


def _unused(stem: str, taken: list[str]) -> str:
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    return name
