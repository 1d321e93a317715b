"""Stage `monitor-reference`: keep what new films are compared with.

Acquisition features come from training films. Scores and embeddings come from validation films:
the network fitted the training films, and answers them better than any new film. One film of each
patient is kept, because films of one patient are alike.

Reads       data/manifest.parquet, data/samples.parquet, data/images/,
            data/onnx/<first model>/model.onnx
Writes      data/monitor/reference.npz
Params      monitor.n_reference; the first of models
Fails when  the network file is damaged, or the squares have another size than its own
Run         python -m tasks.monitor.reference
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Choose the films, score them, write."""
    from tasks.core.network.onnx_network import load_network
    from tasks.core.params import load_params
    from tasks.monitor.reference.reference_films import build_reference
    from tasks.monitor.reference_file import save_reference

    params = load_params(paths.PARAMS)
    network = load_network(paths.onnx_file(params.models[0]))
    reference = build_reference(network, params.monitor.n_reference)
    save_reference(reference, paths.MONITOR_REFERENCE)
    logging.getLogger(__name__).info(
        "%s: films of %d training and %d validation patients",
        network.model,
        len(reference.acquisition),
        len(reference.validation),
    )


if __name__ == "__main__":
    stage.run("monitor-reference", __doc__, main)
