"""What a program does with its variables once they are made: losses, optimizers, lists by name, updates, savers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random_tf1.roots import Root


class Training:
    """Writes the end of a root: `outputs` and what is in it."""

    def __init__(self, root: Root) -> None:
        self.root, self.choices, self.lines = root, root.choices, root.lines

    def write(self) -> None:
        names = self.root.outputs
        items = ", ".join(f'"out{n}": {text}' for n, text in enumerate(names))
        self.lines.add(f"outputs = {{{items}}}")
        if self.choices.chance(85):
            self.loss()
            self.training()
        extras = [(4, None), (2, self.average), (2, self.update_target), (1, self.saver), (1, self.counts)]
        extra = self.choices.weighted(extras)
        if extra is not None:
            extra()

    def loss(self) -> None:
        terms = [f"tf.reduce_mean(tf.square({text} - 0.5))" for text in self.root.outputs]
        if self.root.program.regularised:
            terms.append("tf.losses.get_regularization_loss()")
        self.lines.add(f"loss = {' + '.join(terms)}")
        self.lines.add('outputs["loss"] = loss')

    def training(self) -> None:
        scope = self.choices.pick(self.root.scopes)
        lists = [
            (4, ""),
            (2, "tf.trainable_variables()"),
            (3, f'[v for v in tf.trainable_variables() if v.name.startswith("{scope}/")]'),
            (3, f'[v for v in tf.trainable_variables() if "{scope}" in v.name]'),
            (3, f'tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="{scope}")'),
            (2, f'tf.trainable_variables("{scope}")'),
        ]
        given = self.choices.weighted(lists)
        if given:
            self.lines.add(f"var_list = {given}")
        optimizer = self.choices.weighted(
            [
                (3, "tf.train.GradientDescentOptimizer(0.1)"),
                (2, "tf.train.AdamOptimizer(0.01)"),
                (1, "tf.train.MomentumOptimizer(0.1, 0.9)"),
                (1, "tf.train.RMSPropOptimizer(0.01)"),
            ]
        )
        listed = ", var_list=var_list" if given else ""
        apply = f"train_step = {optimizer}.minimize(loss{listed})"
        # where a normalisation runs twice, reads of the moving averages race with their updates, in TF1 too
        program = self.root.program
        racing = program.normalised and program.shares_norm
        if not racing and (program.counted or (program.normalised and self.choices.chance(80))):
            self.lines.add("updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)")
            with self.lines.block("with tf.control_dependencies(updates):"):
                self.lines.add(apply)
        elif self.choices.chance(20):
            self.lines.add(f"optimizer = {optimizer}")
            variables = ", var_list" if given else ""
            self.lines.add(f"grads = optimizer.compute_gradients(loss{variables})")
            self.lines.add("train_step = optimizer.apply_gradients(grads)")
        else:
            self.lines.add(apply)
        self.lines.add('outputs["train_step"] = train_step')

    def average(self) -> None:
        self.lines.add("ema = tf.train.ExponentialMovingAverage(0.9)")
        self.lines.add('outputs["average_step"] = ema.apply(tf.trainable_variables())')

    def update_target(self) -> None:
        """Copies between two scopes, where two hold the same variables; among itself otherwise."""
        scopes = self.root.scopes
        twins = [
            (a, b)
            for a in scopes
            for b in scopes
            if a.rpartition("_")[2] == "main" and b.rpartition("_")[2] == "target"
        ]
        if not twins:
            return self.counts()
        source, target = self.choices.pick(twins)
        for name, scope in (("source", source), ("target", target)):
            form = self.choices.pick(
                [
                    f'tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="{scope}/")',
                    f'[v for v in tf.global_variables() if v.name.startswith("{scope}/")]',
                    f'tf.trainable_variables(scope="{scope}/")',
                ]
            )
            self.lines.add(f"{name} = {form}")
        self.lines.add("copies = [t.assign(s) for s, t in zip(source, target)]")
        self.lines.add('outputs["copy_step"] = tf.group(*copies)')
        return None

    def saver(self) -> None:
        self.lines.add("saver = tf.train.Saver()")

    def counts(self) -> None:
        self.lines.add('outputs["penalty"] = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()])')
