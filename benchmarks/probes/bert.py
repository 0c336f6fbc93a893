"""Pretraining of a small BERT, as model_fn of run_pretraining.py builds it: two heads, and its own optimizer."""

import tensorflow as tf

import modeling
import optimization
import run_pretraining


def build():
    config = modeling.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=16,
    )  # fmt: skip
    ids = tf.placeholder(tf.int32, [2, 6], name="input_ids")
    mask = tf.placeholder(tf.int32, [2, 6], name="input_mask")
    segments = tf.placeholder(tf.int32, [2, 6], name="segment_ids")
    positions = tf.placeholder(tf.int32, [2, 3], name="masked_lm_positions")
    masked_ids = tf.placeholder(tf.int32, [2, 3], name="masked_lm_ids")
    weights = tf.placeholder(tf.float32, [2, 3], name="masked_lm_weights")
    is_next = tf.placeholder(tf.int32, [2, 1], name="next_sentence_labels")
    model = modeling.BertModel(
        config, True, ids, input_mask=tf.minimum(mask, 1), token_type_ids=tf.minimum(segments, 1),
        use_one_hot_embeddings=False,
    )  # fmt: skip
    masked, _, log_probs = run_pretraining.get_masked_lm_output(
        config, model.get_sequence_output(), model.get_embedding_table(), positions, masked_ids, weights
    )
    following, _, _ = run_pretraining.get_next_sentence_output(config, model.get_pooled_output(), tf.minimum(is_next, 1))
    loss = masked + following
    return {
        "sequence": model.get_sequence_output(),
        "pooled": model.get_pooled_output(),
        "log_probs": log_probs,
        "loss": loss,
        "train_step": optimization.create_optimizer(loss, 0.001, 10, 2, False),
    }
