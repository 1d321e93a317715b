"""Reviewers' marks: read from CSV files, applied to the manifest, never lost in silence."""
