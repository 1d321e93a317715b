"""Rules that look for weaknesses of one model."""
