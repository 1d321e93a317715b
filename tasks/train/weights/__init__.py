"""Initial weights: readers of weights files, and the copy into a network."""
