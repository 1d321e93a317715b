"""The expectations of the data gate, by what they look at."""
