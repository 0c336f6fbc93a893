"""A residual network whose settings hang on the name of the current scope, with the updates of its own collection.

The loss is written anew: the program's is for a TensorFlow before 1.0.
"""

import sys
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("skimage", "skimage.io", "skimage.transform")})

import tensorflow as tf

import config

config.Config.__init__ = lambda self: setattr(self, "stack", [self.Scope("")])  # it reads all flags, as Python 2

import resnet


def build():
    images = tf.placeholder(tf.float32, [2, 32, 32, 3], name="images")
    labels = tf.placeholder(tf.int32, [2], name="labels")
    logits = resnet.inference(images, tf.constant(True), num_classes=5, num_blocks=[1, 1, 1, 1])
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels)
    loss = tf.reduce_mean(cross_entropy) + tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    update = tf.group(*tf.get_collection(resnet.UPDATE_OPS_COLLECTION))
    step = tf.group(tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss), update)
    return {"logits": logits, "loss": loss, "train_step": step}
