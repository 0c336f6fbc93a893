"""The adversarial autoencoder, its three training ops and the decoder once more, as run_main.main calls them."""

import tensorflow as tf

import aae


def build():
    x_hat = tf.placeholder(tf.float32, [4, 12], name="input_img")
    x = tf.placeholder(tf.float32, [4, 12], name="target_img")
    x_id = tf.placeholder(tf.float32, [4, 10], name="input_img_label")
    z_in = tf.placeholder(tf.float32, [4, 2], name="latent_variable")
    z_sample = tf.placeholder(tf.float32, [4, 2], name="prior_sample")
    z_id = tf.placeholder(tf.float32, [4, 10], name="prior_sample_label")
    y, z, neg_marginal_likelihood, d_loss, g_loss = aae.adversarial_autoencoder(
        x_hat, x, x_id, z_sample, z_id, 12, 2, 5, 1.0
    )
    t_vars = tf.trainable_variables()
    d_vars = [var for var in t_vars if "discriminator" in var.name]
    g_vars = [var for var in t_vars if "MLP_encoder" in var.name]
    ae_vars = [var for var in t_vars if "MLP_encoder" in var.name or "MLP_decoder" in var.name]
    return {
        "y": y,
        "z": z,
        "neg_marginal_likelihood": neg_marginal_likelihood,
        "d_loss": d_loss,
        "g_loss": g_loss,
        "train_ae": tf.train.AdamOptimizer(0.001).minimize(neg_marginal_likelihood, var_list=ae_vars),
        "train_d": tf.train.AdamOptimizer(0.0002).minimize(d_loss, var_list=d_vars),
        "train_g": tf.train.AdamOptimizer(0.001).minimize(g_loss, var_list=g_vars),
        "decoded": aae.decoder(z_in, 12, 5),
    }
