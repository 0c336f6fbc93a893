"""YOLOV3 as its train.py builds it, batch normalisation by a placeholder; labels and anchors made up."""

import os
import sys
import tempfile
import types


class EasyDict(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


for name in ("cv2", "easydict"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["easydict"].EasyDict = EasyDict

import tensorflow as tf
from core.config import cfg

_files = tempfile.TemporaryDirectory()
cfg.YOLO.CLASSES = os.path.join(_files.name, "classes.txt")
cfg.YOLO.ANCHORS = os.path.join(_files.name, "anchors.txt")
with open(cfg.YOLO.CLASSES, "w") as file:
    file.write("cat\nmat\n")
with open(cfg.YOLO.ANCHORS, "w") as file:
    file.write(",".join(["1.5"] * 18))

from core.yolov3 import YOLOV3


def build():
    images = tf.placeholder(tf.float32, [1, 64, 64, 3], name="images")
    model = YOLOV3(images, trainable=tf.placeholder(tf.bool, [], name="training"))
    outputs = {"small": model.conv_sbbox, "medium": model.conv_mbbox, "large": model.conv_lbbox}
    loss = tf.add_n([tf.reduce_mean(tf.square(output)) for output in outputs.values()])
    step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    return dict(outputs, predicted=model.pred_sbbox, loss=loss, train_step=step)
