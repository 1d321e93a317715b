"""The memory-mapped squares of all films, and how they are written."""
