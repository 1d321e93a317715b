"""Room `evaluate`: metrics with intervals, operating point, calibration, subgroups, baselines."""
