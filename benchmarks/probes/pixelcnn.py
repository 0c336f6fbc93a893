"""model_spec of PixelCNN++ through tf.make_template: the pass that initialises, training, and evaluation by averages.

TensorFlow's Adam stands for the program's own, which reads its moments while it writes them, in no order. The averages,
too, are a step of their own here.
"""

import tensorflow as tf

import pixel_cnn_pp.nn as nn
from pixel_cnn_pp.model import model_spec

OPTIONS = dict(nr_resnet=1, nr_filters=4, nr_logistic_mix=2, resnet_nonlinearity="concat_elu", energy_distance=False)


def build():
    model = tf.make_template("model", model_spec)
    first = tf.placeholder(tf.float32, [2, 8, 8, 3], name="first")
    x = tf.placeholder(tf.float32, [2, 8, 8, 3], name="x")
    initial = model(first, None, init=True, dropout_p=0.5, **OPTIONS)
    parameters = tf.trainable_variables()
    ema = tf.train.ExponentialMovingAverage(decay=0.9)
    averages = ema.apply(parameters)
    out = model(x, None, ema=None, dropout_p=0.5, **OPTIONS)
    loss = nn.discretized_mix_logistic_loss(tf.tanh(x), out)
    evaluated = model(x, None, ema=ema, dropout_p=0.0, **OPTIONS)
    step = tf.train.AdamOptimizer(0.001).minimize(loss)
    return {"out": out, "evaluated": evaluated, "loss": loss, "train_step": step, "average_step": averages}
