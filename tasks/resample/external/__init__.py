"""The films of an external cohort that a model can be judged on."""
