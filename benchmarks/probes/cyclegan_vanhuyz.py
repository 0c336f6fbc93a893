"""CycleGAN.model and its optimizers on small images; a placeholder stands for the reader of files.

The program runs its four optimizers at once, each of which reads what another writes. Here each is a step of its own.
"""

import tensorflow as tf

import model


class Reader(object):
    def __init__(self, file, name, image_size, batch_size):
        self.name, self.shape = name, [batch_size, image_size, image_size, 3]

    def feed(self):
        return tf.placeholder(tf.float32, self.shape, name=self.name + "_images")


def build():
    model.Reader = Reader
    gan = model.CycleGAN(image_size=32, ngf=2)
    g_loss, d_y_loss, f_loss, d_x_loss, fake_y, fake_x = gan.model()
    steps = gan.optimize(g_loss, d_y_loss, f_loss, d_x_loss).control_inputs
    results = {"%s_step" % step.name.partition("/")[0]: step for step in steps}
    return {
        "g_loss": g_loss,
        "d_y_loss": d_y_loss,
        "f_loss": f_loss,
        "d_x_loss": d_x_loss,
        "fake_y": fake_y,
        "fake_x": fake_x,
        "steps": results,
    }
