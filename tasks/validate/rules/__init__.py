"""The expectations of the data gate, in one module per theme."""
