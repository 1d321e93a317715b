"""Prefect: when the stages of dvc.yaml run and how that is shown; no stage's work is done here."""
