"""Check the external cohorts in seconds: what their names tell, how their classes are mapped."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from tasks.core.class_mapping import MappedClasses, check_stated_classes, map_classes
from tasks.core.errors import CONTINUED, SourceError
from tasks.core.examination.file_names import could_be_image, is_junk
from tasks.core.external_cohort import cohort_error
from tasks.core.params import Params
from tasks.core.source.source import open_source
from tasks.ingest.external.cohort_manifest import layout_of_cohort, params_of_cohort
from tasks.ingest.layouts import Layout

logger = logging.getLogger(__name__)


def check_cohorts(params: Params, classes: Sequence[str]) -> None:
    """Open the source of each cohort and log one line on it. No film is decoded.

    A cohort without labels, with one class or without a class of the model is no error: its line
    is a warning, and `resample-external` states the gap. All cohorts are looked at before an error
    is raised.

    Args:
        params: All sections.
        classes: Classes of the model.

    Raises:
        SourceError: Sources are missing, damaged or empty, or their names contradict each other.
        ParamsError: `evaluate.external_classes` names a class that the model or the cohort lacks.
    """
    errors = []
    for cohort, source in params.evaluate.external.items():
        try:
            _check_cohort(cohort, source, params, classes)
        except SourceError as error:
            errors.append(cohort_error(error, cohort))
    if errors:
        raise _as_one(errors)


def _as_one(errors: Sequence[SourceError]) -> SourceError:
    """One error with the parts of several, a line for each."""
    parts = {
        name: CONTINUED.join(getattr(error, name) for error in errors)
        for name in ("rule", "found", "where", "next_step")
    }
    return SourceError(parts.pop("rule"), **parts)


def _check_cohort(cohort: str, location: str, params: Params, classes: Sequence[str]) -> None:
    own, negative_class = params_of_cohort(params.ingest, location), params.evaluate.negative_class
    with open_source(location) as source:
        files, layout, fault = layout_of_cohort(source, own, negative_class or "", classes)
    films = films_by_name(files, layout)
    stated = params.evaluate.external_classes.get(cohort, {})
    check_stated_classes(films["label"], stated, cohort)
    mapped = map_classes(films, classes, stated, params.resample.labels)
    text = mapping_in_words(films, mapped, stated)
    is_weak = mapped.labels.nunique() < 2
    if fault is not None:
        text = "no label, so no metrics; write an index.csv (columns path, label) above the films"
    elif is_weak:
        text += "; fewer than two classes of the model are left, so there is no AUROC"
    level = logging.WARNING if is_weak else logging.INFO
    logger.log(level, "  %-12s %d files, layout %s: %s", cohort, len(files), layout.name, text)


def films_by_name(files: Sequence[str], layout: Layout) -> pd.DataFrame:
    """Label and subtype of each file that is a film by its name and has a class.

    Args:
        files: All paths of a cohort.
        layout: Its layout.
    """
    pictures = [path for path in files if could_be_image(path) and not is_junk(path)]
    facts = [layout.path_facts(path) for path in pictures]
    rows = [(one.label, one.subtype) for one in facts if one.label and not one.rejected]
    return pd.DataFrame(rows, columns=["label", "subtype"], dtype="str")


def mapping_in_words(
    films: pd.DataFrame, mapped: MappedClasses, stated: Mapping[str, str | None]
) -> str:
    """Films of each class, and the class of the model, or why they are left out.

    Example:
        >>> films = pd.DataFrame({"label": ["COVID", "COVID", "TB"], "subtype": None})
        >>> mapped = map_classes(films, ["NORMAL", "PNEUMONIA"], {}, "folder")
        >>> mapping_in_words(films, mapped, {})
        'COVID 2 as PNEUMONIA, TB 1 left out (no such class in the model)'
    """

    def fate(theirs: str, name: str | None) -> str:
        if name:
            return f"as {name}"
        return f"left out ({'null' if theirs in stated else 'no such class in the model'})"

    ours = mapped.labels.astype(object).where(mapped.labels.notna(), None)
    counts = Counter(zip(films["label"], ours, strict=True))
    words = [
        f"{theirs} {n:,} {fate(theirs, name)}"
        for (theirs, name), n in sorted(counts.items(), key=lambda item: str(item[0]))
    ]
    return ", ".join(words) or "no film with a class"
