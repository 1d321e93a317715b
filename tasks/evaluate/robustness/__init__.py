"""Negative controls without lungs, a grid of disturbed films, and the floors of both."""
