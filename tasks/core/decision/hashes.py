"""Hashes by which a contract recognises its network, its films and itself."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def hash_file(path: Path) -> str:
    """SHA-256 of the bytes of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_films(image_ids: Iterable[str], labels: Iterable[str | None]) -> str:
    """SHA-256 over films and their labels, hex, whatever their order.

    Args:
        image_ids: (n,) sha256 of each film's bytes.
        labels: (n,) class of each film; None or NaN without a label.

    Example:
        >>> hash_films(["b", "a"], ["NORMAL", None]) == hash_films(["a", "b"], [None, "NORMAL"])
        True
    """
    films = zip(image_ids, labels, strict=True)
    return hash_json(
        sorted((film, label if isinstance(label, str) else "") for film, label in films)
    )


def hash_json(values: Any) -> str:
    """SHA-256 of values as JSON in one form: sorted keys, no spaces; hex.

    Raises:
        ValueError: A number is NaN or infinite.

    Example:
        >>> hash_json({"b": 1, "a": 2.5}) == hash_json({"a": 2.5, "b": 1})
        True
    """
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
