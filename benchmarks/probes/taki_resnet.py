"""ResNet.build_model on eight pictures, with its optimizer and the regularization losses."""

import argparse

import taki_standins

import tensorflow as tf

from ResNet import ResNet


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--checkpoint_dir", default="checkpoint")
    parser.add_argument("--log_dir", default="logs")
    parser.add_argument("--res_n", type=int, default=18)
    parser.add_argument("--epoch", type=int, default=1)
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument("--lr", type=float, default=0.1)
    return parser.parse_args([])


def build():
    net = ResNet(None, parse_args())
    net.build_model()
    return {
        "train_logits": net.train_logits,
        "train_loss": net.train_loss,
        "step": net.optim,
    }
