"""Read a film file: decode it to grey pixels and make the square that the networks see."""
