"""StarGAN.build_model with its two optimizers; what the queue of pictures gives is made here."""

import argparse
import os
import tempfile

from taki_standins import BATCH, SIZE

import tensorflow as tf

from StarGAN import StarGAN


def parse_args():
    folder = tempfile.mkdtemp()
    os.mkdir(os.path.join(folder, "train"))
    with open(os.path.join(folder, "list_attr_celeba.txt"), "w") as attributes:
        attributes.write("2004\nBlack_Hair Male\n" + "0.jpg 1 -1\n" * 2004)
    parser = argparse.ArgumentParser()
    for name in ("checkpoint_dir", "sample_dir", "result_dir", "log_dir"):
        parser.add_argument("--" + name, default=name)
    for name in ("epoch", "iteration", "print_freq", "save_freq", "n_critic"):
        parser.add_argument("--" + name, type=int, default=1)
    parser.add_argument("--dataset", default=folder)
    parser.add_argument("--augment_flag", type=bool, default=False)
    parser.add_argument("--decay_flag", type=bool, default=False)
    parser.add_argument("--decay_epoch", type=int, default=1)
    parser.add_argument("--gan_type", default="lsgan")
    parser.add_argument("--batch_size", type=int, default=BATCH)
    parser.add_argument("--lr", type=float, default=0.0001)
    parser.add_argument("--ch", type=int, default=4)
    parser.add_argument("--selected_attrs", default=["Black_Hair", "Male"])
    parser.add_argument("--custom_label", default=[0, 1])
    parser.add_argument("--adv_weight", type=float, default=1.0)
    parser.add_argument("--rec_weight", type=float, default=10.0)
    parser.add_argument("--cls_weight", type=float, default=10.0)
    parser.add_argument("--ld", type=float, default=10.0)
    parser.add_argument("--n_res", type=int, default=2)
    parser.add_argument("--n_dis", type=int, default=3)
    parser.add_argument("--img_size", type=int, default=SIZE)
    parser.add_argument("--img_ch", type=int, default=3)
    return parser.parse_args([])


def build():
    gan = StarGAN(None, parse_args())
    gan.build_model()
    return {
        "fakes": gan.x_fake_list,
        "g_loss": gan.g_loss,
        "d_loss": gan.d_loss,
        "g_step": gan.g_optimizer,
        "d_step": gan.d_optimizer,
    }
