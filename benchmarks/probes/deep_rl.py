"""The prediction and the target network of main.py, and the copy from one to the other."""

import tensorflow as tf

from networks.cnn import CNN


def build():
    sizes = {"history_length": 2, "observation_dims": [40, 40], "output_size": 3, "network_output_type": "normal"}
    pred_network = CNN(sess=None, data_format="NHWC", network_header_type="nips", name="pred_network", trainable=True, **sizes)
    return {}
