"""One training run: batches, schedule, checkpoints, and the saved model."""
