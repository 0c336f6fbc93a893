"""AlexNet on one image, all layers trained by gradient descent. finetune.py trains two of them, chosen by name."""

import tensorflow as tf

from alexnet import AlexNet

TRAIN_LAYERS = ["fc8", "fc7"]


def build():
    x = tf.placeholder(tf.float32, [1, 227, 227, 3])
    y = tf.placeholder(tf.float32, [1, 5])
    keep_prob = tf.constant(0.5)
    model = AlexNet(x, keep_prob, 5, TRAIN_LAYERS)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=model.fc8, labels=y))
    return {"score": model.fc8, "loss": loss, "train_step": tf.train.GradientDescentOptimizer(0.01).minimize(loss)}
