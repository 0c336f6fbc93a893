"""Random TF1 programs: written so that TensorFlow runs them, migrated, and judged by the checker."""
