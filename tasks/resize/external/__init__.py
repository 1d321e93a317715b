"""The squares of the films of an external cohort."""
