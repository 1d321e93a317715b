"""From the bytes of a file to grey pixels, and to the square that a network sees."""
