"""One of the convolutional networks, chosen by its name as train.py does."""

import tensorflow as tf

from cnn_models.char_cnn import CharCNN
from cnn_models.vd_cnn import VDCNN
from cnn_models.word_cnn import WordCNN


def build(kind="char_cnn"):
    if kind == "word_cnn":
        model = WordCNN(20, 10, 3)
    elif kind == "char_cnn":
        model = CharCNN(20, 1014, 3)
    elif kind == "vd_cnn":
        model = VDCNN(20, 128, 3)
    else:
        raise NotImplementedError
    return {"logits": model.logits, "loss": model.loss, "train_step": model.optimizer}
