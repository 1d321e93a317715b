"""The films of an external cohort, and which of them the source holds too."""
