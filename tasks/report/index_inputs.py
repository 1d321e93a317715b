"""Load everything that the index shows, and check that the parts belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.core import paths
from tasks.core.corrections import CORRECTIONS_SCHEMA
from tasks.core.json_form import read_form
from tasks.core.params import Params
from tasks.core.provenance import Provenance, collect_provenance
from tasks.core.readings import read_readings
from tasks.core.result_forms import BASELINES_FORM, COMPARISON_FORM, GATE_FORM, RESIZED_FORM
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table
from tasks.report.comparison import read_summaries
from tasks.report.corrections_section import CorrectionsView, view_corrections
from tasks.report.film_flow import (
    FilmFlow,
    check_gate,
    check_models,
    check_resized,
    follow_films,
)
from tasks.report.network_input import NetworkInputView, view_network_input
from tasks.report.ranking import RankedModel, rank_models

_FILES = (  # as in dvc.yaml
    paths.CORRECTIONS,
    paths.EXCLUDED,
    paths.FILMS,
    paths.MANIFEST,
    paths.SAMPLES,
    paths.SUMMARIES,
    paths.BASELINES,
    paths.COMPARISON,
    paths.RESIZE_PICTURE,
    paths.RESIZE_JSON,
    paths.TEST_LEDGER,
    paths.VALIDATION_JSON,
)
_PARAMS = (  # as in dvc.yaml
    "report",
    "models",
    "evaluate.external",
    "evaluate.n_bootstrap",
    "evaluate.seed",
)


@dataclass(frozen=True)
class IndexInputs:
    """Content of the page.

    flow: counts of films, checked. gate: content of `reports/validation.json`.
    summaries: contents of `data/summaries/<model>.json`, in the order of params.yaml.
    baselines, comparison: contents of `reports/baselines.json` and `reports/comparison.json`.
    corrections: what became of the reviewers' marks. ranking: models in the order of validation.
    n_readings: how often the test films have been read, by any model.
    provenance: where the page comes from.
    """

    flow: FilmFlow
    gate: Mapping[str, Any]
    network_input: NetworkInputView
    summaries: Sequence[Mapping[str, Any]]
    baselines: Sequence[Mapping[str, Any]]
    comparison: Mapping[str, Any]
    corrections: CorrectionsView
    ranking: Sequence[RankedModel]
    n_readings: int
    provenance: Provenance


def load_index_inputs(params: Params) -> IndexInputs:
    """Read the results of all networks, below the current folder.

    Args:
        params: All parameters.

    Raises:
        TableError: The numbers of films do not add up from the source to the test films of a
            model, or the networks were evaluated on different films.
    """
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    flow = follow_films(
        read_table(MANIFEST_SCHEMA, paths.MANIFEST),
        samples,
        read_table(EXCLUDED_SCHEMA, paths.EXCLUDED),
    )
    gate = read_form(paths.VALIDATION_JSON, GATE_FORM)
    resized = read_form(paths.RESIZE_JSON, RESIZED_FORM)
    summaries = read_summaries(paths.SUMMARIES, params.models)
    check_gate(flow, gate)
    check_resized(flow, resized)
    check_models(flow, summaries)
    return IndexInputs(
        flow=flow,
        gate=gate,
        network_input=view_network_input(resized, paths.RESIZE_PICTURE),
        summaries=summaries,
        baselines=read_form(paths.BASELINES, BASELINES_FORM),
        comparison=read_form(paths.COMPARISON, COMPARISON_FORM),
        corrections=view_corrections(read_table(CORRECTIONS_SCHEMA, paths.CORRECTIONS), samples),
        ranking=rank_models(summaries, params.evaluate),
        n_readings=len(read_readings(paths.TEST_LEDGER)),
        provenance=collect_provenance("report", _FILES, _PARAMS),
    )
