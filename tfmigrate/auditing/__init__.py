"""What is already wrong or fragile in a TensorFlow 1 program, as it stands."""
