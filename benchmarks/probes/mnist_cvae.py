"""The conditional autoencoder, and the decoder once more on its variables, as run_main.main calls them."""

import tensorflow as tf

import vae


def build():
    x_hat = tf.placeholder(tf.float32, [4, 12], name="input_img")
    x = tf.placeholder(tf.float32, [4, 12], name="target_img")
    y = tf.placeholder(tf.float32, [4, 10], name="target_labels")
    z_in = tf.placeholder(tf.float32, [4, 3], name="latent_variable")
    x_, z, loss, neg_marginal_likelihood, kl_divergence = vae.autoencoder(x_hat, x, y, 12, 3, 5, 1.0)
    return {
        "x": x_,
        "loss": loss,
        "neg_marginal_likelihood": neg_marginal_likelihood,
        "kl_divergence": kl_divergence,
        "decoded": vae.decoder(z_in, y, 12, 5),
        "train_step": tf.train.AdamOptimizer(0.001).minimize(loss),
    }
