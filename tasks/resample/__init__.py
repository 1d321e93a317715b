"""Build the cohort: remove duplicates and leaks, split by patient, balance the classes."""
