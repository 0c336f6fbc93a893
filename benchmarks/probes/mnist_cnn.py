"""The network with its loss and optimizer as the training script makes them; whether it trains is fed, as in the other."""

import tensorflow as tf

import cnn_model


def build():
    is_training = tf.placeholder(tf.bool, name="MODE")
    x = tf.placeholder(tf.float32, [4, 784])
    labels = tf.placeholder(tf.float32, [4, 10])
    y = cnn_model.CNN(x, is_training=is_training)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=y, labels=labels))
    batch = tf.Variable(0)
    train_step = tf.train.AdamOptimizer(1e-4).minimize(loss, global_step=batch)
    return {"y": y, "loss": loss, "train_step": train_step}
