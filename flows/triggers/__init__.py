"""What starts a run besides a schedule: new films, an import that moved, another flow."""
