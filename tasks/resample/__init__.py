"""One honest cohort: duplicates and leaks removed, patients kept apart, classes balanced."""
