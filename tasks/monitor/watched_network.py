"""The network whose films are watched, and what they are compared with."""

from dataclasses import dataclass, replace
from pathlib import Path

from tasks.core import paths
from tasks.core.champion import champion_dir
from tasks.core.decision.judgement import FilmCalls
from tasks.core.network.onnx_network import OnnxNetwork, load_network
from tasks.core.network.prepared_film import FilmRules
from tasks.core.params import Params
from tasks.monitor.answer_tables import answer_table, call_scored, embedding_axes, validation_scores
from tasks.monitor.drift_decision import FilmSide
from tasks.monitor.reference_file import ReferenceFileError, TrainingReference, load_reference


@dataclass(frozen=True, eq=False)
class WatchedNetwork:
    """A network and the reference of its training."""

    network: OnnxNetwork
    reference: TrainingReference

    def rules(self, patient_salt: str) -> FilmRules:
        """How films are read; the salt makes a key of the patient whom a DICOM file names."""
        rules = self.network.rules
        return replace(rules, examination=replace(rules.examination, patient_salt=patient_salt))

    def validation_calls(self) -> FilmCalls:
        """Calls of the validation films of the reference."""
        reference = self.reference
        return call_scored(validation_scores(reference), reference.measures, self.network.decision)

    def compared(self) -> FilmSide:
        """The side of the training in the comparison."""
        reference, decision = self.reference, self.network.decision
        return FilmSide(
            acquisition=reference.acquisition,
            validation=reference.validation,
            answers=answer_table(self.validation_calls(), reference.measures, decision),
            places=embedding_axes(reference.features, decision),
        )


def load_watched(folder: Path | None, params: Params) -> WatchedNetwork:
    """Load a network with its reference.

    Args:
        folder: Of a released network; None: the champion, or else the first of `models`.
        params: All sections.

    Raises:
        ReferenceFileError: The reference is missing, damaged, or of another network.
        LunglineError: The network is missing, damaged, or cannot be run.
    """
    network_file, reference_file = _files(folder, params)
    if not network_file.is_file():
        raise ReferenceFileError(
            "a network must be trained and written as ONNX before it watches films",
            found="no such file",
            where=str(network_file),
            next_step="run `dvc repro`, or name the folder of a released network with --network",
        )
    network = load_network(network_file)
    reference = load_reference(reference_file, network.sha256, network.classes)
    return WatchedNetwork(network, reference)


def _files(folder: Path | None, params: Params) -> tuple[Path, Path]:
    released = folder or champion_dir()
    if released is not None:
        return paths.release_onnx(released), paths.network_reference(released)
    return paths.onnx_file(params.models[0]), paths.MONITOR_REFERENCE
