"""DeepQNetwork, with the copy from one network to the other."""

import tensorflow as tf

from DQN_modified import DeepQNetwork


def build():
    agent = DeepQNetwork(3, 4)
    return {
        "q": agent.q_eval, "q_next": agent.q_next, "loss": agent.loss, "copy": tf.group(*agent.target_replace_op),
        "train_step": agent._train_op,
    }
