"""In the place of what the programs import and the models do without."""

import sys
import types

for name in ("tensorflow.examples", "tensorflow.examples.tutorials", "tensorflow.examples.tutorials.mnist",
             "matplotlib", "matplotlib.pyplot", "matplotlib.gridspec", "datas"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["tensorflow.examples.tutorials.mnist"].input_data = None
sys.modules["matplotlib"].use = lambda backend: None
sys.path.append("utils")
