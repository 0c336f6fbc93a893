"""What is known of one layer function of TensorFlow 1."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LayerRow:
    """One layer function of TensorFlow 1.

    params: its parameters in order. keras: the class. base_name: the name of an unnamed layer, before numbering.
    variables: (name, the flag that switches it, trainable). positional: how many arguments after `inputs` mean the
    same by position in Keras. call_params: those that go to the call, as Keras calls them.
    rename: parameters that Keras calls otherwise. defaults: what Keras must be told where nothing is given.
    switched_off: flags whose default is False. refused: arguments that have no counterpart. extra: fixed arguments.
    only: arguments that may have these values alone, and are not written. without: what None means in an argument.
    keras_variables: variables that Keras calls otherwise. operation: the operation that the function is, by a name that
    `operations` knows. key: the function whose arg_scope it obeys. preset: arguments that no arg_scope changes.
    never_none: arguments that make another layer where they are None. twice: arguments that a second one of Keras gets
    as well, where it is not given itself.
    cell: whether it is the class of an RNN cell, which makes its variables when it is first run.
    """

    params: tuple[str, ...]
    keras: str
    base_name: str
    variables: tuple[tuple[str, str | None, bool], ...] = ()
    positional: int = 0
    call_params: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    extra: tuple[str, ...] = ()
    only: dict[str, tuple[object, ...]] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    keras_variables: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    key: str = ""
    preset: frozenset[str] = frozenset()
    never_none: frozenset[str] = frozenset()
    twice: dict[str, str] = field(default_factory=dict)
    cell: bool = False

    def keras_name(self, param: str) -> str:
        """What Keras calls a parameter."""
        return self.rename.get(param, param)

    @property
    def name_param(self) -> str:
        return "scope" if "scope" in self.params else "name"

    @property
    def normalizes(self) -> bool:
        """Whether the function may normalize its outputs by another one."""
        return "normalizer_fn" in self.params

    @property
    def activates_after(self) -> bool:
        """Whether the activation is applied to what the Keras layer returns."""
        return "activation_fn" in self.params and "activation_fn" not in self.rename
