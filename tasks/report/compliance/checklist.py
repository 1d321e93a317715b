"""Read the checklists, and fill each item with the evidence of a run."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.errors import LunglineError
from tasks.report.compliance import film_evidence, network_evidence, result_evidence
from tasks.report.compliance.study_records import Evidence, StudyRecords

CHECKLISTS = ("claim_2024", "stard_ai_2025", "tripod_ai_2024")
AUTOMATIC, HUMAN, NOT_APPLICABLE = "automatic", "needs a human", "not applicable"
_FOLDER = Path(__file__).parents[1] / "templates/checklists"
_MODULES = (film_evidence, network_evidence, result_evidence)


class ComplianceError(LunglineError):
    """An automatic item of a checklist has lost its evidence."""


@dataclass(frozen=True)
class FilledItem:
    """An item of a checklist with what a run shows about it.

    value: evidence in words; for a person, what to write. evidence: None if there is none.
    """

    number: str
    topic: str
    status: str
    value: str
    evidence: Evidence | None


@dataclass(frozen=True)
class FilledChecklist:
    """A checklist; `sections` maps titles to items, in the order of the original."""

    name: str
    title: str
    cite: str
    url: str
    note: str
    sections: Mapping[str, list[FilledItem]]

    def items(self) -> list[FilledItem]:
        """All items."""
        return [item for items in self.sections.values() for item in items]

    def counts(self) -> dict[str, int]:
        """Number of items by status."""
        found = [item.status for item in self.items()]
        return {status: found.count(status) for status in (AUTOMATIC, HUMAN, NOT_APPLICABLE)}


def fill_checklists(records: StudyRecords) -> Iterator[FilledChecklist]:
    """Fill every checklist.

    Raises:
        ComplianceError: An automatic item has no evidence.
    """
    for name in CHECKLISTS:
        content = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        sections = {
            section["title"]: [_filled(name, item, records) for item in section["items"]]
            for section in content["section"]
        }
        kept = {key: content[key] for key in ("title", "cite", "url", "note")}
        yield FilledChecklist(name=name, sections=sections, **kept)


def _filled(checklist: str, item: Mapping[str, str], records: StudyRecords) -> FilledItem:
    number, topic = item["number"], item["topic"]
    if key := item.get("evidence") or item.get("evidence_if_any"):
        evidence = _found(checklist, number, key, records)
        if evidence is not None:
            return FilledItem(number, topic, AUTOMATIC, evidence.value, evidence)
        if "evidence" in item:
            raise _lost(checklist, number, key, "the run gives none")
    if text := item.get("not_applicable"):
        return FilledItem(number, topic, NOT_APPLICABLE, text, None)
    return FilledItem(number, topic, HUMAN, item["human"], None)


def _found(checklist: str, number: str, key: str, records: StudyRecords) -> Evidence | None:
    try:
        evidence = evidence_finders()[key](records)
    except (KeyError, IndexError, TypeError) as error:
        raise _lost(checklist, number, key, f"{type(error).__name__}: {error}") from error
    if evidence is not None and not evidence.value.strip():
        raise _lost(checklist, number, key, "an empty text")
    return evidence


def evidence_finders() -> dict[str, Callable[[StudyRecords], Evidence | None]]:
    """The functions that find evidence, by the key that the checklists use."""
    return {
        name: function
        for module in _MODULES
        for name, function in vars(module).items()
        if _is_finder(function, module.__name__)
    }


def _is_finder(value: Any, module: str) -> bool:
    is_ours = callable(value) and getattr(value, "__module__", "") == module
    return is_ours and not value.__name__.startswith("_")


def _lost(checklist: str, number: str, key: str, found: str) -> ComplianceError:
    return ComplianceError(
        "an automatic item of a checklist needs its evidence",
        found=f"{found}; evidence `{key}`",
        where=f"item {number} of {checklist}",
        next_step="run `dvc repro`, which writes the results again; if a result was renamed, "
        "correct tasks/report/compliance/",
    )
