"""NERModel.build with characters and a softmax over tags; no session is made. The CRF layer is left out."""

import logging

import tensorflow as tf

from model.ner_model import NERModel


class Config(object):
    logger = logging.getLogger("probe")
    embeddings = None
    train_embeddings = True
    use_chars = True
    use_crf = False
    nwords, nchars, ntags = 10, 6, 4
    dim_word, dim_char, hidden_size_char, hidden_size_lstm = 4, 3, 4, 5
    lr_method = "adam"
    clip = 1.0
    dir_output = "."


def build():
    model = NERModel.__new__(NERModel)
    model.config, model.logger, model.sess, model.saver = Config(), Config.logger, None, None
    model.initialize_session = lambda: None
    model.build()
    return {
        "words": model.word_embeddings,
        "logits": model.logits,
        "labels_pred": model.labels_pred,
        "loss": model.loss,
        "train_step": model.train_op,
    }
