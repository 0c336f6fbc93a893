"""The two towers and their loss, as run.py calls them."""

import tensorflow as tf

import inference


def build():
    siamese = inference.siamese()
    train_step = tf.train.GradientDescentOptimizer(0.01).minimize(siamese.loss)
    return {"o1": siamese.o1, "o2": siamese.o2, "loss": siamese.loss, "train_step": train_step}
