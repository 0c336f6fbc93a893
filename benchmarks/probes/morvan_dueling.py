"""DuelingDQN, with the copy from one network to the other."""

import tensorflow as tf

from RL_brain import DuelingDQN


def build():
    agent = DuelingDQN(3, 4)
    return {"q": agent.q_eval, "q_next": agent.q_next, "loss": agent.loss, "train_step": agent._train_op}
