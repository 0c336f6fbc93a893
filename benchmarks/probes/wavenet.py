"""The loss of WaveNetModel with a condition, and what it predicts from a waveform."""

import sys
import types
from unittest import mock

sys.modules["librosa"] = mock.MagicMock()

import tensorflow as tf

from wavenet.model import WaveNetModel


def build():
    net = WaveNetModel(
        batch_size=1, dilations=[1, 2, 4], filter_width=2, residual_channels=3, dilation_channels=4, skip_channels=5,
        quantization_channels=8, use_biases=True, global_condition_channels=2, global_condition_cardinality=3,
    )  # fmt: skip
    audio = tf.placeholder(tf.float32, [1, 40, 1], name="audio")
    speaker = tf.placeholder(tf.int32, [1], name="speaker")
    waveform = tf.placeholder(tf.int32, [30], name="waveform")
    loss = net.loss(audio, tf.minimum(speaker, 2), l2_regularization_strength=0.1)
    return {
        "loss": loss,
        "predicted": net.predict_proba(waveform, tf.minimum(speaker, 2)),
        "train_step": tf.train.AdamOptimizer(0.001, epsilon=1e-4).minimize(loss),
    }
