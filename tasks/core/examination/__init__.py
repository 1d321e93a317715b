"""Whether a file is a film that can be used, and if not, why: the same rules for every program."""
