"""Choose and measure the films of the training that new films are compared with."""

import pandas as pd

from tasks.core import paths
from tasks.core.image_store.store import ImageStore
from tasks.core.network.onnx_network import OnnxNetwork
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table
from tasks.monitor.film_features import ACQUISITION, acquisition_table
from tasks.monitor.reference_file import TrainingReference

_OF_RATIOS = {"aspect", "bytes_per_pixel"}  # computed from width, height and n_bytes
_FACTS = ["image_id", "n_bytes", *(name for name in ACQUISITION if name not in _OF_RATIOS)]


def build_reference(network: OnnxNetwork, n_reference: int) -> TrainingReference:
    """Measure training and validation films.

    Args:
        network: From `load_network`.
        n_reference: Most patients of each split, the first ones by the hash of their film.

    Raises:
        TableError: A table is missing.
        ImageStoreError: A square is missing.
        ScreeningError: The squares have another size than those of the network.
    """
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST, _FACTS).drop_duplicates("image_id")
    training = one_per_patient(samples[samples["split"] == "train"], n_reference)
    validation = one_per_patient(samples[samples["split"] == "val"], n_reference)
    images = ImageStore(paths.IMAGES).read(validation["image_id"].tolist())
    scores = network.score(images)
    return TrainingReference(
        network_seal=network.sha256,
        classes=network.classes,
        acquisition=_acquisition(training, manifest),
        validation=_acquisition(validation, manifest),
        logits=scores.logits,
        features=scores.features,
        measures=network.decision.novelty.measures(scores.features, images),
        is_refused=scores.is_refused,
        class_index=validation["class_index"].to_numpy(dtype="int64"),
        known=dict(zip(samples["image_id"], samples["split"], strict=True)),
    )


def one_per_patient(films: pd.DataFrame, n: int) -> pd.DataFrame:
    """The film of each patient whose hash is the smallest, and of these at most the first n.

    Hashes have no order that a source could know, so the choice is like a random one.
    """
    return films.sort_values("image_id").drop_duplicates("group_id").head(n)


def _acquisition(films: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    facts = films[["image_id"]].merge(manifest, on="image_id", how="left", validate="one_to_one")
    known = facts.astype(object).where(facts.notna(), None)
    return acquisition_table([dict(row) for _, row in known.iterrows()])
