"""Bring every stage of dvc.yaml up to date, once or on a schedule, as a Prefect flow."""
