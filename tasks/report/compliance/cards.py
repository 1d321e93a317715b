"""Model card and data card as Markdown, with front matter that model and data hubs read.

Source: Mitchell et al. 2019, Model Cards for Model Reporting (arXiv:1810.03993); Gebru et al. 2021,
Datasheets for Datasets (arXiv:1803.09010), for the questions that a card answers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml

from tasks.report.compliance import film_evidence, network_evidence, result_evidence
from tasks.report.compliance.study_records import StudyRecord, StudyRecords

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#"})


def model_card(summary: StudyRecord, records: StudyRecords) -> str:
    """Card of one model.

    Args:
        summary: Content of `data/summaries/<model>.json`.
        records: Of the same run.
    """
    alone = StudyRecords(**(vars(records) | {"summaries": [summary]}))
    external = result_evidence.external_test(alone)
    front = {
        "pipeline_tag": "image-classification",
        "library_name": "keras",
        "tags": ["chest-x-ray", "research-only", "not-a-medical-device"],
    }
    context = {
        "front": _front(front),
        "model": summary["model"],
        "verdict": summary["verdict"],
        "task": result_evidence.task(alone).value,
        "training": network_evidence.training(alone).value,
        "architecture": network_evidence.architecture(alone).value,
        "initial_weights": network_evidence.initial_weights(alone).value,
        "partitions": film_evidence.partitions(alone).value,
        "performance": result_evidence.performance(alone).value,
        "external": external.value if external else "not known: no film of them was judged",
        "thresholds": result_evidence.thresholds(alone).value,
        "refusals": network_evidence.refusals(alone).value,
        "weak": [one for one in summary["weaknesses"] if one["is_weak"]],
        "is_synthetic": bool(records.manifest["is_synthetic"].any()),
    }
    return _render("model_card.md.j2", context)


def data_card(records: StudyRecords) -> str:
    """Card of the films."""
    front = {
        "task_categories": ["image-classification"],
        "tags": ["chest-x-ray", "medical"],
    }
    fields = ("source", "eligibility", "partitions", "labels", "missing", "preprocessing", "gate")
    found: dict[str, Any] = {name: vars(film_evidence)[name](records).value for name in fields}
    people = film_evidence.demographics(records)
    failed = [one for one in records.gate["expectations"] if not one["passed"]]
    context = {
        "front": _front(front),
        **found,
        "demographics": people.value if people else None,
        "failed": failed,
        "is_synthetic": bool(records.manifest["is_synthetic"].any()),
    }
    return _render("data_card.md.j2", context)


def _front(fields: Mapping[str, str | Sequence[str]]) -> str:
    return yaml.safe_dump(dict(fields), sort_keys=True).rstrip()


def _render(name: str, context: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown: the filter `md` escapes
    )
    environment.filters["md"] = _escaped
    return environment.get_template(name).render(context)


def _escaped(text: object) -> str:
    """Text as Markdown shows it: a class or a path can hold any sign."""
    return " ".join(str(text).split()).translate(_SPECIAL)
