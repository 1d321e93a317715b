"""Evidence about the networks: what they are, and how they were trained."""

from tasks.core import paths
from tasks.core.film_defaults import settings_for
from tasks.core.html.number_format import format_count
from tasks.core.params.training import TrainParams
from tasks.core.trained_settings import trained_settings
from tasks.report.compliance.study_records import Evidence, StudyRecord, StudyRecords, of_each_model

_REFUSED = {
    "inverted": "inverted grey levels",
    "scaled": "rescaled pixel values",
    "turned_left": "turned to the left",
    "turned_right": "turned to the right",
    "upside_down": "upside down",
    "wrapped": "grey levels that overflow",
}


def architecture(records: StudyRecords) -> Evidence:
    """Input, size and output of each network; the file holds all layers."""
    texts = [
        f"{one['size_px']} x {one['size_px']} px, {one['input']['channels']} channel, "
        f"{format_count(one['n_parameters'])} weights, {len(one['classes'])} classes"
        for one in _descriptions(records)
    ]
    value = f"{of_each_model(records, texts)}. Every layer is in data/models/MODEL/model.keras."
    return _on_page(records, value, "made")


def software(records: StudyRecords) -> Evidence:
    """Libraries that can change a number, with their releases."""
    listed = ", ".join(f"{name} {release}" for name, release in records.libraries.items())
    return Evidence(listed, paths.REQUIREMENTS, paths.INDEX, "provenance")


def initial_weights(records: StudyRecords) -> Evidence:
    """Random weights, or those that were trained elsewhere; and pretraining on our own films."""
    texts = []
    for summary in records.summaries:
        settings = _settings(records, summary)
        kind = "random" if settings.weights == "none" else settings.weights
        seeds = range(settings.seed, settings.seed + summary["description"]["n_seeds"])
        name = "seed" if len(seeds) == 1 else "seeds"
        texts.append(f"{kind}, {name} {', '.join(map(str, seeds))}{_pretrained(settings)}")
    return _on_page(records, of_each_model(records, texts), "made")


def _pretrained(settings: TrainParams) -> str:
    """What the network learnt from the training films without their labels, if anything."""
    own = settings.pretraining
    if own.method == "none":
        return ""
    return f"; pretrained by {own.method} for {own.epochs} epochs, without labels"


def training(records: StudyRecords) -> Evidence:
    """The settings that matter most; the page lists all."""
    texts = []
    for summary in records.summaries:
        one = _settings(records, summary)
        texts.append(
            f"{summary['description']['epochs_run']} epochs, batches of {one.batch_size}, learning "
            f"rate {one.learning_rate} ({one.schedule}), loss {one.loss}, augmentation "
            f"{one.augment.preset}, {summary['description']['precision']}"
        )
    return _on_page(records, of_each_model(records, texts), "made")


def selection(records: StudyRecords) -> Evidence:
    """From which epoch the weights are; training reads no test film."""
    texts = [
        f"weights of epoch {one['best_epoch']}{' (first network)' if one['n_seeds'] > 1 else ''}"
        for one in _descriptions(records)
    ]
    value = f"{of_each_model(records, texts)}; training reads no test film"
    return _on_page(records, value, "made")


def ensemble(records: StudyRecords) -> Evidence:
    """How many networks and views of a film are averaged."""
    texts = [_averaged(one) for one in _descriptions(records)]
    return _on_page(records, of_each_model(records, texts), "made")


def _averaged(description: StudyRecord) -> str:
    n_seeds, n_views = description["n_seeds"], description.get("n_views", 1)
    text = "one network" if n_seeds == 1 else f"mean of the logits of {n_seeds} networks"
    return text if n_views == 1 else f"{text}, each on {n_views} views of the film"


def inputs_of_network(records: StudyRecords) -> Evidence:
    """The network sees pixels and nothing else."""
    kinds = sorted({one["input"]["dtype"] for one in _descriptions(records)})
    value = f"Pixels of one film ({', '.join(kinds)}), and no fact of file or patient"
    return Evidence(value, paths.SUMMARIES, paths.VALIDATION_HTML)


def refusals(records: StudyRecords) -> Evidence:
    """What the network refuses to judge."""
    reasons = sorted(
        {name for one in _descriptions(records) for name in one["refusals"]["reasons"]}
    )
    listed = ", ".join(_REFUSED.get(name, name) for name in reasons)
    value = f"The network refuses most films with these faults: {listed}"
    return Evidence(value, paths.SUMMARIES)


def code(_: StudyRecords) -> Evidence:
    """The pipeline as DVC runs it."""
    value = "Code, parameters and graph of stages in the repository; models in data/models/"
    return Evidence(value, paths.PIPELINE, paths.INDEX, "provenance")


def audit(records: StudyRecords) -> Evidence:
    """The count of test readings."""
    value = (
        "Predictions are kept for every validation and test film; "
        f"{records.n_readings} readings of the test films are listed with a hash of the films"
    )
    return Evidence(value, paths.TEST_LEDGER, paths.INDEX, "provenance")


def _settings(records: StudyRecords, summary: StudyRecord) -> TrainParams:
    stated = trained_settings(summary["description"], records.params, summary["model"])
    return settings_for(stated, is_synthetic=bool(records.manifest["is_synthetic"].any()))


def _descriptions(records: StudyRecords) -> list[StudyRecord]:
    return [summary["description"] for summary in records.summaries]


def _on_page(records: StudyRecords, value: str, section: str) -> Evidence:
    """Evidence on the page of the first network; that page links to the others."""
    page = paths.page(records.summaries[0]["model"])
    return Evidence(value, paths.SUMMARIES, page, section)
