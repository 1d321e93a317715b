"""Stage `release`: put the first network of `models` with all it needs into one folder.

The folder is the artifact `classifier` of dvc.yaml. `python -m flows.promote` gives it a version.

Reads       data/models/<model>/, data/contracts/<model>/, data/onnx/<model>/model.onnx,
            data/samples.parquet, data/manifest.parquet, reports/<model>/metrics.json,
            reports/validation.json
Writes      data/classifier/: model.keras, model.json, contract.json, novelty.npz, model.onnx,
            films.parquet, release.json
Params      models, resample, resize, train, per_model
Fails when  the contract is not that of the network, or the ONNX file holds another contract
Run         python -m tasks.release
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_arguments: argparse.Namespace) -> None:
    """Check that the parts belong together, and copy them."""
    from tasks.core.params import load_params
    from tasks.release.release_folder import write_release

    released = write_release(load_params(paths.PARAMS))
    logging.getLogger(__name__).info(
        "%s: %d files in %s", released["model"], len(released["files"]) + 1, paths.RELEASE
    )


if __name__ == "__main__":
    stage.run("release", __doc__, main)
