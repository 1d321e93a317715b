"""Map the classes of an external cohort to the classes of a model, by a stated table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tasks.core.errors import ParamsError
from tasks.core.labels import BINARY, PNEUMONIA_BY_SUBTYPE, SUBTYPE

_Stated = Mapping[str, str | None]


@dataclass(frozen=True)
class MappedClasses:
    """The class of the model for each film of a cohort.

    labels: class of each film, null where the model has none.
    table: for each class of the cohort, the class of the model, or None. A class whose subtypes
        are mapped apart has an entry for each, such as `PNEUMONIA (virus)`.
    """

    labels: pd.Series
    table: dict[str, str | None]


def map_classes(
    films: pd.DataFrame, of_model: Sequence[str], stated: _Stated, scheme: str
) -> MappedClasses:
    """Map the label of each film to a class of the model.

    The first rule that names a class of the model, in this order:

    1. `evaluate.external_classes` states it; null there leaves the films out.
    2. The model has a class of the same name.
    3. The tables of `labels.py`, that of `resample.labels` first. `BINARY` gives the name itself:
       COVID is PNEUMONIA for a model of NORMAL and PNEUMONIA. By `SUBTYPE`, two names that stand
       for one subtype are one class: a virus of PNEUMONIA is VIRAL PNEUMONIA.

    Args:
        films: Columns `label` (canonical, may be null) and `subtype`.
        of_model: Names of the classes of the model.
        stated: Class of the model, or None, for some classes of the cohort.
        scheme: `resample.labels`.

    Raises:
        ParamsError: `stated` names a class that the model lacks.

    Example:
        >>> films = pd.DataFrame({"label": ["NORMAL", "COVID", "TB"], "subtype": None})
        >>> map_classes(films, ["NORMAL", "PNEUMONIA"], {}, "folder").table
        {'COVID': 'PNEUMONIA', 'NORMAL': 'NORMAL', 'TB': None}
    """
    _check_stated(of_model, stated)
    kinds = films[["label", "subtype"]].astype(object).drop_duplicates().dropna(subset=["label"])
    kinds = kinds.where(kinds.notna(), None)
    found = {
        (label, subtype): _class_of(label, subtype, of_model, stated, scheme)
        for label, subtype in kinds.itertuples(index=False)
    }
    keys = zip(films["label"], films["subtype"].astype(object), strict=True)
    labels = [found.get((label, None if pd.isna(sub) else sub)) for label, sub in keys]
    return MappedClasses(pd.Series(labels, index=films.index, dtype="str"), _table(found))


def check_stated_classes(labels: pd.Series, stated: _Stated, cohort: str) -> None:
    """Check that the stated classes are classes of the cohort: a typing error would go unseen.

    Args:
        labels: Class of each file, may be null. A cohort without any label is not checked.
        stated: `evaluate.external_classes` of the cohort.
        cohort: Its name.

    Raises:
        ParamsError: `stated` names a class that no film has.
    """
    found = sorted(labels.dropna().unique())
    unknown = sorted(set(stated) - set(found))
    if found and unknown:
        raise ParamsError(
            "evaluate.external_classes must name classes of the cohort on the left",
            found=f"{', '.join(unknown)}; its classes are {', '.join(found)}",
            where=f"params.yaml: evaluate.external_classes.{cohort}",
            next_step="correct the name, or remove it",
        )


def _class_of(
    label: str, subtype: str | None, of_model: Sequence[str], stated: _Stated, scheme: str
) -> str | None:
    if label in stated:
        return stated[label]
    if label in of_model:
        return label
    rules = {"binary": _by_name, "subtype": _by_subtype}
    for name in sorted(rules, key=lambda name: name != scheme):
        if mapped := rules[name](label, subtype, of_model):
            return mapped
    return None


def _by_name(label: str, _: str | None, of_model: Sequence[str]) -> str | None:
    mapped = BINARY.get(label)
    return mapped if mapped in of_model else None


def _by_subtype(label: str, subtype: str | None, of_model: Sequence[str]) -> str | None:
    """The only class of the model that stands for the same subtype."""
    wanted = PNEUMONIA_BY_SUBTYPE.get(subtype or "") if label == "PNEUMONIA" else SUBTYPE.get(label)
    same = [name for name in of_model if wanted and SUBTYPE.get(name) == wanted]
    return same[0] if len(same) == 1 else None


def _table(found: Mapping[tuple[str, str | None], str | None]) -> dict[str, str | None]:
    by_label: dict[str, dict[str | None, str | None]] = {}
    for (label, subtype), mapped in found.items():
        by_label.setdefault(label, {})[subtype] = mapped
    table = {}
    for label, by_subtype in by_label.items():
        apart = len(set(by_subtype.values())) > 1
        for subtype, mapped in by_subtype.items():
            table[f"{label} ({subtype or 'no subtype'})" if apart else label] = mapped
    return dict(sorted(table.items()))


def _check_stated(of_model: Sequence[str], stated: _Stated) -> None:
    unknown = sorted({name for name in stated.values() if name is not None} - set(of_model))
    if unknown:
        raise ParamsError(
            "evaluate.external_classes must map to classes of the model, or to null",
            found=f"{', '.join(unknown)}; the classes are {', '.join(of_model)}",
            where="params.yaml: evaluate.external_classes",
            next_step="name one of these classes, or null to leave the films out",
        )
