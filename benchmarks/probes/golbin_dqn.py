"""DQN: the main and the target network."""

import tensorflow as tf

from model import DQN


def build():
    dqn = DQN(None, 6, 6, 3)
    return {"q": dqn.Q, "target": dqn.target_Q, "cost": dqn.cost, "train_step": dqn.train_op}
