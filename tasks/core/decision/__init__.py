"""What validation decided for one network, read and applied with NumPy only."""
