"""A small DCGAN as main.py makes it, of images that are files only by name, and the two optimizers of its train()."""

import os
import sys
import tempfile
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("PIL", "cv2", "imageio", "scipy", "scipy.misc")})

import numpy as np
import tensorflow as tf

np.float = float  # numpy 2 has it no longer
if not tf.__version__.startswith("1."):  # of slim it only prints names
    sys.modules.update({name: mock.MagicMock() for name in ("tensorflow.contrib", "tensorflow.contrib.slim")})

import model


def small(y_dim):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "faces"))
        for number in range(4):
            open(os.path.join(folder, "faces", "%d.jpg" % number), "w").close()
        gan = model.DCGAN(
            None,
            input_height=32,
            input_width=32,
            crop=False,
            batch_size=2,
            sample_num=2,
            output_height=32,
            output_width=32,
            y_dim=y_dim,
            z_dim=5,
            gf_dim=4,
            df_dim=4,
            gfc_dim=6,
            dfc_dim=6,
            dataset_name="faces",
            data_dir=folder,
        )
    return {
        "g": gan.G,
        "d": gan.D,
        "sampler": gan.sampler,
        "d_loss": gan.d_loss,
        "g_loss": gan.g_loss,
        "d_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.d_loss, var_list=gan.d_vars),
        "g_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.g_loss, var_list=gan.g_vars),
    }
