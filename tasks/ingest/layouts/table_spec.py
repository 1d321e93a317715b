"""What the columns of a table of films mean, for a known table and for a stated one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tasks.core.params import TableParams, Uncertain
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.findings import Classes
from tasks.ingest.layouts.person_columns import NO_PERSON, PersonColumns


@dataclass(frozen=True)
class TableSpec:
    """A table of films. Names of columns are in lower case; None: there is no such column.

    Attributes:
        layout: Name in `ingest.layout` and in the manifest.
        files: Pattern of the file name, and the split of its films, for each file.
        path: Column with the path or name of each film.
        classes: Class of each finding; None takes each finding as a class.
        label: Column with the findings; None: each listed finding is a column of 1, 0 and -1.
        patient: Column with the key of the patient.
        split: Column with the split.
        site: Column with the hospital.
        subtype: Column with `bacteria` or `virus`; other words do not count.
        view: Column with the projection.
        person: Columns with the age and the sex of the patient.
        separator: Of a CSV; None finds it.
        header: Names of the columns if the file has no header; the last ones may be missing.
        patient_in_path: Pattern of the patient in the path of a film.
        split_lists: Split of the films that each text file lists, by name of the file.
        has_readers: Whether several readers judged each film, a row each. Where they give two
            classes, the film has none.
        has_kermany_names: Whether file names tell patient and subtype as Kermany's do.
        unlabelled: Folders whose films the table leaves out on purpose.
        has_own_name: Whether no other set has files of these names.
        uncertain: What -1 counts as.
        is_stated: Whether a user stated it: each finding must then occur.
    """

    layout: str
    files: tuple[tuple[str, str | None], ...]
    path: str
    classes: Classes | None
    label: str | None = None
    patient: str | None = None
    split: str | None = None
    site: str | None = None
    subtype: str | None = None
    view: str | None = None
    person: PersonColumns = NO_PERSON
    separator: str | None = None
    header: tuple[str, ...] | None = None
    patient_in_path: re.Pattern[str] | None = None
    split_lists: Mapping[str, str] = field(default_factory=dict)
    has_readers: bool = False
    has_kermany_names: bool = False
    unlabelled: frozenset[str] = frozenset()
    has_own_name: bool = True
    uncertain: Uncertain = "leave_out"
    is_stated: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there, apart from those with one finding each."""
        named = (self.path, self.label, self.patient, self.split, self.site, self.subtype)
        every = (*named, self.view, *self.person.required)
        return tuple(dict.fromkeys(name for name in every if name))

    def flags(self, names: Iterable[str]) -> dict[str, str]:
        """Columns with one finding each: canonical finding to the name of its column."""
        if self.label or not self.classes:
            return {}
        found = {canonical_label(name): name for name in names}
        return {name: found[name] for name in self.classes.of_finding if name in found}

    def changed(self, params: TableParams | None) -> "TableSpec":
        """This table with the classes and the policy that a user stated for it."""
        if params is None:
            return self
        classes = Classes.from_lists(params.classes) if params.classes else self.classes
        stated = params.classes is not None
        return replace(self, classes=classes, uncertain=params.uncertain, is_stated=stated)


def stated_spec(params: TableParams) -> TableSpec:
    """The table that `ingest.table` describes; its file and path column are stated."""
    lower = {
        name: value.strip().lower() if (value := getattr(params, name)) else None
        for name in ("path", "label", "patient", "split", "site", "view", "age", "sex")
    }
    return TableSpec(
        layout="table",
        files=(),
        path=lower["path"] or "",
        classes=Classes.from_lists(params.classes) if params.classes else None,
        label=lower["label"],
        patient=lower["patient"],
        split=lower["split"],
        site=lower["site"],
        view=lower["view"],
        person=PersonColumns.stated(lower["age"], lower["sex"]),
        separator=params.separator,
        uncertain=params.uncertain,
        is_stated=True,
    )
