"""Room `validate`: the data gate, which checks the manifest before any other stage uses it."""
