"""Screen new films with a trained network: which film is to be read first. No TensorFlow is needed.

FILMS are files, folders, zips and URLs; no labels are needed. Every file found becomes one row,
also one that cannot be scored. A run that was stopped goes on where it was when it is started
again. Research software, no medical device: no row says that a film needs no reading.

Reads       FILMS; the model.onnx of the version in use (data/champions/<version>/), or, if none was
            promoted, data/onnx/<model>/model.onnx
Writes      worklist.csv, worklist.html and journal.sqlite in the folder --out
Params      screen.model, n_pictures; compute
Fails when  one of FILMS does not exist; the model file is damaged, was edited or has another form;
            the folder cannot be written, or another run writes it
Run         python -m tasks.screen FILMS... [--model NAME] [--out FOLDER]
"""

import argparse
from pathlib import Path

from tasks.core import paths, stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this program."""
    parser.add_argument(
        "films", nargs="+", metavar="FILMS", help="a file, folder, zip or URL of films"
    )
    parser.add_argument(
        "--model", help="a name from `models` in params.yaml, or the path of a model.onnx"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=paths.SCREENED,
        help=f"folder of the answers (default: {paths.SCREENED})",
    )


def main(arguments: argparse.Namespace) -> None:
    """Load the network, screen the films, write the worklist."""
    from tasks.core.network.onnx_network import load_network, network_path
    from tasks.core.params import load_params
    from tasks.screen.worklist import screen_to_folder

    params = load_params(paths.PARAMS)
    network = load_network(network_path(arguments.model, params))
    screen_to_folder(arguments.films, network, arguments.out, params)


if __name__ == "__main__":
    stage.run_program("screen", __doc__, main, add_arguments)
