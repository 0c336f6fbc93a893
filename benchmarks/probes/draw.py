"""The graph of the script draw.py, unrolled over ten steps, with smaller sizes; what follows reads MNIST and trains."""

import os
import sys
from unittest import mock

sys.modules["tensorflow.examples.tutorials"] = mock.MagicMock()

SIZES = (("enc_size = 256", "enc_size = 6"), ("dec_size = 256", "dec_size = 6"), ("batch_size=100", "batch_size=2"))


def build():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "draw.py")) as file:
        text = file.read().partition("## RUN TRAINING ##")[0]
    for old, new in SIZES:
        assert old in text
        text = text.replace(old, new)
    names = {"__name__": "draw"}
    exec(compile(text, "draw.py", "exec"), names)
    return {
        "reconstruction": names["x_recons"],
        "z": names["z"],
        "cost": names["cost"],
        "train_step": names["train_op"],
    }
