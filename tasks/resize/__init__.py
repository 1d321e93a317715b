"""Make one small grey square of every film of the cohort and put it in the image store."""
