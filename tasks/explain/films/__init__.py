"""Program `explain-films`: the test films, large enough to be read, for all models."""
