"""Room `validate`: the data gate between the manifest and everything that learns from it."""
