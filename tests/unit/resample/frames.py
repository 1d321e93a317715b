"""Invented tables of usable films, one row per film, in the form that `ingest` writes."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from tasks.core.params import ResampleParams
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA

Row = dict[str, Any]


def digest(*words: object) -> str:
    """64 hexadecimal digits that depend only on the words."""
    return hashlib.sha256(repr(words).encode()).hexdigest()


def film(name: str, label: str, patient: str | None, **more: Any) -> Row:
    """A film that resembles no other film; `more` overrides any column."""
    return {
        "image_id": digest("bytes", name),
        "path": f"{more.get('given_split') or 'all'}/{label}/{name}.jpeg",
        "label": label,
        "patient_id": patient,
        "width": 100,
        "height": 80,
        "mode": "L",
        "bit_depth": 8,
        "format": "JPEG",
        "n_bytes": 5000,
        "pixel_hash": digest("pixels", name),
        "perceptual_hash": digest("look", name),
        "layout": "mooney",
        "status": "ok",
        **more,
    }


def usable_films(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table with all columns of the manifest, sorted by path."""
    table = pd.DataFrame(rows).reindex(columns=MANIFEST_SCHEMA.names)
    texts = [field.name for field in MANIFEST_SCHEMA if field.type == "string"]
    return table.astype(dict.fromkeys(texts, "str")).sort_values("path", ignore_index=True)


def patients(label: str, n: int, n_films: int = 1, **more: Any) -> list[Row]:
    """`n` patients of a class with `n_films` films each."""
    prefix = f"{label[:3]}{more.get('subtype') or ''}{more.get('given_split') or ''}"
    return [
        film(f"{prefix}{number:04d}-{part}", label, f"{prefix}:{number}", **more)
        for number in range(n)
        for part in range(n_films)
    ]


def pairs_of(films: pd.DataFrame, near: Iterable[tuple[str, str]] = ()) -> pd.DataFrame:
    """Pairs of films: those with equal pixels, and the near duplicates given by their paths."""
    ordered = films.sort_values("path")
    first = ordered.groupby("pixel_hash")["path"].transform("first")
    rows = [(a, b, "exact", 0, 1.0) for a, b in zip(first, ordered["path"], strict=True) if a != b]
    rows += [(min(pair), max(pair), "near", 5, 0.99) for pair in near]
    return pd.DataFrame(sorted(rows), columns=PAIRS_SCHEMA.names)


def resample_params(**changes: Any) -> ResampleParams:
    """Section `resample`."""
    values = {
        "seed": 0,
        "labels": "folder",
        "keep_given_test": True,
        "test_share": 0.2,
        "val_share": 0.25,
        "balance": "class_weight",
        "n_folds": 0,
        "fold": 0,
        "acquisition_clusters": None,
    }
    return ResampleParams(**{**values, **changes})
