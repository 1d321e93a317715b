"""Load an ONNX file in ONNX Runtime and compare its answers with those of Keras.

Some networks convert without an error into a file that cannot be loaded, or that answers otherwise.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError
from tasks.core.image_store.store import Pixels
from tasks.core.onnx_file import ONNX_INPUT, PROBABILITIES

# Largest difference of an output, or its share of the largest number of that output if that is
# above 1. Source: float32 keeps 1e-7; sums of thousands of terms differed by up to 1e-5 here
TOLERANCE = 1e-4
# Of the probabilities of a network that was trained in half precision: bfloat16 keeps 8 bits
HALF_TOLERANCE = 0.05
_BATCH_SIZE = 16  # films per pass, so that maps of large networks fit into memory

OnnxAnswers = dict[str, NDArray[np.float32]]


def probe_films(films: Pixels) -> Pixels:
    """Add films that the guard refuses: some upside-down grey levels, and a black film.

    Args:
        films: (n, S, S, 1) uint8, training films.
    """
    inverted = 255 - films[:4]
    return np.concatenate([films, inverted, np.zeros_like(films[:1])])


def answers_of_file(data: bytes, films: Pixels, where: str) -> OnnxAnswers:
    """Run an ONNX file in ONNX Runtime on the CPU.

    Args:
        data: Bytes of the file.
        films: (n, S, S, 1) uint8.
        where: The network, named in the error.

    Returns:
        Outputs by name.

    Raises:
        TrainingError: ONNX Runtime cannot load or run the file.
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)  # fatal: its errors are raised too
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        batches = [session.run(names, {ONNX_INPUT: batch}) for batch in _batches(films)]
    except Exception as error:
        found = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        raise _cannot_export(found, where) from error
    return {name: np.concatenate(parts) for name, *parts in zip(names, *batches, strict=True)}


def answers_of_keras(network: keras.Model, films: Pixels) -> OnnxAnswers:
    """Outputs of a network by name, without dropout.

    Args:
        network: From `with_all_outputs`.
        films: (n, S, S, 1) uint8.
    """
    found = [network(batch, training=False) for batch in _batches(films)]
    return {
        name: np.concatenate([keras.ops.convert_to_numpy(one[name]) for one in found])
        for name in found[0]
    }


def require_equal(file: OnnxAnswers, network: OnnxAnswers, where: str) -> float:
    """Compare all outputs; return the largest difference, as a share where numbers exceed 1.

    Args:
        file: From `answers_of_file`.
        network: From `answers_of_keras`.
        where: The network, named in the error.

    Raises:
        TrainingError: An output is missing, differs by more than `TOLERANCE`, or is NaN for other
            films.
    """
    if file.keys() != network.keys():
        raise _cannot_export(f"outputs {sorted(file)} instead of {sorted(network)}", where)
    differences = {name: _difference(file[name], network[name]) for name in network}
    worst = max(differences, key=lambda name: differences[name])
    if not differences[worst] <= TOLERANCE:
        raise _cannot_export(f"{worst} that differ by {differences[worst]:.2g}", where)
    return differences[worst]


def require_like_training(
    network: OnnxAnswers, trained: NDArray[np.float32], is_half: bool, where: str
) -> float:
    """Compare the probabilities in float32 with those in the precision of the training.

    Args:
        network: From `answers_of_keras`, of the float32 copy.
        trained: (n, k) probabilities of the network as it was trained.
        is_half: Whether that was in half precision.
        where: The network, named in the error.

    Returns:
        The largest difference.

    Raises:
        TrainingError: A probability differs by more than `HALF_TOLERANCE` or `TOLERANCE`.
    """
    difference = _difference(network[PROBABILITIES], trained)
    if not difference <= (HALF_TOLERANCE if is_half else TOLERANCE):
        found = f"probabilities in float32 that differ by {difference:.2g} from those of training"
        raise _cannot_export(found, where)
    return difference


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.shape != other.shape or not (np.isnan(one) == np.isnan(other)).all():
        return float("inf")
    largest = float(np.nanmax(np.abs(other), initial=1.0))
    return float(np.nanmax(np.abs(one - other), initial=0.0)) / largest


def _batches(films: Pixels) -> list[Pixels]:
    return [films[start : start + _BATCH_SIZE] for start in range(0, len(films), _BATCH_SIZE)]


def _cannot_export(found: str, where: str) -> TrainingError:
    return TrainingError(
        "an ONNX file must load in ONNX Runtime and give the answers of its network: a difference"
        f" of {TOLERANCE:g} at most",
        found=found,
        where=where,
        next_step="use another network of the zoo for screening, or report this message",
    )
