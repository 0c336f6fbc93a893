"""Ways in which a program hands a network on before it calls it: wrappers, partials, tables, arguments, templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from random_tf1.text import Lines

if TYPE_CHECKING:
    from random_tf1.roots import Uses


def handed_on(uses: Uses) -> str:
    """What the root writes in front of the arguments: the network itself, or something that calls it."""
    ways = [(30, _itself), (2, _wrapped), (2, _partial), (2, _in_a_table), (2, _as_an_argument), (1, _in_a_lambda)]
    return uses.choices.weighted(ways)(uses)


def _itself(uses: Uses) -> str:
    return uses.callee


def _function(uses: Uses, name: str, head: str, body: str) -> None:
    """A function of the main file."""
    program = uses.root.program
    if name in program.main.names:
        return
    lines = Lines()
    with lines.block(f"def {name}({head}):"):
        lines.add(body)
    program.main.definitions.append(lines.lines)
    program.main.names.add(name)


def _wrapped(uses: Uses) -> str:
    """`def apply_encoder(x, *args, **kwargs): return encoder(x, *args, **kwargs)`"""
    if uses.network.kind != "function":
        return _in_a_lambda(uses)
    name = f"apply_{uses.network.name}"
    _function(uses, name, "x, *args, **kwargs", f"return {uses.callee}(x, *args, **kwargs)")
    return name


def _partial(uses: Uses) -> str:
    uses.root.program.main.need("import functools")
    name = uses.root.fresh("net")
    given = [f"{parameter}={default}" for parameter, default in uses.network.parameters[:1]]
    uses.lines.add(f"{name} = functools.partial({', '.join([uses.callee, *given])})")
    return name


def _in_a_table(uses: Uses) -> str:
    name = uses.root.fresh("nets")
    uses.lines.add(f'{name} = {{"{uses.network.name}": {uses.callee}}}')
    return f'{name}["{uses.network.name}"]'


def _as_an_argument(uses: Uses) -> str:
    _function(uses, "call_net", "net, x, *args, **kwargs", "return net(x, *args, **kwargs)")
    return f"call_net({uses.callee}, "


def _in_a_lambda(uses: Uses) -> str:
    name = uses.root.fresh("net")
    uses.lines.add(f"{name} = lambda x, *args, **kwargs: {uses.callee}(x, *args, **kwargs)")
    return name


def template(uses: Uses) -> None:
    """`net = tf.make_template("shared", ...)`, and calls of it, which share."""
    network, choices, root = uses.network, uses.choices, uses.root
    scope = root.fresh("template")
    form = choices.below(3)
    given = [f"{name}={default}" for name, default in network.parameters[:1]]
    plain = not network.trained and network.naming != "parameter" and not uses.callee.endswith(", ")
    plain = plain and not (network.naming == "default_name" and network.control == "auto")  # it needs a name to reuse
    if form == 0 and plain:
        made = f'tf.make_template("{scope}", {", ".join([uses.callee, *given])})'
    elif form == 1 and plain:
        made = f'tf.make_template(name_="{scope}", func_={", ".join([uses.callee, *given])})'
    else:
        made = f'tf.make_template("{scope}", lambda x: {uses.call("x", True)})'
    name = root.fresh("net")
    uses.lines.add(f"{name} = {made}")
    for _ in range(choices.between(1, 3)):
        uses.result(f"{name}({uses.x()})")
    uses.made(scope)


def from_afar(uses: Uses) -> None:
    """A variable of the network once more, by its path."""
    root, choices = uses.root, uses.choices
    path = choices.pick(uses.network.known)
    *scopes, name = f"{uses.network.scope}/{path}".split("/")
    far = root.fresh("far")
    if choices.chance(50):
        with uses.lines.block(f'with tf.variable_scope("{"/".join(scopes)}", reuse=True):'):
            uses.lines.add(f'{far} = tf.get_variable("{name}")')
    else:
        with uses.lines.block("with tf.variable_scope(tf.get_variable_scope(), reuse=True):"):
            uses.lines.add(f'{far} = tf.get_variable("{"/".join([*scopes, name])}")')
    root.outputs.append(f"tf.nn.l2_loss({far})")
