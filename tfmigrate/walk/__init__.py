"""The symbolic walk: a TF1 program run on symbolic values, and TensorFlow 1's rules of sharing on the way."""
