"""Prefect flows: when the stages of dvc.yaml run, and how the results are shown.

The work of a stage is not done here. Prefect reads its settings when it is imported, so the package
sets them first.
"""

from flows.environment import set_environment_defaults

set_environment_defaults()
