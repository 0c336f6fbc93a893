"""inception_resnet_v1 for training and, on its variables, for evaluation: slim with arg_scope and repeat."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "models"))

import tensorflow as tf

import inception_resnet_v1


def build():
    images = tf.placeholder(tf.float32, [2, 96, 96, 3], name="images")
    options = dict(keep_probability=0.8, bottleneck_layer_size=8, weight_decay=0.0005)
    trained, _ = inception_resnet_v1.inference(images, phase_train=True, **options)
    embedded, _ = inception_resnet_v1.inference(images, phase_train=False, reuse=True, **options)
    return {
        "trained": trained,
        "embedded": embedded,
        "regularisation": tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)),
    }
