"""Wrong migrations: small changes to the after sides of `fixtures/verify/`, each wrong in one known way.

A mutant is rejected for the right reason when the first difference that the checker reports is of the expected kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAIRS = Path(__file__).resolve().parents[2] / "fixtures" / "verify"


@dataclass(frozen=True)
class Mutant:
    """One wrong migration.

    what: the mistake, as a sentence. edits: texts of the after side and what stands there instead; each occurs once.
    expected: the kind of the first difference. says: a part of the first difference, where the kind alone says little.
    """

    mistake: str
    pair: str
    what: str
    expected: str
    edits: tuple[tuple[str, str], ...]
    says: str = ""

    @property
    def name(self) -> str:
        return f"{self.mistake}: {self.what}"

    def text(self) -> str:
        """The mutated after side. Raises ValueError when an edit does not fit exactly once."""
        text = (PAIRS / self.pair / "after.py").read_text(encoding="utf-8")
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} occurs {text.count(old)} times")
            text = text.replace(old, new)
        return text


def mutant(mistake: str, pair: str, what: str, expected: str, *edits: tuple[str, str], says: str = "") -> Mutant:
    return Mutant(mistake, pair, what, expected, edits, says)


GAN, TIED, TOWERS, NORM, KINKED = "adversarial_pair", "tied_table", "towers", "normalised", "kinked"
Q, RNN, DOUBLE, EMA, SLIM = "two_networks", "recurrent", "double_precision", "averaged", "slim_layers"
LATE, TWINS, TWO_CALLS = "scheduled", "twins", "averages_of_two_calls"

MUTANTS = (
    mutant(
        "second instance instead of reuse", GAN, "the critic is made again for the forged pictures", "count",
        ("forged_score = critic(forged)", "forged_score = Critic()(forged)"), says="critic/look/w",
    ),
    mutant(
        "second instance instead of reuse", TIED, "the answer gets an encoder of its own", "count",
        ("a, _ = encoder(answer)", 'a, _ = Encoder(name="encoder_1")(answer)'), says="encoder_1",
    ),
    mutant(
        "second instance instead of reuse", Q, "the online network is made again for the following state", "count",
        ("q_online = online_net(following)", 'q_online = Values(name="online")(following)'),
    ),
    mutant(
        "second instance instead of reuse", RNN, "a new step for every element of the sequence", "count",
        ("            state = step(", "            state = Step()("),
    ),
    mutant(
        "a tower of its own", TOWERS, "the net is made inside the loop", "count",
        ("            logits = net(images[i])", "            net = Net()\n            logits = net(images[i])"),
        ("compute_gradients(loss)", "compute_gradients(loss, [v.value for v in net.trainable_variables])"),
    ),
    mutant(
        "a tower of its own", SLIM, "the second images go through a net of their own", "count",
        ("other_logits = net(others)", "other_logits = Net()(others)"),
    ),
    mutant(
        "merged instances", Q, "the target network is the online one", "count",
        ('target_net = Values(name="target")', "target_net = online_net"), says="target/torso/dense/kernel",
    ),
    mutant(
        "merged instances", RNN, "gate and news are one layer", "count",
        ("self.news = News()", "self.news = self.gate"), says="reader/news/w",
    ),
    mutant(
        "merged instances", EMA, "both dense layers are one", "count",
        ('first = Dense(5, name="first")', 'first = Dense(3, name="first")'),
        ('second = Dense(2, name="second")', "second = first"),
    ),
    mutant(
        "dropped bias", GAN, "the affine layer has no bias", "count",
        ('        self.b = self.add_weight(name="b", shape=[self.units], initializer=tf.zeros_initializer())\n', ""),
        ("tf.matmul(x, self.w) + self.b", "tf.matmul(x, self.w)"),
    ),
    mutant(
        "dropped bias", NORM, "the features have no bias", "count",
        ('keras.layers.Dense(5, name="features")', 'keras.layers.Dense(5, use_bias=False, name="features")'),
    ),
    mutant(
        "dropped bias", GAN, "the bias is made and not added", "sharing",
        ("tf.matmul(x, self.w) + self.b", "tf.matmul(x, self.w)"), says="forger/hidden/b is read only before",
    ),
    mutant(
        "bias too many", NORM, "the convolution before the normalisation has a bias", "count",
        ("use_bias=False, ", ""), says="classifier/conv/bias",
    ),
    mutant(
        "swapped initialiser", GAN, "the bias starts at one", "initial",
        ("initializer=tf.zeros_initializer())", "initializer=tf.ones_initializer())"), says="as 0 before and as 1",
    ),
    mutant(
        "swapped initialiser", TIED, "the default of Keras' Embedding, not the one given", "initial",
        ("initializer=tf.random_uniform_initializer(-0.5, 0.5)", 'initializer="uniform"'), says="uniform(-0.05, 0.05)",
    ),
    mutant(
        "swapped initialiser", TOWERS, "normal in place of truncated normal", "initial",
        ("tf.truncated_normal_initializer(stddev=stddev)", "tf.random_normal_initializer(stddev=stddev)"),
        says="truncated normal",
    ),
    mutant(
        "swapped initialiser", Q, "He's in place of Glorot's", "initial",
        ('keras.layers.Dense(3, name="head")', 'keras.layers.Dense(3, kernel_initializer="he_uniform", name="head")'),
    ),
    mutant(
        "swapped initialiser", RNN, "glorot in place of orthogonal", "initial",
        (", initializer=tf.orthogonal_initializer(gain=1.1)", ""),
    ),
    mutant(
        "other stddev", GAN, "the default of 0.05 for all layers", "initial",
        ('Affine(5, stddev=0.3, name="paint")', 'Affine(5, name="paint")'), says="stddev 0.3",
    ),
    mutant(
        "other stddev", TIED, "0.1 became 0.01", "initial",
        ("truncated_normal_initializer(stddev=0.1)", "truncated_normal_initializer(stddev=0.01)"),
    ),
    mutant(
        "other stddev", RNN, "the gain of the orthogonal matrix is lost", "initial",
        ("orthogonal_initializer(gain=1.1)", "orthogonal_initializer()"),
    ),
    mutant(
        "other stddev", DOUBLE, "scale 1 in place of 2", "initial",
        ("variance_scaling_initializer(2.0, ", "variance_scaling_initializer(1.0, "),
    ),
    mutant(
        "frozen weight", GAN, "the bias does not train", "trainable",
        ("initializer=tf.zeros_initializer())", "initializer=tf.zeros_initializer(),\n trainable=False)"),
    ),
    mutant(
        "frozen weight", Q, "the head is frozen", "trainable",
        ('keras.layers.Dense(3, name="head")', 'keras.layers.Dense(3, name="head", trainable=False)'),
    ),
    mutant(
        "unfrozen weight", TIED, "the constant shift trains", "trainable",
        ("tf.constant_initializer(0.1),\n                                     trainable=False)",
         "tf.constant_initializer(0.1))"), says="encoder/mix/shift",
    ),
    mutant(
        "transposed shape", DOUBLE, "the matrix lies the other way and is used that way", "shape",
        ('name="w", shape=[3, 2]', 'name="w", shape=[2, 3]'),
        ("tf.matmul(x, self.w)", "tf.matmul(x, self.w, transpose_b=True)"),
    ),
    mutant(
        "transposed shape", TIED, "the table has words and sizes swapped", "shape",
        ("shape=[WORDS, SIZE]", "shape=[SIZE, WORDS]"),
        ("embedding_lookup(self.table.value, ids)", "embedding_lookup(tf.transpose(self.table.value), ids)"),
        ("self.table, transpose_b=True)", "self.table)"),
    ),
    mutant(
        "transposed shape", RNN, "the columns are used the other way round", "outputs",
        ("tf.matmul(state, self.w)", "tf.matmul(state, self.w[:, ::-1])"),
    ),
    mutant(
        "changed shape", NORM, "one feature more", "shape",
        ("keras.layers.Dense(5,", "keras.layers.Dense(6,"), says="classifier/features",
    ),
    mutant(
        "float64 to float32", DOUBLE, "the layer has the default dtype", "dtype",
        ('super().__init__(name=name, dtype="float64", **kwargs)', "super().__init__(name=name, **kwargs)"),
        ("variance_scaling_initializer(2.0, dtype=tf.float64)", "variance_scaling_initializer(2.0)"),
        ("initializer=tf.zeros_initializer(dtype=tf.float64)", "initializer=tf.zeros_initializer()"),
        ("    y = line(x)\n", "    y = tf.cast(line(x), tf.float64)\n"),
    ),
    mutant(
        "float64 to float32", DOUBLE, "the product is taken in float32", "outputs",
        ("tf.matmul(x, self.w) + self.b",
         "tf.cast(tf.matmul(tf.cast(x, tf.float32), tf.cast(self.w, tf.float32)), tf.float64) + self.b"),
    ),
    mutant(
        "lost regulariser", NORM, "the logits have none", "outputs",
        (", kernel_regularizer=keras.regularizers.L2(0.01))", ")"),
        ("tf.add_n(classifier.losses)", "0.0"),
    ),
    mutant(
        "lost regulariser", SLIM, "only the loss of one layer is added", "outputs",
        ("tf.add_n(net.losses)", "net.losses[0]"),
    ),
    mutant(
        "other regulariser", SLIM, "slim halves the sum, Keras does not", "outputs",
        ("L2(0.01 / 2)", "L2(0.01)"),
    ),
    mutant(
        "lost regulariser", TOWERS, "the decay is added when the weight is made, not at every tower", "outputs",
        ("        decay_loss(self.kernel, 0.002)\n        return", "        return"),
        ('self.kernel = decayed(self, "kernel", [16, 3], 0.1)',
         'self.kernel = decayed(self, "kernel", [16, 3], 0.1)\n        decay_loss(self.kernel, 0.002)'),
    ),
    mutant(
        "lost UPDATE_OPS", NORM, "Keras' own layer, which tells nobody", "training",
        ('            if op.type == "AssignVariableOp":', "            if False:"), says="moving",
    ),
    mutant(
        "lost UPDATE_OPS", NORM, "only the means are updated", "update_ops",
        ('if op.type == "AssignVariableOp":', 'if op.type == "AssignVariableOp" and "mean" in op.inputs[0].name:'),
    ),
    mutant(
        "doubled UPDATE_OPS", NORM, "the layer is called twice for the training graph", "update_ops",
        ("    logits = classifier(images, is_training=True)\n",
         "    classifier(images, is_training=True)\n    logits = classifier(images, is_training=True)\n"),
        says="2 times after",
    ),
    mutant(
        "doubled UPDATE_OPS", NORM, "evaluation updates the averages too", "update_ops",
        ("    eval_logits = classifier(images, is_training=False)\n",
         "    eval_logits = classifier(images, is_training=False)\n    classifier(images, is_training=True)\n"),
    ),
    mutant(
        "batch statistics in evaluation", NORM, "the normalisation always trains", "sharing",
        ("x = self.feature_norm(x, training=is_training)", "x = self.feature_norm(x, training=True)"),
    ),
    mutant(
        "dropout in evaluation", NORM, "the dropout always trains", "random",
        ("0.4 if is_training else 0.0", "0.4"), says="eval_logits",
    ),
    mutant(
        "dropout lost in training", NORM, "the dropout is left out", "random",
        ("x = tf.nn.dropout(tf.nn.relu(x), rate=0.4 if is_training else 0.0)", "x = tf.nn.relu(x)"), says="logits",
    ),
    mutant(
        "dropout lost in training", NORM, "keep probability taken for the rate", "outputs",
        ("rate=0.4 if", "rate=0.6 if"),
    ),
    mutant(
        "dropout lost in training", DOUBLE, "the noise is smaller", "outputs",
        ("0.1 * tf.random_normal", "0.05 * tf.random_normal"), says="with its switches on",
    ),
    mutant(
        "wrong tied matrix", TIED, "the scores read the positions", "sharing",
        ("return tf.matmul(tf.reshape(h, [-1, SIZE]), self.table, transpose_b=True)",
         "return tf.pad(tf.matmul(tf.reshape(h, [-1, SIZE]), self.positions, transpose_b=True), [[0, 0], [0, 1]])"),
    ),
    mutant(
        "wrong tied matrix", TIED, "the output layer has a table of its own", "count",
        ("        self.positions =",
         '        self.out_table = self.add_weight(name="out_table", shape=[WORDS, SIZE])\n        self.positions ='),
        ("self.table, transpose_b=True)", "self.out_table, transpose_b=True)"),
    ),
    mutant(
        "wrong tied matrix", TIED, "the tie does not pass gradients", "gradients",
        ("self.table, transpose_b=True)", "tf.stop_gradient(self.table.value), transpose_b=True)"),
    ),
    mutant(
        "optimizer over the wrong list", GAN, "the critic's step changes the forger", "optimizer",
        ("critic_vars = [v.value for v in critic.trainable_variables]",
         "critic_vars = [v.value for v in forger.trainable_variables]"),
    ),
    mutant(
        "optimizer over the wrong list", GAN, "the critic's step changes everything", "optimizer",
        ("minimize(critic_loss, var_list=critic_vars)", "minimize(critic_loss)"),
    ),
    mutant(
        "optimizer over the wrong list", Q, "the target network is trained", "optimizer",
        ("minimize(loss, var_list=online)", "minimize(loss + 0.0 * tf.reduce_sum(q_next), var_list=online + target)"),
    ),
    mutant(
        "same count, swapped owners", TIED, "gate and push have each other's name", "outputs",
        ('self.gate = self.add_weight(name="gate"', 'self.gate = self.add_weight(name="push"'),
        ('self.push = self.add_weight(name="push"', 'self.push = self.add_weight(name="gate"'),
    ),
    mutant(
        "same count, swapped owners", Q, "the next value comes from the online network", "sharing",
        ("    q_next = target_net(following)\n", "    target_net(following)\n    q_next = online_net(following)\n"),
        says="3 matmul",
    ),
    mutant(
        "other name", TIED, "the scope of the mix is lost", "names",
        ('def __init__(self, name="mix", **kwargs)', 'def __init__(self, name="mixer", **kwargs)'),
    ),
    mutant(
        "other name", Q, "a name scope in build does not reach the path", "names",
        ('        with keras.name_scope("torso"):\n', "        if True:\n"), says="online/torso/dense/kernel",
    ),
    mutant(
        "other default epsilon", NORM, "Keras' epsilon, not the one given", "outputs",
        ("epsilon=0.01, ", ""), says="classifier/feature_norm",
    ),
    mutant(
        "other default epsilon", NORM, "the epsilon of slim", "outputs",
        ("BatchNormalization(momentum=0.8, ", "BatchNormalization(momentum=0.8, epsilon=1e-5, "),
    ),
    mutant(
        "other default momentum", NORM, "Keras' momentum, not the one given", "training",
        ("BatchNormalization(momentum=0.8, ", "BatchNormalization("), says="moving_mean",
    ),
    mutant(
        "other default momentum", NORM, "0.7 became 0.9", "training",
        ("momentum=0.7", "momentum=0.9"), says="feature_norm/moving_mean",
    ),
    mutant(
        "other activation", SLIM, "slim's layers end in a relu, Keras' do not", "outputs",
        ("keras.layers.Dense(4, activation=tf.nn.relu, ", "keras.layers.Dense(4, "), says="net/logits/weights",
    ),
    mutant(
        "other activation", Q, "the layers of the torso have each other's", "outputs",
        ('activation=tf.nn.relu, name="dense")', 'activation=tf.tanh, name="dense")'),
        ('activation=tf.tanh, name="dense_1")', 'activation=tf.nn.relu, name="dense_1")'),
        says="the first layer that diverges is online/torso/dense_1/kernel",
    ),
    mutant(
        "other activation", GAN, "Keras' leaky relu has another slope", "outputs",
        ("tf.nn.leaky_relu(self.look(picture), alpha=0.2)", "keras.layers.LeakyReLU()(self.look(picture))"),
    ),
    mutant(
        "other arithmetic", SLIM, "slim pads with SAME, Keras with VALID", "shape",
        ('padding="same", ', ""), ("[2, 2 * 2 * 3]", "[2, 3]"),
    ),
    mutant(
        "other arithmetic", RNN, "the gate is the other way round", "outputs",
        ("z * state + (1 - z) * news", "z * news + (1 - z) * state"),
    ),
    mutant(
        "other optimizer", GAN, "beta1 has its default", "initial",
        ("AdamOptimizer(0.05, beta1=0.5)", "AdamOptimizer(0.05)"), says="beta1_power",
    ),
    mutant(
        "other optimizer", GAN, "another learning rate", "training",
        ("AdamOptimizer(0.05, beta1=0.5)", "AdamOptimizer(0.04, beta1=0.5)"),
    ),
    mutant(
        "other optimizer", TIED, "no momentum", "slots",
        ("tf.train.MomentumOptimizer(0.1, 0.9)", "tf.train.GradientDescentOptimizer(0.1)"),
    ),
    mutant(
        "other optimizer", TOWERS, "momentum is Nesterov's", "training",
        ("MomentumOptimizer(0.05, 0.9)", "MomentumOptimizer(0.05, 0.9, use_nesterov=True)"),
    ),
    mutant(
        "other optimizer", TOWERS, "the towers' gradients are added, not averaged", "gradients",
        ("/ TOWERS, pairs", "/ 1, pairs"), says="applies",
    ),
    mutant(
        "lost step", EMA, "the counter does not count", "training",
        (", global_step=step)", ")"), says="global_step",
    ),
    mutant(
        "lost step", EMA, "the averages leave out the second layer", "slots",
        ("[v.value for v in first.trainable_variables + second.trainable_variables]",
         "[v.value for v in first.trainable_variables]"), says="second/kernel/ExponentialMovingAverage",
    ),
    mutant(
        "lost step", EMA, "the averages are taken, and no step", "optimizer",
        ("with tf.control_dependencies([applied]):", "with tf.control_dependencies([]):"),
    ),
    mutant(
        "wrong target update", Q, "the target follows in its head only", "training",
        ("pairs = zip(sorted(online,", "pairs = zip(sorted([v.value for v in online_net.head.variables],"),
        ("sorted(target,", "sorted([v.value for v in target_net.head.variables],"), says="target/torso",
    ),
    mutant(
        "wrong target update", Q, "the target is replaced", "training",
        ("0.9 * t + 0.1 * o", "1.0 * o"), says="target/",
    ),
    mutant(
        "wrong saver", GAN, "names of the graph in place of paths", "saver",
        ("{v.path: v.value for v in critic.variables}", "{v.value.name: v.value for v in critic.variables}"),
    ),
    mutant(
        "wrong saver", GAN, "the forger is saved too", "saver",
        ("for v in critic.variables}", "for v in critic.variables + forger.variables}"),
    ),
    mutant(
        "wrong saver", GAN, "a checkpoint of objects holds the forger in place of the critic", "saver",
        ("tf.train.Saver({v.path: v.value for v in critic.variables})", "tf.train.Checkpoint(forger=forger)"),
        says="after, a checkpoint of objects no longer keeps critic/",
    ),
    mutant(
        "lost result", TOWERS, "the second tower's loss is not returned", "results",
        ('            results["loss_%d" % i] = loss\n', '            results["loss_0"] = loss\n'),
    ),
    mutant(
        "stopped gradient", TIED, "the answer is trained as well", "gradients",
        ("q * tf.stop_gradient(a)", "q * a"),
    ),
    mutant(
        "stopped gradient", Q, "the goal passes gradients", "gradients",
        ("tf.stop_gradient(0.9 * tf.reduce_sum(q_next * best, 1))", "0.9 * tf.reduce_sum(q_next * best, 1)"),
    ),
    mutant(
        "other activation", KINKED, "the slope below zero is that of another default", "outputs",
        ("None, 1e-5), 0.1)", "None, 1e-5), 0.2)"),
    ),
    mutant(
        "other default epsilon", KINKED, "another epsilon in all layers", "outputs",
        ("self.beta, None, 1e-5)", "self.beta, None, 1e-3)"),
    ),
    mutant(
        "stopped gradient", KINKED, "the moments pass no gradients", "gradients",
        ("tf.nn.moments(x, [0])", "tf.nn.moments(tf.stop_gradient(x), [0])"),
    ),
    mutant(
        "stopped gradient", KINKED, "one layer in the middle passes a part of the gradient", "gradients",
        ("            x = self.layers[number](x)\n",
         "            x = self.layers[number](0.9 * x + 0.1 * tf.stop_gradient(x) if number == 6 else x)\n"),
    ),
    mutant(
        "other optimizer", KINKED, "a learning rate of one tenth more", "training",
        ("GradientDescentOptimizer(0.1)", "GradientDescentOptimizer(0.11)"),
    ),
    mutant(
        "other schedule", LATE, "the rate does not fall", "training",
        ("AdamOptimizer(rate)", "AdamOptimizer(0.1)"), says="1000",
    ),
    mutant(
        "other schedule", LATE, "the rate falls ten times later", "training",
        ("step, 1000, 0.5", "step, 10000, 0.5"),
    ),
    mutant(
        "other schedule", LATE, "the rate falls by less", "training",
        ("step, 1000, 0.5", "step, 1000, 0.6"),
    ),
    mutant(
        "other schedule", LATE, "the averages end up slower", "training",
        ("ExponentialMovingAverage(0.999", "ExponentialMovingAverage(0.9999"),
    ),
    mutant(
        "limit lost", LATE, "the gradients are not clipped", "training",
        ("gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)",
         "gradients = tf.gradients(loss, variables)"),
    ),
    mutant(
        "limit lost", LATE, "each gradient is clipped, not their norm", "training",
        ("gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)",
         "gradients = [tf.clip_by_norm(g, 5.0) for g in tf.gradients(loss, variables)]"),
    ),
    mutant(
        "limit lost", LATE, "relu in place of relu6", "outputs", ("tf.nn.relu6(", "tf.nn.relu("),
    ),
    mutant(
        "limit lost", LATE, "the values are not clipped", "outputs",
        ("tf.clip_by_value(aside(hidden), -20.0, 20.0)", "aside(hidden)"),
    ),
    mutant(
        "other default epsilon", LATE, "of the normalisation, where no variance is small", "outputs",
        ("variance + 1e-6", "variance + 1e-7"),
    ),
    mutant(
        "other optimizer", LATE, "Adam with the epsilon of Keras", "training",
        ("AdamOptimizer(rate)", "AdamOptimizer(rate, epsilon=1e-7)"),
    ),
    mutant(
        "wrong switch", LATE, "each of two switches stands where the other did", "outputs",
        ("2.0 * tf.cast(hot,", "2.0 * tf.cast(cold,"), ("3.0 * tf.cast(cold,", "3.0 * tf.cast(hot,"), says="with only",
    ),
    mutant(
        "starts otherwise", TWINS, "the teacher does not start as the student", "initial",
        ("Net([as_in(student.w), as_in(student.v)], name", "Net(name"), says="teacher/w",
    ),
    mutant(
        "starts otherwise", TWINS, "one Keras initializer for two matrices makes them the same", "initial",
        ("student = Net(", 'glorot = keras.initializers.GlorotUniform()\n    student = Net([glorot, glorot], '),
        says="student/",
    ),
    mutant(
        "wrong loss", GAN, "the forger is trained by the critic's loss", "gradients",
        ("minimize(forger_loss, var_list=forger_vars)", "minimize(critic_loss, var_list=forger_vars)"), says="applies",
    ),
    mutant(
        "wrong loss", TIED, "a part of the loss is forgotten", "gradients",
        ("minimize(loss)", "minimize(tf.reduce_mean(tf.square(match)))"), says="applies",
    ),
    mutant(
        "lost step", EMA, "the averages are slower", "training",
        ("ExponentialMovingAverage(0.9)", "ExponentialMovingAverage(0.99)"), says="ExponentialMovingAverage",
    ),
    mutant(
        "other arithmetic", TWINS, "the square matrix is transposed", "outputs",
        ("tf.nn.relu(tf.matmul(noisy, self.w))", "tf.nn.relu(tf.matmul(noisy, tf.transpose(self.w.value)))"),
    ),
    mutant(
        "other arithmetic", RNN, "the gate is computed in half precision", "outputs",
        ("tf.sigmoid(tf.matmul(both, self.w) + self.b)",
         "tf.cast(tf.sigmoid(tf.cast(tf.matmul(both, self.w) + self.b, tf.float16)), tf.float32)"),
    ),
    mutant(
        "starts otherwise", TIED, "the constant shift starts elsewhere", "initial",
        ("tf.constant_initializer(0.1),\n", "tf.constant_initializer(0.2),\n"), says="encoder/mix/shift",
    ),
    mutant(
        "starts otherwise", RNN, "the gate starts closed", "initial",
        ("initializer=tf.ones_initializer())", "initializer=tf.zeros_initializer())"), says="gate/b",
    ),
    mutant(
        "other activation", LATE, "no scale, which is one at first", "sharing",
        ("return self.scale * (x - mean)", "return (x - mean)"), says="norm/scale",
    ),
    mutant(
        "starts otherwise", TWINS, "a variable that no session initialises", "initial",
        ("    student = Net(name", "    tf.get_default_graph().clear_collection('variables')\n    student = Net(name"),
        ("    variables = [v", "    tf.get_collection_ref('variables').pop()\n    variables = [v"),
        says="global_variables_initializer",
    ),
    mutant(
        "noise that repeats", TWINS, "one mask for both", "random",
        ("tf.nn.dropout(one, keep_prob=0.5) + tf.nn.dropout(one, keep_prob=0.5)",
         "2 * tf.nn.dropout(one, keep_prob=0.5)"), says="spread",
    ),
    mutant(
        "noise that repeats", TWINS, "a Keras dropout, which is the same in every run of a session", "random",
        ("self.start = start\n", "self.start = start\n        self.dropout = keras.layers.Dropout(0.2)\n"),
        ("tf.nn.dropout(x, keep_prob=0.8)", "self.dropout(x, training=True)"),
    ),
    mutant(
        "noise that repeats", TWINS, "a mask that is drawn once", "random",
        ("noisy = tf.nn.dropout(x, keep_prob=0.8)",
         "import numpy as np\n        noisy = x * (np.random.rand(4, 6) < 0.8) / 0.8"),
    ),
    mutant(
        "noise that repeats", TWINS, "noise with a fixed seed", "random",
        ("spread = tf.nn.dropout(one, keep_prob=0.5) +",
         "spread = tf.compat.v2.nn.experimental.stateless_dropout(one, 0.5, seed=[1, 2]) +"),
    ),
    mutant(
        "noise that repeats", TWINS, "noise of another source", "random",
        ("spread = tf.nn.dropout(one, keep_prob=0.5) +",
         "spread = 2 * one * tf.floor(2 * tf.compat.v2.raw_ops.RandomUniform(shape=[4, 6], dtype=tf.float32)) +"),
    ),
    mutant(
        "moving averages", TWO_CALLS, "only the first call updates the averages", "training",
        (
            "        with tf.control_dependencies(batch):  # another call may be first",
            (
                "        if getattr(self, 'updated', False):\n            return outputs\n        self.updated = True\n"
                "        with tf.control_dependencies(batch):"
            ),
        ),
        says="moving_mean",
    ),
)  # fmt: skip
