"""Agent.build_dqn, with the prediction and the target network, up to the first use of a session."""

import builtins
import functools
import sys
import types

for name in ("cv2", "gym", "tqdm"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["cv2"].resize = None
sys.modules["tqdm"].tqdm = iter
builtins.xrange = range
builtins.reduce = functools.reduce

import tensorflow as tf

from dqn.agent import Agent


class Environment(object):
    action_size = 3


class Config(object):
    env_name = "probe"
    env_type = "detail"
    cnn_format = "NHWC"
    screen_height = 84
    screen_width = 84
    history_length = 2
    memory_size = 4
    batch_size = 2
    dueling = True
    double_q = True
    learning_rate = 0.01
    learning_rate_minimum = 0.01
    learning_rate_decay = 0.9
    learning_rate_decay_step = 10


class Session(object):
    graph = None


def build():
    agent = Agent.__new__(Agent)
    agent.env = Environment()
    agent.config = Config()
    agent.sess = Session()
    for name in dir(Config):
        if not name.startswith("_"):
            setattr(agent, name, getattr(Config, name))
    agent._attrs = {}
    tf.summary.FileWriter = lambda *arguments: None
    try:
        agent.build_dqn()
    except ValueError:  # it would initialise the variables, and there is no session
        pass
    return {
        "q": agent.q,
        "q_action": agent.q_action,
        "target_q": agent.target_q,
        "loss": agent.loss,
        "copy": tf.group(*[agent.t_w_assign_op[name] for name in sorted(agent.w)]),
        "train_step": agent.optim,
    }
