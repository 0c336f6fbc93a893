"""Code that the emitted program needs and Keras does not have. It goes into the file that uses it."""

from __future__ import annotations

from tfmigrate.tf1.emitted_cells import EMITTED_CELLS

BATCH_NORMALIZATION = '''\
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation that updates its moving averages as TensorFlow 1 did.

    The updates go to tf.GraphKeys.UPDATE_OPS, or happen with the call (update_in_place). Ranks in fused_ranks are
    computed by the fused kernel, which keeps the unbiased variance. training may be a tensor.
    """

    def __init__(self, *args, fused_ranks=(4,), update_in_place=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fused_ranks = fused_ranks
        self.update_in_place = update_in_place

    def call(self, inputs, training=None, mask=None):
        def infer():
            return super(BatchNormalization, self).call(inputs, training=False, mask=mask)

        if not tf.is_tensor(training) and not (training and self.trainable):
            return infer()
        moving = [self.moving_mean.value, self.moving_variance.value]
        rate = 1.0 - self.momentum
        if tf.is_tensor(training):
            outputs, *batch = tf.cond(
                training, lambda: self.normalize(inputs), lambda: (infer(), *map(tf.identity, moving)))
            rate *= tf.cast(training, moving[0].dtype)
        else:
            outputs, *batch = self.normalize(inputs)
        with tf.control_dependencies(batch):  # another call may be first
            updates = [old.assign_sub((old - new) * rate) for old, new in zip(moving, batch)]
        if self.update_in_place:
            with tf.control_dependencies(updates):
                return tf.identity(outputs)
        for update in updates:
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
        return outputs

    def normalize(self, inputs):
        """Returns the outputs with the mean and the variance of the batch."""
        gamma = self.gamma.value if self.scale else tf.ones_like(self.moving_mean.value)
        beta = self.beta.value if self.center else tf.zeros_like(self.moving_mean.value)
        rank = len(inputs.shape)
        axis = self.axis % rank
        if rank in self.fused_ranks and axis == rank - 1:
            images = inputs if rank == 4 else tf.reshape(inputs, [-1, 1, 1, inputs.shape[-1]])
            outputs, mean, variance = tf.nn.fused_batch_norm(images, gamma, beta, epsilon=self.epsilon)
            return tf.reshape(outputs, tf.shape(inputs)), mean, variance
        shape = [1] * rank
        shape[axis] = inputs.shape[axis]
        mean, variance = tf.nn.moments(inputs, [i for i in range(rank) if i != axis])
        factors = [tf.reshape(x, shape) for x in (mean, variance, beta, gamma)]
        return tf.nn.batch_normalization(inputs, *factors, self.epsilon), mean, variance
'''

LAYER_NORMALIZATION = '''\
class LayerNormalization(keras.layers.LayerNormalization):
    """Layer normalisation as contrib has it: over all axes from begin_norm_axis on, with a factor for each channel."""

    def __init__(self, *args, begin_norm_axis=1, **kwargs):
        super().__init__(*args, **kwargs)
        self.begin_norm_axis = begin_norm_axis

    def call(self, inputs):
        rank = len(inputs.shape)
        mean, variance = tf.nn.moments(inputs, list(range(self.begin_norm_axis % rank, rank)), keepdims=True)
        beta = self.beta.value if self.center else None
        gamma = self.gamma.value if self.scale else None
        return tf.nn.batch_normalization(inputs, mean, variance, beta, gamma, self.epsilon)
'''

TRANSPOSED = '''\
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """A transposed convolution of any number of images, which Keras does not see in the shapes of TensorFlow 1."""

    def call(self, inputs):
        sizes = tf.TensorShape(inputs.shape).as_list()
        sizes = [tf.shape(inputs)[i] if size is None else size for i, size in enumerate(sizes)]
        shape = self.compute_output_shape(sizes)
        layout, channels = ("NHWC", "N...C") if self.data_format == "channels_last" else ("NCHW", "NC...")
        outputs = tf.nn.conv_transpose(inputs, self.kernel, shape, self.strides, self.padding.upper(), layout)
        return self.activation(tf.nn.bias_add(outputs, self.bias, channels) if self.use_bias else outputs)
'''

NORMALIZED = '''\
class NormalizedDense(keras.layers.Dense):
    """A layer whose outputs are normalized before the activation, by a layer under its own name."""

    def __init__(self, *args, normalizer, activation=None, **kwargs):
        super().__init__(*args, use_bias=False, **kwargs)
        self.normalizer = normalizer
        self.activate = keras.activations.get(activation)

    def call(self, inputs, **options):
        return self.activate(self.normalizer(super().call(inputs), **options))
'''

REPEATED = '''\
class Repeated(keras.layers.Layer):
    """Layers one after another."""

    def __init__(self, *layers, **kwargs):
        super().__init__(**kwargs)
        self.layers = layers

    def call(self, inputs, **options):
        for layer in self.layers:
            inputs = layer(inputs, **options)
        return inputs
'''

FREEZABLE = '''\
class FreezableDense(keras.layers.Dense):
    """A layer whose variables an optimizer leaves alone if trainable is False, as TensorFlow 1 had it."""

    def add_weight(self, *args, trainable=True, **kwargs):
        return super().add_weight(*args, trainable=trainable and self.trainable, **kwargs)
'''

# Keras keeps the variables of a frozen layer in tf.GraphKeys.TRAINABLE_VARIABLES, these do not
FREEZABLE_LAYERS = ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")
_NORMALIZED = ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv2D")
_TRANSPOSED = {
    "Conv2DTranspose": TRANSPOSED,
    "Conv3DTranspose": TRANSPOSED.replace("Conv2D", "Conv3D").replace("HW", "DHW"),
}


def _derived(code: str, base: str) -> str:
    """The class with another base, which the file may have too."""
    own = code.replace("Dense", base)
    return own.replace(f"keras.layers.{base}", base) if base in _TRANSPOSED else own


# by the name that the emitted code calls
EMITTED = {
    "BatchNormalization": BATCH_NORMALIZATION,
    "LayerNormalization": LAYER_NORMALIZATION,
    **_TRANSPOSED,
    **{f"Freezable{base}": _derived(FREEZABLE, base) for base in FREEZABLE_LAYERS},
    **{f"Normalized{base}": _derived(NORMALIZED, base) for base in _NORMALIZED},
    "Repeated": REPEATED,
    **EMITTED_CELLS,
}
EMITTED_NAMES = {name: name for name in EMITTED}

# what every Keras layer has without setting it
LAYER_ATTRIBUTES = frozenset({
    "add_loss", "add_metric", "add_variable", "add_weight", "autocast", "build", "build_from_config", "built", "call",
    "compute_dtype", "compute_mask", "compute_output_shape", "compute_output_spec", "count_params", "dtype",
    "dtype_policy", "from_config", "get_build_config", "get_config", "get_weights", "input", "input_dtype",
    "input_spec", "load_own_variables", "losses", "metrics", "metrics_variables", "name", "non_trainable_variables",
    "non_trainable_weights", "output", "path", "quantization_mode", "quantize", "quantized_build", "quantized_call",
    "rematerialized_call", "save_own_variables", "set_weights", "stateless_call", "supports_masking", "symbolic_call",
    "trainable", "trainable_variables", "trainable_weights", "variable_dtype", "variables", "weights",
})  # fmt: skip
