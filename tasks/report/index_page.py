"""Render `reports/index.html`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.hash_chain.links import Link, joined_links
from tasks.core.hash_chain.sealed_page import chain_context, seal_page
from tasks.core.hash_chain.signing_key import signer_of
from tasks.core.html.number_format import count_of
from tasks.core.html.site_links import relative_address, site_links
from tasks.core.html.templating import SHARED_TEMPLATES, render_template
from tasks.core.params import Params
from tasks.report.comparison import comparison_tables, strongest_baseline
from tasks.report.film_flow import FilmFlow, flow_steps
from tasks.report.film_lists import film_lists
from tasks.report.index_inputs import IndexInputs
from tasks.report.index_sentence import index_sentence, positive_words, threshold_sentences
from tasks.report.overlaid_curves import roc_drawings, training_drawings
from tasks.report.pair_section import pair_section
from tasks.report.weakness_matrix import collapsed_networks, weakness_rows

_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = (
    SHARED_TEMPLATES / "heat_drawing.js",
    _TEMPLATES / "table_sorting.js",
    _TEMPLATES / "pair_viewer.js",
)
_KERMANY_LAYOUTS = {"mooney", "dincer"}  # folder layouts of the paediatric set on Kaggle


def render_index(inputs: IndexInputs, params: Params) -> str:
    """Render the page as one HTML file. Equal inputs give an equal page.

    Args:
        inputs: Content of the page.
        params: All parameters: title, key, names of the networks and of the external cohorts.

    Raises:
        ChainError: The networks are not of the same films, or the page cannot be signed.
    """
    context = {
        "title": params.report.title,
        "site": site_links(paths.INDEX, params.models, sorted(params.evaluate.external)),
        "summaries": inputs.summaries,
        **_network_context(inputs),
        **_film_context(inputs),
        **_gate_context(inputs.gate),
        "corrections": inputs.corrections,
        "provenance": inputs.provenance,
        "n_readings": inputs.n_readings,
        "ledger": relative_address(paths.INDEX, paths.TEST_LEDGER),
        "downloads": downloads(params.models),
        **chain_context(_links(inputs.summaries), params.report.public_key),
    }
    page = render_template(_TEMPLATES, "index.html.j2", context, scripts=_SCRIPTS)
    return seal_page(page, signer_of(params.report.public_key))


def _links(summaries: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    return joined_links([[Link(**link) for link in one["links"]] for one in summaries])


def _network_context(inputs: IndexInputs) -> dict[str, Any]:
    summaries, baselines = inputs.summaries, inputs.baselines
    evaluation = summaries[0]["evaluation"]
    return {
        "sentence": index_sentence(summaries, baselines, inputs.comparison),
        "positive_words": positive_words(evaluation),
        "is_two_sided": evaluation["negative_class"] is not None,
        "strongest": strongest_baseline(baselines),
        "tables": comparison_tables(summaries, baselines, inputs.comparison),
        "ranking": inputs.ranking,
        "thresholds": threshold_sentences(summaries),
        "collapsed": collapsed_networks(summaries),
        "weaknesses": weakness_rows(summaries),
        "line_numbers": {one["model"]: number for number, one in enumerate(summaries, 1)},
        "roc": roc_drawings(summaries),
        "training": training_drawings(summaries),
        "pairs": pair_section(summaries, paths.FILMS),
        "lists": film_lists(summaries, paths.FILMS),
    }


def _film_context(inputs: IndexInputs) -> dict[str, Any]:
    flow = inputs.flow
    return {
        "flow": flow,
        "is_synthetic": flow.is_synthetic,
        "is_kermany": not _KERMANY_LAYOUTS.isdisjoint(flow.layouts),
        "test_patients": _patients(flow),
        "steps": flow_steps(flow),
        "view": inputs.network_input,
    }


def _patients(flow: FilmFlow) -> str:
    if not flow.has_patients:
        return "patients unknown; each film counted as one"
    return count_of(flow.totals["test"].patients, "patient")


def _gate_context(gate: Mapping[str, Any]) -> dict[str, Any]:
    failed = [one for one in gate["expectations"] if not one["passed"]]
    return {
        "gate": gate,
        "gate_title": gate_title(gate),
        "n_passed": len(gate["expectations"]) - len(failed),
        "failed": sorted(failed, key=lambda one: str(one["severity"])),  # error before warning
        "validation_page": paths.VALIDATION_HTML.name,
    }


def gate_title(gate: Mapping[str, Any]) -> str:
    """The result of the data gate in a few words.

    Example:
        >>> gate_title({"passed": True, "expectations": [{"passed": False}]})
        'the films may go on, 1 warning'
    """
    if not gate["passed"]:
        return "closed, the films may not go on"
    n_failed = sum(not one["passed"] for one in gate["expectations"])
    warnings = count_of(n_failed, "warning") if n_failed else "no warning"
    return f"the films may go on, {warnings}"


def downloads(models: Sequence[str]) -> list[dict[str, str]]:
    """Files with the numbers of the report: title and address relative to the index."""
    files = {
        **{f"Evaluation of {model} (JSON)": paths.evaluation(model) for model in models},
        **{f"Errors of {model} (JSON)": paths.error_book(model) for model in models},
        "Trivial baselines (JSON)": paths.BASELINES,
        "Networks compared in pairs (JSON)": paths.COMPARISON,
        "Data gate (JSON)": paths.VALIDATION_JSON,
        "Labels that are worth a second look (JSON)": paths.LABELS_JSON,
        "Readings of the test films (CSV)": paths.TEST_LEDGER,
        "Compliance pack: checklists, model cards, data card": paths.COMPLIANCE_HTML,
    }
    return [
        {"title": title, "address": relative_address(paths.INDEX, path)}
        for title, path in files.items()
    ]
