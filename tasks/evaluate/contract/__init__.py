"""What validation decides for one model, before the test split is read."""
