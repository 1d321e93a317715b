"""Fit the networks of the zoo: deterministic on a CPU, in mixed precision on a GPU, resumable."""
