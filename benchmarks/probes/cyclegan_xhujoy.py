"""cyclegan._build_model with residual generators on small images, and the two optimizers of its train()."""

import sys
import types
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("scipy", "scipy.misc")})

import tensorflow as tf

import model

OPTIONS = dict(
    batch_size=1, fine_size=32, input_nc=3, output_nc=3, L1_lambda=10.0, dataset_dir="", use_resnet=True, use_lsgan=True,
    ngf=2, ndf=2, phase="train", max_size=50,
)  # fmt: skip


def build():
    gan = model.cyclegan(None, types.SimpleNamespace(**OPTIONS))
    return {
        "fake_a": gan.fake_A,
        "fake_b": gan.fake_B,
        "test_b": gan.testB,
        "g_loss": gan.g_loss,
        "d_loss": gan.d_loss,
        "d_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.d_loss, var_list=gan.d_vars),
        "g_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.g_loss, var_list=gan.g_vars),
    }
