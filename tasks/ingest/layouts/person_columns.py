"""Columns of a table that tell the age and the sex of a patient."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tasks.ingest.layouts.cells import whole
from tasks.ingest.layouts.index_table import IndexTable
from tasks.ingest.person import Person, read_person

_DATE = re.compile(r"((?:19|20)[0-9]{2})[0-9]{4}")  # YYYYMMDD, as DICOM writes it


@dataclass(frozen=True)
class PersonColumns:
    """Names of columns in lower case; of several for one fact, the first that is there counts.

    age: years, or digits with a unit such as 006M.
    sex: F, M, female or male.
    birth_year, study_date: give the age where no column does. Without the birthday, it may be one
        year too high.
    is_zero_unknown: whether the age 0 stands for an unknown one.
    required: those that must be there.
    """

    age: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    birth_year: tuple[str, ...] = ()
    study_date: tuple[str, ...] = ()
    is_zero_unknown: bool = False
    required: tuple[str, ...] = ()

    @classmethod
    def stated(cls, age: str | None, sex: str | None) -> "PersonColumns":
        """Columns that a user states, which must then be there."""
        ages, sexes = ((name,) if name else () for name in (age, sex))
        return cls(age=ages, sex=sexes, required=ages + sexes)

    def among(self, names: Collection[str]) -> list[str]:
        """Those of these columns that a table has, from its names in lower case."""
        every = (*self.age, *self.sex, *self.birth_year, *self.study_date)
        return [name for name in every if name in names]


NO_PERSON = PersonColumns()


def persons_in(columns: PersonColumns, table: IndexTable) -> list[Person]:
    """Age and sex in each row of a table; unknown where a cell makes no sense."""
    sexes, ages, births, studies = (
        _cells(table, names)
        for names in (columns.sex, columns.age, columns.birth_year, columns.study_date)
    )
    if columns.birth_year and not any(ages):
        ages = [_age_between(birth, day) for birth, day in zip(births, studies, strict=True)]
    if columns.is_zero_unknown:
        ages = ["" if whole(age).strip("0") == "" else age for age in ages]
    return [read_person(age, sex) for age, sex in zip(ages, sexes, strict=True)]


def _cells(table: IndexTable, names: Sequence[str]) -> list[str]:
    found = next((table.columns[name] for name in names if name in table.columns), None)
    return found or [""] * len(next(iter(table.columns.values())))


def _age_between(birth_year: str, study_date: str) -> str:
    """Years from a year of birth to a day; empty if either makes no sense."""
    birth, study = whole(birth_year), _DATE.fullmatch(whole(study_date))
    if study is None or not re.fullmatch("(?:18|19|20)[0-9]{2}", birth):
        return ""
    return str(int(study[1]) - int(birth))
