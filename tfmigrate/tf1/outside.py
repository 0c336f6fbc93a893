"""Functions that the program does not show: which of them may make variables in the scope around their call.

TensorFlow 1.15.5's own were looked up in its source.
"""

from __future__ import annotations

import builtins
import re
import sys
from functools import lru_cache

_PYTHON_2 = frozenset(
    {"basestring", "cmp", "execfile", "file", "long", "raw_input", "reduce", "reload", "unichr", "unicode", "xrange"}
)
_BUILTIN = frozenset(dir(builtins)) | _PYTHON_2

# What is covered is asked for before; of the rest of TensorFlow, these call `get_variable`, or a function of yours.
_IN_TENSORFLOW = re.compile(
    r"tf\.(feature_column\.(input_layer|linear_model)|models\."
    r"|python\.(keras|layers|feature_column|estimator|ops\.(\w*rnn\w*|\w*cell\w*|\w*seq2seq\w*|\w*attention\w*))\."
    r"|contrib\.(crf\.crf_log_likelihood|feature_column|gan|learn|model_pruning|quantize|recurrent|specs|timeseries"
    r"|factorization|kernel_methods|tensor_forest|boosted_trees|(nn|rnn|layers|seq2seq|crf|framework)\.python)\b)"
)

# Most know nothing of TensorFlow; the others take no notice of variable scopes.
_KNOWN_PACKAGES = frozenset({
    "absl", "ale_py", "ale_python_interface", "atari_py", "attr", "bokeh", "boto", "boto3", "box2d", "Box2D", "bs4",
    "caffe", "click", "cloudpickle", "colorama", "coloredlogs", "colorlog", "comet_ml", "commands", "ConfigParser",
    "cPickle", "cStringIO", "cv2", "cytoolz", "dateutil", "deepmind_lab", "dill", "docopt", "easydict", "flask",
    "future", "gensim", "gflags", "gin", "google", "gym", "gym_ple", "h5py", "horovod", "hypothesis", "Image",
    "imageio", "ipdb", "IPython", "jieba", "joblib", "keras", "librosa", "line_profiler", "lmdb", "lxml",
    "matplotlib", "memory_profiler", "mock", "moviepy", "mpi4py", "mpl_toolkits", "msgpack", "mujoco_py", "munch",
    "mxnet", "networkx", "nltk", "nose", "np", "numba", "numpy", "pandas", "parameterized", "past", "PIL", "ple",
    "plotly", "prettytable", "progressbar", "psutil", "pyarrow", "pybullet", "pybullet_envs", "pycocotools",
    "pygame", "pylab", "pymongo", "pyrouge", "pysc2", "pytest", "pytz", "Queue", "redis", "regex", "requests",
    "retro", "roboschool", "rouge", "sacred", "scikits", "scipy", "seaborn", "sentencepiece", "simplejson", "six",
    "skimage", "sklearn", "soundfile", "spacy", "statsmodels", "StringIO", "sympy", "tabulate", "tensorboard",
    "tensorboard_logger", "tensorboardX", "tensorflow_datasets", "tensorflow_probability", "termcolor", "theano",
    "Tkinter", "tokenizers", "toml", "toolz", "torch", "torchvision", "tornado", "tqdm", "ujson", "urllib2",
    "urlparse", "visdom", "vizdoom", "wandb", "yaml", "zmq",
})  # fmt: skip


@lru_cache(maxsize=20_000)
def may_make_variables(name: str) -> bool:
    """Whether a function, by its full name, may make or share variables in the current variable scope.

    A name that nothing in the program binds reads `builtins.name`; it comes by `from missing import *`.
    """
    root, _, rest = name.partition(".")
    if root == "builtins":
        return rest.partition(".")[0] not in _BUILTIN
    if root == "tf":
        return _IN_TENSORFLOW.match(name) is not None
    return root not in sys.stdlib_module_names and root not in _KNOWN_PACKAGES
