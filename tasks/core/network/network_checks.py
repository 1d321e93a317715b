"""Whether the network in `model.onnx` suits its metadata and this program."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.errors import ScreeningError
from tasks.core.film.pixel_format import PIXEL_FORMAT, pixel_libraries
from tasks.core.onnx_bytes import SEAL
from tasks.core.onnx_file import FEATURES, LOGITS, MAPS, ONNX_INPUT, PROBABILITIES, OnnxMetadata

if TYPE_CHECKING:
    import onnxruntime


def check_session(
    session: "onnxruntime.InferenceSession", metadata: OnnxMetadata, path: Path
) -> None:
    """Compare what ONNX Runtime has loaded with the metadata.

    Args:
        session: The network.
        metadata: From the same file.
        path: The file.

    Raises:
        ScreeningError: An input, an output or the seal differs.
    """
    side, n_classes = metadata.square.params.size_px, len(metadata.contract["classes"])
    shapes = {one.name: (one.shape[1:], one.type) for one in session.get_inputs()}
    if shapes != {ONNX_INPUT: ([side, side, 1], "tensor(uint8)")}:
        raise broken_network(path, f"inputs {shapes}, but the contract says films of {side} px")
    found = {one.name: one.shape[1:] for one in session.get_outputs()}
    wanted = {LOGITS: [n_classes], PROBABILITIES: [n_classes]}
    needed = {FEATURES} | ({MAPS} if metadata.heat_weights is not None else set())
    if {name: found.get(name) for name in wanted} != wanted or not needed <= set(found):
        raise broken_network(path, f"outputs {found}, but the contract says {n_classes} classes")
    if seal_in(session) != metadata.seal:
        raise broken_network(path, "another file than a moment ago")


def seal_in(session: "onnxruntime.InferenceSession") -> str | None:
    """Seal of the file that ONNX Runtime has loaded; None if it has none."""
    seal: str | None = session.get_modelmeta().custom_metadata_map.get(SEAL)
    return seal


def require_same_squares(metadata: OnnxMetadata, path: Path) -> None:
    """Check that this program makes the squares that the network was trained on.

    Raises:
        ScreeningError: They have another format, or a package that makes them is not installed.
    """
    if metadata.square.format != PIXEL_FORMAT:
        found = f"squares of format {metadata.square.format}; this program makes {PIXEL_FORMAT}"
        raise broken_network(path, found)
    resize = metadata.square.params
    needs = {  # module, package, and whether this network needs it
        "simplejpeg": ("simplejpeg", True),
        "scipy": ("scipy", resize.region == "lungs"),
        "skimage": ("scikit-image", resize.intensity == "clahe"),
    }
    missing = [
        package
        for module, (package, is_needed) in needs.items()
        if is_needed and importlib.util.find_spec(module) is None
    ]
    if missing:
        raise ScreeningError(
            "the packages that examine and fit the films of a network must be installed",
            found=f"{', '.join(missing)} is not installed",
            where=str(path),
            next_step=f"install it: `pip install {' '.join(missing)}`",
        )


def other_libraries(metadata: OnnxMetadata) -> tuple[str, ...]:
    """Sentences on libraries that read films here and have another version than in training."""
    trained, here = metadata.square.libraries, pixel_libraries()
    return tuple(
        f"{name} {here[name]} reads the films here, and {trained[name]} read those of the training:"
        " grey levels may differ slightly"
        for name in trained
        if here.get(name) not in (None, trained[name])
    )


def broken_network(path: Path, found: str) -> ScreeningError:
    """The error of a network file that does not suit its contract or this program."""
    return ScreeningError(
        "a network file must suit its contract and this program",
        found=found,
        where=str(path),
        next_step="copy the file again, or run `dvc repro train-onnx`, which writes it again",
    )
