"""DTN.build_model for training: three calls of the content extractor and the discriminator, two of the generator."""

import tensorflow as tf

import model

Adam = tf.train.AdamOptimizer


def build():
    made = []

    def adam(rate):  # since TensorFlow 1.0 the slots of several optimizers in one scope need names of their own
        made.append(rate)
        return Adam(rate, name="Adam%d" % len(made))

    tf.train.AdamOptimizer = adam
    net = model.DTN(mode="train")
    net.build_model()
    return {
        "fake": net.fake_images,
        "logits": net.logits,
        "d_loss_src": net.d_loss_src,
        "g_loss_src": net.g_loss_src,
        "f_loss_src": net.f_loss_src,
        "d_src_step": net.d_train_op_src,
        "g_src_step": net.g_train_op_src,
    }
