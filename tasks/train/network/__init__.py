"""The network as a whole: its parts, its assembly, and the mean of several networks."""
