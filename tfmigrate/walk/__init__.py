"""The symbolic walk: a TF1 program run on symbolic values, and TensorFlow 1's rules of sharing on the way.

Who runs the program (a class each, one above the other):

    evaluate    expressions                 statements  blocks, conditions, `with`
    functions   one call of a function      calls       whatever is called
    loops       rounds                      execute     modules, definitions: the whole

What they ask, plain functions each: `attributes`, `items`, `operate`, `python_functions`, `python_methods`,
`assigning`, `parameters`, `targets` (of loops), `comprehensions`, `imports`. What they hold: `values`, `frames`,
`arguments`, `classes`. What they ask a library is `semantics`; TensorFlow 1's answer is `sharing.Scoping`, Keras's is
in `proving/counting.py`.
"""
