"""Numbers with intervals, a chosen operating point, calibration, subgroups, baselines."""
