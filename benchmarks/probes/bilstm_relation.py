"""BiLstmTextRelation with its loss and training op."""

import tensorflow as tf

from p9_BiLstmTextRelation_model import BiLstmTextRelation


def build():
    model = BiLstmTextRelation(3, 0.01, 4, 100, 0.9, 5, 20, 6, True)
    return {"logits": model.logits, "loss": model.loss_val, "accuracy": model.accuracy, "train_step": model.train_op}
