"""What TensorFlow 1 symbols mean, as data. Checked against the installed TensorFlow by tests."""
