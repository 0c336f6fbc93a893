"""Runs TF1 or Keras 3 programs and writes down what they do. Python 3.7 to 3.13, imports nothing of ours.

`record.py` beside this folder starts it with a job and a pipe for events. The job names a side (`before` or `after`), a
scratch folder and a list of cases. For each case the program is imported freshly, its function is called inside a fresh
graph, and `<scratch>/<index>.<side>.json` and `.npz` are written. The before side also writes `<index>.exchange.json`
and `.npz` (its weights and the inputs it was fed) and a checkpoint; the after side waits for them, so both sides run at
the same time and still see the same numbers.

Random numbers are pinned: the random ops of TensorFlow are replaced by draws that depend only on the shape, so that
dropout and initialisers can be compared exactly, in whatever order a program makes its layers.

Read `case.py` first. What it is made of:

    basics, loaded                     what all parts use; TensorFlow, which is loaded before all that follows
    pins, switches, watch              what is put into TensorFlow before a program runs
    isolation                          what keeps the programs of one process apart
    results, capture                   the results of a function, or of a script that was started
    variables, graph                   what the graph says: variables, who reads them, at which line
    inputs                             what placeholders are fed
    numbers, starts                    initial values, weights, runs of a session
    training                           optimizers, savers, regularisation
    case, exchange, measurement        one program from its import to its files
"""
