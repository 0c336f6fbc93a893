"""Functions that the program does not show: which of them may make variables in the scope around their call.

TensorFlow 1.15.5's own were looked up in its source.
"""

from __future__ import annotations

import builtins
import collections
import re
import sys
from dataclasses import dataclass
from functools import lru_cache

_PYTHON_2 = frozenset(
    {"basestring", "cmp", "execfile", "file", "long", "raw_input", "reduce", "reload", "unichr", "unicode", "xrange"}
)
_BUILTIN = frozenset(dir(builtins)) | _PYTHON_2

# with what newer Pythons have no longer: what a program of that time imports does not hang on the one that runs this
_STANDARD = sys.stdlib_module_names | {
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp",
    "lib2to3", "mailcap", "nntplib", "pipes", "sndhdr", "smtpd", "spwd", "sunau", "telnetlib", "uu", "xdrlib",
}  # fmt: skip

# What is covered is asked for before; of the rest of TensorFlow, these call `get_variable`, or a function of yours.
_IN_TENSORFLOW = re.compile(
    r"(tf\.)?keras\.(layers|models|applications|Model|Sequential)\b"
    r"|tf\.(feature_column\.(input_layer|linear_model)|models\."
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


# What runs a text that the program does not show.
_RUNNING = frozenset({"eval", "exec", "execfile"})
# What they give may be, or hold, any code.
LOOKING_UP = frozenset({"builtins.globals", "builtins.locals", "builtins.__import__", "importlib.import_module"})
# Of these, the functions whose names are not known only compute.
_OPERATIONS = frozenset({
    "numpy", "tf.nn", "tf.math", "tf.train", "tf.losses", "tf.initializers", "tf.keras.activations",
    "tf.keras.initializers", "tf.distributions",
})  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One parameter of a function."""

    position: int
    name: str


_FIRST = (Place(0, "fn"),)
# Functions that call what they are given, at once and in the scopes that are open.
CALLERS = {
    **dict.fromkeys(("tf.map_fn", "tf.foldl", "tf.foldr", "tf.scan"), _FIRST),
    **dict.fromkeys(("builtins.map", "builtins.filter", "builtins.reduce", "functools.reduce"), _FIRST),
    **dict.fromkeys(("itertools.starmap", "itertools.imap", "six.moves.map"), _FIRST),
    **dict.fromkeys(("tf.contrib.framework.nest.map_structure", "tf.nest.map_structure"), (Place(0, "func"),)),
    "tf.while_loop": (Place(0, "cond"), Place(1, "body")),
    "tf.cond": (Place(1, "true_fn"), Place(2, "false_fn"), Place(-1, "fn1"), Place(-1, "fn2")),
    "tf.case": (Place(0, "pred_fn_pairs"), Place(1, "default")),
}
# Methods of lists, dictionaries, strings and the like; networks have some of these names, too.
OF_CONTAINERS = frozenset(
    name for kind in (list, dict, str, set, bytes, collections.deque) for name in dir(kind) if not name.startswith("_")
) - {"encode", "decode", "translate"}
# Those of sessions, optimizers, writers, tensors, arrays and files, too, none of which makes variables where it stands.
OF_PLAIN_OBJECTS = OF_CONTAINERS | {
    "_replace", "add_summary", "apply_gradients", "as_list", "assert_is_compatible_with", "assign", "assign_add",
    "assign_sub", "astype", "average", "close", "compute_gradients", "dot", "entropy", "error", "eval", "get_shape",
    "info", "kl", "log", "log_prob", "logp", "lookup", "maximize", "mean", "minimize", "neglogp", "partial_run",
    "prob", "put", "reshape", "restore", "run", "save", "scatter_update", "set_shape", "warning", "write",
    "zero_state",
}  # fmt: skip


# Functions and methods of TensorFlow that are entered as a block, and what `with` is mostly used for; no scopes.
BLOCKS = frozenset({"tf.init_scope", "tf.colocate_with", "tf.op_scope", "tf.keras.backend.name_scope"})
WITHOUT_SCOPE = frozenset({
    "acquire", "as_default", "cached_session", "colocate_with", "control_dependencies", "device",
    "gradient_override_map", "graph", "managed_session", "name_scope", "session", "sess", "stop_on_exception",
    "suppress", "test_session",
})  # fmt: skip


def keeps_code(name: str) -> bool:
    """Whether what a function gives may be, or hold, the code that it was given: those of Python itself."""
    root = name.partition(".")[0]
    return root in ("builtins", "six", "toolz", "cytoolz") or root in _STANDARD


@lru_cache(maxsize=20_000)
def may_make_variables(name: str) -> bool:
    """Whether a function, by its full name, may make or share variables in the current variable scope.

    A name that nothing in the program binds reads `builtins.name`; it comes by `from missing import *`. `package.?` is
    whatever the package has under a name that is not known.
    """
    root, _, rest = name.partition(".")
    if name.endswith(".?"):
        return name.removesuffix(".?") not in _OPERATIONS and (root == "tf" or may_make_variables(name[:-2]))
    if root == "builtins":
        return rest.partition(".")[0] not in _BUILTIN or rest in _RUNNING
    if root in ("tf", "keras"):
        return _IN_TENSORFLOW.match(name) is not None
    return root not in _STANDARD and root not in _KNOWN_PACKAGES
