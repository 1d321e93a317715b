"""The films behind a release, without any path: which ones it was trained and tuned on."""

import pandas as pd
import pyarrow as pa

from tasks.core.statistics.groups import patients

_SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}

RELEASE_FILMS_SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),  # sha256 of the film's bytes, hex
        ("pixel_hash", pa.string()),  # sha256 of its grey pixels: equal for another file of it
        ("patient_id", pa.string()),  # as in the samples; never null
        ("label", pa.string()),  # class name
        ("split", pa.string()),  # train, validation or test
    ]
)


def films_of(samples: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    """Table of the films of a cohort, sorted by their hash.

    Args:
        samples: See `tables.SAMPLES_SCHEMA`.
        manifest: Columns `path` and `pixel_hash`.

    Example:
        >>> film = {"path": "a", "image_id": "b1", "patient_id": None, "label": "NORMAL"}
        >>> samples = pd.DataFrame([film | {"split": "val"}])
        >>> films_of(samples, pd.DataFrame({"path": ["a"], "pixel_hash": ["c2"]})).iloc[0].tolist()
        ['b1', 'c2', 'film:b1', 'NORMAL', 'validation']
    """
    films = samples[["path", "image_id", "label"]].assign(
        patient_id=patients(samples), split=samples["split"].map(_SPLIT_NAMES)
    )
    films = films.merge(manifest[["path", "pixel_hash"]], on="path", how="left", validate="1:1")
    ordered: pd.DataFrame = films[RELEASE_FILMS_SCHEMA.names]
    return ordered.sort_values("image_id", ignore_index=True)
