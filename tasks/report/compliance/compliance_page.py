"""Render the checklists as one page and as JSON, each item with its evidence and its hash."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.dvc_hash import dvc_md5
from tasks.core.html.site_links import relative_address, site_links
from tasks.core.html.templating import render_template
from tasks.core.provenance import Provenance
from tasks.report.compliance.checklist import AUTOMATIC, HUMAN, FilledChecklist, FilledItem
from tasks.report.compliance.study_records import StudyRecords

_TEMPLATES = Path(__file__).parents[1] / "templates"
COMPLIANCE_INPUTS = (
    *(paths.MANIFEST, paths.SAMPLES, paths.EXCLUDED, paths.SUMMARIES, paths.VALIDATION_JSON),
    *(paths.LABELS_JSON, paths.RESIZE_JSON, paths.TEST_LEDGER),
)
COMPLIANCE_PARAMS = (
    *("ingest", "validate", "resample", "resize", "models", "train", "per_model"),
    *("evaluate", "explain", "page", "report"),
)


def render_compliance(
    filled: Sequence[FilledChecklist], records: StudyRecords, provenance: Provenance
) -> str:
    """Render `reports/compliance/index.html`. Equal arguments give an equal page.

    Args:
        filled: The checklists.
        records: Of the same run.
        provenance: Of the page.
    """
    page = paths.COMPLIANCE_HTML
    models = [summary["model"] for summary in records.summaries]
    hashes = _hashes(filled)
    context = {
        "site": site_links(page, models, sorted(records.params.evaluate.external)),
        "provenance": provenance,
        "checklists": [_view(checklist, hashes) for checklist in filled],
        "models": models,
        "is_synthetic": bool(records.manifest["is_synthetic"].any()),
        "n_human": max(checklist.counts()[HUMAN] for checklist in filled),
    }
    return render_template(_TEMPLATES, "compliance.html.j2", context)


def as_json(filled: Sequence[FilledChecklist]) -> dict[str, Any]:
    """The checklists as JSON values: item, value, link, artifact, its hash and the status."""
    hashes = _hashes(filled)
    return {
        checklist.name: {
            "title": checklist.title,
            "cite": checklist.cite,
            "url": checklist.url,
            "counts": checklist.counts(),
            "items": [_row(item, hashes) for item in checklist.items()],
        }
        for checklist in filled
    }


def _view(checklist: FilledChecklist, hashes: Mapping[Path, str | None]) -> dict[str, Any]:
    sections = {
        title: [_row(item, hashes) for item in items] for title, items in checklist.sections.items()
    }
    return {
        "name": checklist.name.replace("_", "-"),
        "title": checklist.title,
        "cite": checklist.cite,
        "url": checklist.url,
        "note": checklist.note,
        "counts": checklist.counts(),
        "sections": sections,
    }


def _row(item: FilledItem, hashes: Mapping[Path, str | None]) -> dict[str, str | None]:
    """An item as text; `artifact` with its DVC hash, `link` relative to the page."""
    found = item.evidence if item.status == AUTOMATIC else None
    link = None
    if found and found.page:
        anchor = f"#{found.section}" if found.section else ""
        link = relative_address(paths.COMPLIANCE_HTML, found.page) + anchor
    return {
        "number": item.number,
        "topic": item.topic,
        "status": item.status,
        "value": item.value,
        "link": link,
        "artifact": found.artifact.as_posix() if found else None,
        "md5": hashes[found.artifact] if found else None,
    }


def _hashes(filled: Sequence[FilledChecklist]) -> dict[Path, str | None]:
    """Hash of each artifact that an item names; each is read once."""
    items = [item for checklist in filled for item in checklist.items()]
    artifacts = {item.evidence.artifact for item in items if item.evidence}
    return {artifact: _hash_of(artifact) for artifact in artifacts}


def _hash_of(artifact: Path) -> str | None:
    """Hash of a result; code and parameters have the commit of the page instead."""
    is_result = artifact.parts[0] in ("data", "reports")
    return dvc_md5(artifact) if is_result and artifact.exists() else None
