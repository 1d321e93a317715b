"""Readers of weights that do not end, or that fail; a process imports them without Keras."""

from pathlib import Path


def read_for_ever(path: Path) -> None:
    """Read as HDF5 does after one changed byte."""
    while path:
        pass


def read_and_fail(path: Path) -> None:
    """Raise an exception that no reader expects."""
    raise ZeroDivisionError(f"{path.name}\n" + "x" * 1000)
