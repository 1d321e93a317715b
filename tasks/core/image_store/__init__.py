"""Write and read the image store: all films as memory-mapped grey squares."""
