"""AUROC, bootstrap by patient, intervals, and films that belong together."""
