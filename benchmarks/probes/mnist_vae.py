"""The autoencoder, and the decoder once more on its variables, as run_main.main calls them."""

import tensorflow as tf

import vae


def build():
    x_hat = tf.placeholder(tf.float32, [4, 12], name="input_img")
    x = tf.placeholder(tf.float32, [4, 12], name="target_img")
    z_in = tf.placeholder(tf.float32, [4, 3], name="latent_variable")
    y, z, loss, neg_marginal_likelihood, kl_divergence = vae.autoencoder(x_hat, x, 12, 3, 5, 0.9)
    decoded = vae.decoder(z_in, 12, 5)
    return {
        "y": y,
        "z": z,
        "loss": loss,
        "neg_marginal_likelihood": neg_marginal_likelihood,
        "kl_divergence": kl_divergence,
        "decoded": decoded,
        "train_step": tf.train.GradientDescentOptimizer(0.01).minimize(loss),
    }
