"""Room `release`: one network with all that is needed to use, compare and watch it."""
