"""The prediction and the target network, and the copy from one to the other, as main.py and its agents make them."""

import tensorflow as tf

from networks.cnn import CNN


def build():
    pred_network = CNN(
        sess=None, data_format="NHWC", history_length=2, observation_dims=[40, 40], output_size=3,
        value_hidden_sizes=[4], advantage_hidden_sizes=[4], name="pred_network", trainable=True,
    )  # fmt: skip
    target_network = CNN(
        sess=None, data_format="NHWC", history_length=2, observation_dims=[40, 40], output_size=3,
        value_hidden_sizes=[4], advantage_hidden_sizes=[4], name="target_network", trainable=False,
    )  # fmt: skip
    target_network.create_copy_op(pred_network)
    loss = tf.reduce_mean(tf.square(pred_network.outputs - tf.stop_gradient(target_network.outputs)))
    return {
        "pred": pred_network.outputs,
        "target": target_network.outputs,
        "actions": pred_network.actions,
        "copy": target_network.copy_op,
        "loss": loss,
        "train_step": tf.train.GradientDescentOptimizer(0.01).minimize(loss),
    }
