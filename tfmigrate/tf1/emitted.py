"""Code that the emitted program needs and Keras does not have. It goes into the file that uses it."""

from __future__ import annotations

BATCH_NORMALIZATION = '''\
class BatchNormalization(keras.layers.BatchNormalization):
    """Adds its moving-average updates to tf.GraphKeys.UPDATE_OPS, where a Session program looks for them.

    The statistics of images are those of the fused kernel: the variance that is kept is the unbiased one.
    """

    def call(self, inputs, training=None, mask=None):
        if not training or not self.trainable:
            return super().call(inputs, training=False, mask=mask)
        gamma = self.gamma.value if self.scale else tf.ones_like(self.moving_mean.value)
        beta = self.beta.value if self.center else tf.zeros_like(self.moving_mean.value)
        rank = len(inputs.shape)
        if rank == 4 and self.axis in (-1, 3):
            outputs, mean, variance = tf.nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon)
        else:
            axis = self.axis % rank
            shape = [1] * rank
            shape[axis] = inputs.shape[axis]
            mean, variance = tf.nn.moments(inputs, [i for i in range(rank) if i != axis])
            outputs = tf.nn.batch_normalization(
                inputs, *(tf.reshape(x, shape) for x in (mean, variance, beta, gamma)), self.epsilon)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            update = moving.value.assign_sub((moving.value - batch) * (1.0 - self.momentum))
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
        return outputs
'''
