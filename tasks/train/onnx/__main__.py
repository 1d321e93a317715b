"""Stage `train-onnx`: write one trained network as an ONNX file, for programs without TensorFlow.

The file holds the network in float32, what validation decided for it, and how a film becomes its
input. ONNX Runtime loads it, and the answers to some training films are compared with Keras'.

Reads       data/models/<model>/, data/contracts/<model>/, data/samples.parquet, data/images/,
            data/manifest.parquet
Writes      data/onnx/<model>/model.onnx
Params      ingest.min_side_px, ingest.max_colour
Fails when  the contract is not that of the network, the network is larger than 2 GB, or an answer
            of the file differs from Keras' by more than 1e-4
Run         python -m tasks.train.onnx --model minivggnet
"""

import argparse
import logging
import os
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    from tasks.core.image_store.store import ImageStore, Pixels
    from tasks.train.onnx.export import Export

_N_COMPARED = 32  # training films on which the answers are compared


def main(arguments: argparse.Namespace) -> None:
    """Load, convert, compare, write."""
    from tasks.core.atomic import atomic_path
    from tasks.core.decision.decision import read_decision
    from tasks.core.image_store.store import ImageStore
    from tasks.core.onnx_file import read_metadata
    from tasks.core.params import load_params

    name: str = arguments.model
    params = load_params(paths.PARAMS)
    read_decision(name)  # it compares the hash of the network
    _prepare_tensorflow()
    from tasks.core.classifier import load_classifier
    from tasks.train.onnx.export import export_network, sealed_bytes
    from tasks.train.onnx.onnx_metadata import FilmFacts, metadata_of

    store = ImageStore(paths.IMAGES)
    train = _training_films()
    export = export_network(load_classifier(paths.model_dir(name)), _some(store, train))
    facts = FilmFacts(store, train, _is_synthetic(), params.ingest)
    data = sealed_bytes(export.graph, metadata_of(name, export, facts))
    target = paths.onnx_file(name)
    read_metadata(data, str(target))
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)
    logging.getLogger(__name__).info("%s: %s", name, _summary(export, len(data)))


def _prepare_tensorflow() -> None:
    """Use TensorFlow on the CPU, whatever KERAS_BACKEND says: only its graphs can be converted.

    A GPU may multiply with 10 bits (TF32), which differs by more than the comparison allows.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    # Each batch of another size traces the network again, which TensorFlow warns about
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # An optimiser that gives up prints its traceback; what it leaves is compared with Keras anyway
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)


def _training_films() -> list[str]:
    """Ids of all training films, sorted."""
    from tasks.core.tables import SAMPLES_SCHEMA, read_table

    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "split"])
    return sorted(samples.loc[samples["split"] == "train", "image_id"])


def _some(store: "ImageStore", image_ids: list[str]) -> "Pixels":
    """At most `_N_COMPARED` films, spread evenly over their ids."""
    step = -(-len(image_ids) // _N_COMPARED)
    return store.read(image_ids[::step])


def _is_synthetic() -> bool:
    """Whether the source says that its films were drawn by a program."""
    from tasks.core.tables import MANIFEST_SCHEMA, read_table

    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST, ["is_synthetic"])
    return bool(manifest["is_synthetic"].eq(True).any())


def _summary(export: "Export", n_bytes: int) -> str:
    text = f"{n_bytes / 1e6:.1f} MB, largest difference from Keras {export.difference:.1e}"
    if export.half_difference is not None:
        text += f", probabilities {export.half_difference:.1e} from those of the training"
    return f"{text}; heat maps by {export.heat.method}: {export.heat.reason}"


if __name__ == "__main__":
    stage.run("train-onnx", __doc__, main, per_model=True)
