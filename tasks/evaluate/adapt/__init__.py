"""Adapt a network to the unlabelled films of another hospital, and measure what that changes."""
