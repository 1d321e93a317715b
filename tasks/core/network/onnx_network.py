"""A trained network on ONNX Runtime: the file `model.onnx`, checked, and what it says of films."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.champion import champion_dir, champion_version
from tasks.core.decision.decision import Decision, decision_from
from tasks.core.decision.novelty_score import novelty_from_bytes
from tasks.core.errors import ScreeningError
from tasks.core.examination.examine_bytes import ExaminationSettings
from tasks.core.image_store.store import Pixels
from tasks.core.network.class_heat import mapped_heat, occluded_heat
from tasks.core.network.network_checks import (
    broken_network,
    check_session,
    other_libraries,
    require_same_squares,
    seal_in,
)
from tasks.core.network.prepared_film import FilmRules
from tasks.core.onnx_file import (
    FEATURES,
    LOGITS,
    MAPS,
    ONNX_INPUT,
    PROBABILITIES,
    OnnxMetadata,
    read_metadata,
)
from tasks.core.params import Params, ResizeParams

_BATCH = 32  # films for one call of the runtime; it changes the outputs by rounding only
# Packing the weights takes 0.2 s and saves 2 ms a film: the first answer comes without it
_PACK_AFTER = 128
_ERRORS_ONLY = 3  # severity of the messages of ONNX Runtime
_Float32s = NDArray[np.float32]


@dataclass(frozen=True)
class NetworkScores:
    """What a network says of n films.

    logits: (n, n_classes) float32. is_refused: (n,) bool, whether the guard in the network refuses
    the film, or an output is not a finite number. features: (n, n_features) float32, for the
    novelty score.
    """

    logits: _Float32s
    is_refused: NDArray[np.bool_]
    features: _Float32s


class OnnxNetwork:
    """A trained network and what validation decided for it; from `load_network`.

    Attributes:
        decision: calibration, sets of classes, novelty and operating point.
        model: name of the network. version: of a released file, None for another one.
        sha256: seal of the file. classes: in the order of the outputs.
        rules: how the network wants its films; rules.resize is section `resize` of its training.
        size_px: side of the square.
        heat_method, heat_reason: `class activation map` or `occlusion`, and why.
        is_synthetic: whether it was trained on synthetic films.
        warnings: what differs from the training but is no error, such as another Pillow.
    """

    def __init__(
        self,
        path: Path,
        session: onnxruntime.InferenceSession,
        metadata: OnnxMetadata,
        decision: Decision,
    ) -> None:
        self._path, self._session, self._n_left = path, session, _PACK_AFTER
        self._metadata, self.decision = metadata, decision
        self.model, self.classes, self.sha256 = decision.model, decision.classes, metadata.seal
        self.version = champion_version(path)
        limits = metadata.examination
        examination = ExaminationSettings(limits.min_side_px, limits.max_colour)
        self.rules = FilmRules(examination, metadata.square.params)
        self.size_px = self.rules.resize.size_px
        self.heat_method, self.heat_reason = metadata.heat_method, metadata.heat_reason
        self.is_synthetic = metadata.is_synthetic
        self.warnings = other_libraries(metadata)

    @property
    def title(self) -> str:
        """Name of the network, with its version if it has one."""
        return self.model if self.version is None else f"{self.model} {self.version}"

    @property
    def resize(self) -> ResizeParams:
        """How a film becomes the square."""
        return self.rules.resize

    def score(self, images: Pixels) -> NetworkScores:
        """Run the network over films.

        Args:
            images: (n, S, S, 1) uint8 in [0, 255], bright = dense; n of at least 1.

        Raises:
            ScreeningError: The size, type or shape differs from the training.
        """
        self._check(images)
        logits, probabilities, features = self._run(images, [LOGITS, PROBABILITIES, FEATURES])
        outputs = np.concatenate([logits, features], axis=1)
        is_finite = np.isfinite(outputs).all(axis=1)
        known = is_finite[:, np.newaxis]
        return NetworkScores(
            logits=np.where(known, logits, 0),
            is_refused=np.isnan(probabilities).any(axis=1) | ~is_finite,
            features=np.where(known, features, 0),
        )

    def heats(self, image: Pixels) -> _Float32s:
        """What in a film speaks for each class, in logits: a positive place speaks for it.

        Args:
            image: (S, S) uint8.

        Returns:
            (n_classes, h, w) float32.
        """
        films = image.reshape(1, self.size_px, self.size_px, 1)
        self._check(films)
        weights = self._metadata.heat_weights
        if weights is None:
            return occluded_heat(films[0], self._metadata.average_film, self._logits)
        (maps,) = self._run(films, [MAPS])
        return mapped_heat(maps[0], weights, self._metadata.boxes)

    def heat(self, image: Pixels, class_index: int) -> _Float32s:
        """The heat of one class: (h, w) float32; see `heats`."""
        heat: _Float32s = self.heats(image)[class_index]
        return heat

    def _logits(self, images: Pixels) -> _Float32s:
        return self._run(images, [LOGITS])[0]

    def _run(self, images: Pixels, names: list[str]) -> list[_Float32s]:
        if 0 < self._n_left <= len(images):
            self._pack()
        self._n_left -= len(images)
        batches = [
            self._session.run(names, {ONNX_INPUT: images[start : start + _BATCH]})
            for start in range(0, len(images), _BATCH)
        ]
        return [np.concatenate(parts) for parts in zip(*batches, strict=True)]

    def _pack(self) -> None:
        """Go on with packed weights, unless the file has been replaced since it was checked."""
        packed = _session(self._path, is_packed=True)
        if seal_in(packed) == self.sha256:
            self._session = packed

    def _check(self, images: Pixels) -> None:
        side = self.size_px
        if images.dtype != np.uint8 or images.shape[1:] != (side, side, 1) or not len(images):
            raise ScreeningError(
                f"the network needs films (n, {side}, {side}, 1) uint8",
                found=f"{images.shape} {images.dtype}",
                where=self.model,
                next_step="fit the films with `prepare_film` and the rules of this network",
            )


def network_path(model: str | None, params: Params) -> Path:
    """File of the network that screens.

    Args:
        model: A name, or the path of a `model.onnx`; None: `screen.model`; if that is null too,
            the version in use (see `champion_dir`), or the first of `models` if there is none.
        params: All sections.

    Raises:
        ScreeningError: There is no such file, or the folder of the version in use is missing.
    """
    name = model or params.screen.model
    if name is None:
        folder = champion_dir()
        name = params.models[0] if folder is None else str(paths.release_onnx(folder))
    is_path = name.endswith(".onnx") or "/" in name
    path = Path(name) if is_path else paths.onnx_file(name)
    if not path.is_file():
        raise ScreeningError(
            "a network must be trained, evaluated and written as ONNX before it screens films",
            found="no such file",
            where=str(path),
            next_step=_other_network(is_path),
        )
    return path


def _other_network(is_path: bool) -> str:
    """What to type in place of a network that does not exist."""
    names = sorted(file.parent.name for file in Path().glob(str(paths.onnx_file("*"))))
    known = f"name one that exists: --model {' or '.join(names)}" if names else ""
    if is_path:
        return "correct the path" + (f", or {known}" if known else "")
    return known or "run `make run`, which writes the networks, or name a model.onnx with --model"


def load_network(path: Path) -> OnnxNetwork:
    """Load `model.onnx`.

    Args:
        path: The file.

    Raises:
        LunglineError: The seal, contract, format, opset, inputs or size of the file is wrong, or
            ONNX Runtime cannot run it.
    """
    metadata = _metadata(path)
    novelty = novelty_from_bytes(metadata.novelty, str(path))
    decision = decision_from(metadata.contract, novelty, str(path))
    require_same_squares(metadata, path)
    session = _session(path, is_packed=False)
    check_session(session, metadata, path)
    return OnnxNetwork(path, session, metadata, decision)


def _metadata(path: Path) -> OnnxMetadata:
    """The checked metadata; the file is mapped, because a copy of 100 MB takes a tenth of a second.

    The map closes itself: while an error is shown, parts of it are still in use.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return read_metadata(b"", str(path))
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return read_metadata(cast(bytes, data), str(path))


def _session(path: Path, *, is_packed: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.disable_prepacking", "0" if is_packed else "1")
    # Idle threads must not take the cores from the processes that decode
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a class of its own for each fault
        raise broken_network(
            path, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        ) from error
